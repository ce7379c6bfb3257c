import { LabError } from '../../core/problem.ts';
import type { Effect } from './effect.ts';

export const slow: Effect<'slow'> = {
  selectors: (args) => [args.on],
  run: async () => {
    throw new LabError('slow is not built yet');
  },
};
