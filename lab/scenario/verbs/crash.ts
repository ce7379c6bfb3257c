import { z } from 'zod';
import { selectorSchema } from '../selector.ts';
import { processSchema } from '../targets.ts';
import { verb } from '../verb.ts';

export const crash = verb({
  schema: z.strictObject({ on: selectorSchema, process: processSchema }).describe('{on, process}'),
  summary: 'One process dies; its host, and a supervisor that starts it again, stay.',
  example: 'crash: { on: leader, process: postgres }',
  title: (args) => `crash ${args.process} on ${args.on}`,
  effect: {
    does: "Sends SIGKILL to the process, or to each of them where there are several walsenders. The hosts' supervisor starts patroni, etcd, pgbackrest and sshd again. Patroni starts PostgreSQL again where the postmaster died; where one of PostgreSQL's own processes died, PostgreSQL ends the others and recovers from the WAL by itself, except that without its startup process it shuts down.",
    proof: 'No process with that id and start time is left.',
  },
});
