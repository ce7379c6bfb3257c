import { LabError } from '../../core/problem.ts';
import type { Effect } from './effect.ts';

export const cut: Effect<'cut'> = {
  selectors: (args) => [args.from, args.to],
  run: async () => {
    throw new LabError('cut is not built yet');
  },
};
