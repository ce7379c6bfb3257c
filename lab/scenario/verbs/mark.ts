import { nameText } from '../schema-parts.ts';
import { verb } from '../verb.ts';

export const mark = verb({
  schema: nameText.transform((name) => ({ name })).describe('the name of the mark'),
  summary: 'Makes a point that can be recovered to: one row committed alone, all writers waiting, and a restore point.',
  example: 'mark: cut',
  title: (args) => `mark ${args.name}`,
  fields: {
    lsn: "where the row's COMMIT record starts",
    xid: "the row's transaction id",
    time: 'its commit time, with microseconds and zone',
    name: 'the restore point',
    wal: 'the WAL segment',
  },
});
