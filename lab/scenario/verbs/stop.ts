import { serviceTargetSchema, serviceTitle } from '../targets.ts';
import { verb } from '../verb.ts';

export const stop = verb({
  schema: serviceTargetSchema.describe('hosts, or {on, service} for one service of them'),
  summary: 'Stops a host in an orderly way, or one of its services while the host stays up.',
  example: 'stop: { on: pg1, service: patroni }',
  title: (args) => serviceTitle('stop', args),
  effect: {
    does: "Sends SIGTERM to the host's first process, which stops Patroni, then the rest, and exits; or has the supervisor stop the one service.",
    proof:
      'The container exited with status 0; the supervisor reports the service down. Where all of it was down already, nothing was stopped, and that is unproven.',
  },
});
