import { LabError } from '../../core/problem.ts';
import type { Effect } from './effect.ts';

export const configure: Effect<'configure'> = {
  selectors: ({ on, overlay }) => [on, ...Object.keys(overlay.hosts ?? {})].flatMap((selector) => selector ?? []),
  run: async () => {
    throw new LabError('configure is not built yet');
  },
};
