import { processTargetSchema } from '../targets.ts';
import { verb } from '../verb.ts';

export const freeze = verb({
  schema: processTargetSchema.describe('hosts, or {on, process} for one process of them'),
  summary: 'A host or one process stops moving without ending, as under a hung disk or a paused virtual machine.',
  example: 'freeze: { on: leader, process: patroni }\nas: hang',
  title: (args) => `freeze ${args.process ?? 'host'} on ${args.on}`,
  effect: {
    does: 'Pauses the container through the engine, or sends SIGSTOP to the one process.',
    proof: 'It is reported stopped, and is silent: the host does not answer, the process uses no CPU.',
    healed: true,
  },
});
