import { LabError } from '../../core/problem.ts';
import type { Effect } from './effect.ts';

export const freeze: Effect<'freeze'> = {
  selectors: (args) => [args.on],
  run: async () => {
    throw new LabError('freeze is not built yet');
  },
};
