import { serviceTargetSchema, serviceTitle } from '../targets.ts';
import { verb } from '../verb.ts';

export const start = verb({
  schema: serviceTargetSchema.describe('hosts, or {on, service} for one service of them'),
  summary: 'Starts a host that is down, or one of its services.',
  example: 'start: { on: pg1, service: patroni }',
  title: (args) => serviceTitle('start', args),
  effect: {
    does: "Starts the host's container, which starts the services that were up; or has the host's supervisor start the one service.",
    proof:
      'The host answers; the supervisor reports the service up. Where all of it runs already, nothing was started, and that is unproven.',
  },
});
