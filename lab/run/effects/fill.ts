import { LabError } from '../../core/problem.ts';
import type { Effect } from './effect.ts';

export const fill: Effect<'fill'> = {
  selectors: (args) => [args.on],
  run: async () => {
    throw new LabError('fill is not built yet');
  },
};
