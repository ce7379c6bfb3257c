import { serviceTargetSchema, serviceTitle } from '../targets.ts';
import { verb } from '../verb.ts';

export const restart = verb({
  schema: serviceTargetSchema.describe('hosts, or {on, service} for one service of them'),
  summary: 'Stops a host or a service in an orderly way and starts it again.',
  example: 'restart: { on: pg1, service: patroni }',
  title: (args) => serviceTitle('restart', args),
  effect: {
    does: 'stop, then start.',
    proof: 'Those of stop and of start.',
  },
});
