import { LabError } from '../../core/problem.ts';
import type { Effect } from './effect.ts';

export const wipe: Effect<'wipe'> = {
  selectors: (args) => [args.on],
  run: async () => {
    throw new LabError('wipe is not built yet');
  },
};
