import { LabError } from '../../core/problem.ts';
import type { Effect } from './effect.ts';

export const crash: Effect<'crash'> = {
  selectors: (args) => [args.on],
  run: async () => {
    throw new LabError('crash is not built yet');
  },
};
