/** What the language says about one kind of expectation. Knows nothing of how it is looked at or judged: `observe/` and `verdict/` do. */
import type { z } from 'zod';

export interface Expectation<Schema extends z.ZodType> {
  /** What may be written after `kind:`; its output is the one shape that `run/` and `verdict/` see. `${...}` are still in it. */
  readonly schema: Schema;
  readonly summary: string;
  /** As YAML, below `expect:`. */
  readonly example: string;
  /** The claim in a few words. */
  readonly title: (claim: z.output<Schema>) => string;
}

export function expectation<Schema extends z.ZodType>(entry: Expectation<Schema>): Expectation<Schema> {
  return entry;
}
