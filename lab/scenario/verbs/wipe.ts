import { hostTargetSchema } from '../targets.ts';
import { verb } from '../verb.ts';

export const wipe = verb({
  schema: hostTargetSchema.describe('hosts'),
  summary: "Empties a host's data directory, tablespaces and pgBackRest spool; refuses while PostgreSQL runs there.",
  example: 'wipe: pg2',
  title: (args) => `wipe ${args.on}`,
  effect: {
    does: 'Removes everything below PGDATA, where pg_wal and the tablespaces link to, and the spool; the directories stay. Where PostgreSQL runs, nothing is touched and the step is broken.',
    proof: 'Each directory is listed again, and is empty.',
  },
});
