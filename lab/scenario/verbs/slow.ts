import { z } from 'zod';
import { durationText } from '../schema-parts.ts';
import { selectorSchema } from '../selector.ts';
import { verb } from '../verb.ts';

export const slow = verb({
  schema: z
    .strictObject({ on: selectorSchema, by: durationText.describe('added to every packet that the host sends') })
    .describe('{on, by}'),
  summary: "Delays a host's packets; unsupported where the kernel has no netem.",
  example: 'slow: { on: pg2, by: 200ms }\nas: latency',
  title: (args) => `slow ${args.on} by ${args.by}`,
  effect: {
    does: "Puts a netem queue on the host's network interface.",
    proof: 'The round trip is measured, and is longer by that much.',
    healed: true,
  },
});
