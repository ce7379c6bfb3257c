import { nameText } from '../schema-parts.ts';
import { verb } from '../verb.ts';

export const fork = verb({
  schema: nameText.transform((name) => ({ name })).describe('the name of a snapshot'),
  summary: 'Goes back to a snapshot: one disaster, and many ways out of it.',
  example: 'fork: disaster',
  title: (args) => `fork ${args.name}`,
  effect: {
    does: 'Replaces every host by one made of its image, under the same name, address and ports. Whoever led leads again, on a timeline of its own, after a recovery as from a crash of all hosts at once. Rows written since the snapshot count for nothing any more. The workload has to be stopped, and faults healed.',
    proof: 'The leader of the snapshot leads, its standbys stream, and WAL is archived where it was.',
  },
});
