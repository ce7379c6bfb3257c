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
    does: "Puts a netem queue for what the host sends to the lab's other hosts on its network interface; the observer and the ledger's clients are spared. Unsupported where the kernel has no sch_netem.",
    proof: 'Making a connection to another host takes at least nine tenths of that longer than before.',
    healed: true,
  },
});
