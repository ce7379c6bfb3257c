import { runFields, runSchema, runTitle } from '../run-args.ts';
import { verb } from '../verb.ts';

export const patronictl = verb({
  schema: runSchema("patronictl's command and options; -c is added"),
  summary: 'Runs patronictl on any member that is up.',
  example: 'patronictl: reinit ${cluster} ${before.replica} --force --wait',
  title: (args) => runTitle('patronictl', args),
  fields: runFields,
  runs: true,
});
