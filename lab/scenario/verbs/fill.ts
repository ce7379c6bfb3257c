import { z } from 'zod';
import { text } from '../schema-parts.ts';
import { selectorSchema } from '../selector.ts';
import { verb } from '../verb.ts';

export const fill = verb({
  schema: z
    .strictObject({ on: selectorSchema, path: text.describe('a path on a disk that the lab declares under `disks` with a size') })
    .describe('{on, path}'),
  summary: 'Fills a disk.',
  example: 'fill: { on: repo, path: /var/lib/pgbackrest }\nas: full-disk',
  title: (args) => `fill ${args.path} on ${args.on}`,
  effect: {
    does: 'Writes one hidden file at the root of that disk until it is full. What is removed afterwards can be written again. Where the path is not on a sized disk, the step is broken. Started again, the host has its disk back empty but for the file.',
    proof: 'Writing there as postgres fails with ENOSPC.',
    healed: true,
  },
});
