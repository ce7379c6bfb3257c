/** What the language says about one verb. Knows nothing of how it is carried out: that is `run/`. */
import type { z } from 'zod';

export interface Verb<Schema extends z.ZodType> {
  /** What may be written after `verb:`; its output is the one shape that `run/` sees. `${...}` are still in it. */
  readonly schema: Schema;
  /** One sentence. */
  readonly summary: string;
  /** A step of a scenario, as YAML without the leading dash. */
  readonly example: string;
  /** The step in a few words, for progress and reports. */
  readonly title: (args: z.output<Schema>) => string;
  /** What `${name.field}` can say of such a step, beyond what every named step records (`commonFields`). */
  readonly fields?: Readonly<Record<string, string>>;
  /** What happens to which process, and how the lab makes sure that it did. */
  readonly effect?: { readonly does: string; readonly proof: string /** `heal` undoes it. */; readonly healed?: true };
  /** The step runs a program that exits: `fails` and `background` make sense. */
  readonly runs?: true;
}

/** States its argument's type; the table of verbs keeps it. */
export function verb<Schema extends z.ZodType>(entry: Verb<Schema>): Verb<Schema> {
  return entry;
}

/** What marks and named steps record of the clusters as they were seen when the step ended; absent where it was not seen. */
export const commonFields: Readonly<Record<string, string>> = {
  on: 'the hosts that it acted on; one as text, several as a list',
  leader: "the main cluster's leader",
  replica: 'its lowest-named streaming replica',
  replicas: 'its members but the leader, a list',
  timeline: 'its timeline, a number',
  'system-id': "PostgreSQL's system identifier, text",
};
