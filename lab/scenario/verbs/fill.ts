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
    does: 'Writes one file until the disk is full.',
    proof: "Writing there as the service's user fails with ENOSPC.",
    healed: true,
  },
});
