import { hostTargetSchema } from '../targets.ts';
import { verb } from '../verb.ts';

export const kill = verb({
  schema: hostTargetSchema.describe('hosts'),
  summary: 'The host dies, as if its power were cut; what the kernel had not written survives all the same. start brings it back.',
  example: 'kill: leader\nas: death',
  title: (args) => `kill host ${args.on}`,
  effect: {
    does: "Sends SIGKILL to the container's first process, and with it every process of the host ends at once.",
    proof: 'The container exited, and its ports are closed.',
  },
});
