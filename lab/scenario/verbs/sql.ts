import { runFields, runSchema, runTitle } from '../run-args.ts';
import { verb } from '../verb.ts';

export const sql = verb({
  schema: runSchema('one or more SQL statements'),
  summary: 'Runs SQL as the superuser, on the leader unless told; stdout is the rows, unaligned and without headings.',
  example: 'sql: select pg_switch_wal()',
  title: (args) => runTitle('sql', args),
  fields: runFields,
  runs: true,
});
