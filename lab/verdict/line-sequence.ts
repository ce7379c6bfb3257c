/** Finds expected lines in order among log entries. Knows positions, whose words they are, and matches; not what a line says. */

/** An entry that at least one line matches. `lines`: which ones, by index. */
export interface Candidate {
  readonly lines: readonly number[];
  readonly entry: { readonly program: string; readonly at: number };
}

/**
 * How late a line of Patroni's may be written, ms: a thread of its own does that (patroni/log.py, PatroniLogger). On a busy machine
 * one came 48 ms after the first words of the program that it said it would start.
 */
const toldLate = 100;

/**
 * Matches each wanted line to an entry of its own, such that the entries follow each other as the lines do; others may lie
 * between. What another program wrote up to `toldLate` before a line of Patroni's may as well have followed it. Taking the earliest
 * entry each time finds such a sequence wherever there is one, and finds it as early as possible, since a line is one program's.
 * `candidates` are in the order of time. Returns the entry of each wanted line that could be matched, up to the first that could not.
 */
export function matchInOrder<C extends Candidate>(candidates: readonly C[], wanted: readonly number[]): readonly C[] {
  const matched: number[] = [];
  for (const line of wanted) {
    const next = candidates.findIndex((one, at) => one.lines.includes(line) && matched.every((before) => follows(candidates, before, at)));
    if (next < 0) break;
    matched.push(next);
  }
  return matched.map((at) => candidates[at] as C);
}

function follows(candidates: readonly Candidate[], before: number, after: number): boolean {
  if (after >= before) return after > before;
  const [first, second] = [candidates[before]?.entry, candidates[after]?.entry];
  return first?.program === 'patroni' && second?.program !== 'patroni' && (second?.at ?? 0) >= first.at - toldLate;
}

/** Matches each wanted line to the first entry that it matches, in whatever order; undefined where there is none. */
export function matchInAnyOrder<C extends Candidate>(candidates: readonly C[], wanted: readonly number[]): readonly (C | undefined)[] {
  return wanted.map((line) => candidates.find((candidate) => candidate.lines.includes(line)));
}
