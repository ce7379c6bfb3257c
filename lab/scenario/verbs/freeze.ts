import { processTargetSchema } from '../targets.ts';
import { verb } from '../verb.ts';

export const freeze = verb({
  schema: processTargetSchema.describe('hosts, or {on, process} for one process of them'),
  summary: 'A host or one process stops moving without ending, as under a hung disk or a paused virtual machine.',
  example: 'freeze: { on: leader, process: patroni }\nas: hang',
  title: (args) => `freeze ${args.process ?? 'host'} on ${args.on}`,
  effect: {
    does: 'Pauses the container through the engine, or sends SIGSTOP: for postgres to the postmaster and all that it started, for any other name to that process alone, so that PostgreSQL runs on under a frozen Patroni. The kernel still takes connections; nobody answers them. A host that is started again is not frozen any more.',
    proof: 'It is reported paused or stopped, uses no CPU, and answers on none of its ports.',
    healed: true,
  },
});
