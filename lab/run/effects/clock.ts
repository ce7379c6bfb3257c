import { LabError } from '../../core/problem.ts';
import type { Effect } from './effect.ts';

export const clock: Effect<'clock'> = {
  selectors: (args) => [args.on],
  run: async () => {
    throw new LabError('clock is not built yet');
  },
};
