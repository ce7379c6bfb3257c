/** Finds expected lines in order among log entries. Knows positions and matches; not what a line says. */

/** An entry that at least one line matches. `lines`: which ones, by index. */
export interface Candidate {
  readonly lines: readonly number[];
}

/**
 * Matches each wanted line to an entry of its own, such that the entries follow each other as the lines do; others may lie
 * between. Taking the earliest entry each time finds such a sequence wherever there is one, and finds it as early as possible.
 * `candidates` are in the order of time. Returns the entry of each wanted line that could be matched, up to the first that could not.
 */
export function matchInOrder<C extends Candidate>(candidates: readonly C[], wanted: readonly number[]): readonly C[] {
  const matched: C[] = [];
  for (const candidate of candidates) {
    const next = wanted[matched.length];
    if (next === undefined) break;
    if (candidate.lines.includes(next)) matched.push(candidate);
  }
  return matched;
}

/** Matches each wanted line to the first entry that it matches, in whatever order; undefined where there is none. */
export function matchInAnyOrder<C extends Candidate>(candidates: readonly C[], wanted: readonly number[]): readonly (C | undefined)[] {
  return wanted.map((line) => candidates.find((candidate) => candidate.lines.includes(line)));
}
