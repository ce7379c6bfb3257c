import { runFields, runSchema, runTitle } from '../run-args.ts';
import { verb } from '../verb.ts';

export const pgbackrest = verb({
  schema: runSchema("pgBackRest's command and options; --stanza is added", 'stanza'),
  summary: 'Runs pgBackRest, on the repository host where there is one, else on the leader; a restore must say where.',
  example: 'pgbackrest: backup --type=full\nas: full',
  title: (args) => runTitle('pgbackrest', args),
  fields: {
    ...runFields,
    stderr: 'nothing, as the lab configures it: its messages are in stdout, errors too',
    label: 'of a backup: its label, such as 20261122-183116F',
    start: 'of a backup: the LSN at which it starts',
    stop: 'of a backup: the LSN at which it stops',
    ended:
      'of a backup: when it ended, in whole seconds since 1970; a restore to a time takes only backups that ended in an earlier second',
  },
  runs: true,
});
