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
    does: "Starts the program through libfaketime, and restarts it in an orderly way; programs that it starts keep the host's clock. Restarting patroni stops PostgreSQL too, so a leader hands over. For postgres, Patroni restarts PostgreSQL in place; its clock jumps one second after the start, since Patroni disowns a server whose start time in postmaster.pid is not the kernel's, and a jump ahead ends the standbys' replication connections once, by their timeouts. For pgbackrest, both the server and every pgbackrest command on that host are meant. It outlasts restarts of the host. Unsupported where the host has no libfaketime.",
    proof:
      'The program is asked for the time (patroni: the Date of its REST API, to 1.2 s; postgres: clock_timestamp(), to 0.2 s; pgbackrest: the stamp of a log line, to 0.3 s). An offset of less than twice that is unproven.',
    healed: true,
  },
});
