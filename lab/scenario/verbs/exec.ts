import { runFields, runSchema, runTitle } from '../run-args.ts';
import { verb } from '../verb.ts';

export const exec = verb({
  schema: runSchema('a shell command line', 'user'),
  summary: 'Runs a command, as the user postgres unless told; `on` must say where.',
  example: 'exec: { on: repo, run: du -s /var/lib/pgbackrest }',
  title: (args) => runTitle('exec', args),
  fields: runFields,
  runs: true,
});
