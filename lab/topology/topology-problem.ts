/** A mistake in a lab spec: a place inside the spec, which whoever read the file maps to a line and column. */
import { distance } from 'fastest-levenshtein';

export interface TopologyProblem {
  /** One sentence without a full stop; the file's name and line come before it. */
  readonly message: string;
  /** Keys and indexes from the lab spec's root: `['hosts', 'pg9', 'train']`. For a wrong key, the path ends with it. */
  readonly path: readonly (string | number)[];
  readonly hint?: string;
}

/** More names than these are no help at the end of an error message. */
const mostListed = 12;

/** `did you mean "forky"?` where one of `known` is near, else the list of them, or its beginning. */
export function didYouMean(word: string, known: readonly string[]): string {
  const near = known
    .map((name) => ({ name, far: distance(word.toLowerCase(), name.toLowerCase()) }))
    // Of a short name, little is left when half of it is changed: "nope" is no "now".
    .filter(({ name, far }) => far <= Math.max(1, Math.round(Math.min(word.length, name.length) * 0.4)))
    .sort((a, b) => a.far - b.far)[0];
  // Half a name is nearer to a short one than to the one that it begins.
  const begun = word.length < 3 ? [] : known.filter((name) => name.startsWith(word));
  const meant = near?.far === 1 || begun.length !== 1 ? near?.name : begun[0];
  if (meant !== undefined) return `did you mean "${meant}"?`;
  const more = known.length > mostListed ? `, and ${known.length - mostListed} more` : '';
  return `known: ${known.slice(0, mostListed).join(', ')}${more}`;
}
