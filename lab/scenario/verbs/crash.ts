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
    does: "Sends SIGKILL to the process. The hosts' supervisor starts patroni, etcd, pgbackrest and sshd again; Patroni starts PostgreSQL again.",
    proof: 'That process id is gone.',
  },
});
