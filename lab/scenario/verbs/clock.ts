import { z } from 'zod';
import { mistake } from '../schema-parts.ts';
import { selectorSchema } from '../selector.ts';
import { verb } from '../verb.ts';

export const clock = verb({
  schema: z
    .strictObject({
      on: selectorSchema,
      process: z.enum(['patroni', 'postgres', 'pgbackrest']).describe('whose clock; etcd is a Go program, whose clock cannot be faked'),
      by: z
        .string()
        .regex(
          /^([+-]?\d+(\.\d+)?(ms|s|m|h)|.*\$\{.*)$/,
          mistake('not an offset', 'a duration with or without a sign, such as -2h or +30s'),
        )
        .describe('how far ahead, or behind with a minus: -2h'),
    })
    .describe('{on, process, by}'),
  summary: "Sets one process's clock ahead or back; the process is restarted with it.",
  example: 'clock: { on: pg2, process: postgres, by: -2h }',
  title: (args) => `clock of ${args.process} on ${args.on} by ${args.by}`,
  effect: {
    does: 'Restarts the process with libfaketime and the offset.',
    proof: "The time that the process says is compared with the host's.",
    healed: true,
  },
});
