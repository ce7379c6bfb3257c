/** Finds expected lines in order among log entries. Knows positions, whose words they are, and matches; not what a line says. */

/** An entry that at least one line matches. `lines`: which ones, by index. */
export interface Candidate {
  readonly lines: readonly number[];
  readonly entry: { readonly program: string; readonly at: number; readonly said?: number };
}

/**
 * How late a line of Patroni's may be written, ms, where its own stamp is not known or not to be believed (a Patroni whose clock was set).
 * One in twenty-five is written more than 100 ms late on a busy machine, some 2 s.
 */
const toldLate = 100;

/** The most by which its stamp may lie before the line, ms. */
const latest = 5000;

/**
 * Matches each wanted line to an entry of its own, such that the entries follow each other as the lines do; others may lie
 * between. What another program wrote before a line of Patroni's, but after Patroni had said it, followed it. Taking the earliest
 * entry each time finds such a sequence wherever there is one, and finds it as early as possible, since a line is one program's, and an
 * entry of Patroni's counts as said no earlier than those before it.
 * `candidates` are in the order of time. Returns the entry of each wanted line that could be matched, up to the first that could not.
 */
export function matchInOrder<C extends Candidate>(candidates: readonly C[], wanted: readonly number[]): readonly C[] {
  let latestSaid = Number.NEGATIVE_INFINITY;
  const said = candidates.map(({ entry }) => {
    if (entry.program === 'patroni') latestSaid = Math.max(latestSaid, saidAt(entry));
    return latestSaid;
  });
  const follows = (before: number, after: number) => {
    if (after >= before) return after > before;
    const [first, second] = [candidates[before]?.entry, candidates[after]?.entry];
    return first?.program === 'patroni' && second?.program !== 'patroni' && (second?.at ?? 0) >= (said[before] ?? 0);
  };
  const matched: number[] = [];
  for (const line of wanted) {
    const next = candidates.findIndex((one, at) => one.lines.includes(line) && matched.every((before) => follows(before, at)));
    if (next < 0) break;
    matched.push(next);
  }
  return matched.map((at) => candidates[at] as C);
}

function saidAt(entry: Candidate['entry']): number {
  return believable(entry) ?? entry.at - toldLate;
}

/** Patroni's own stamp on a line, unless its clock was set. */
export function believable({ at, said }: Candidate['entry']): number | undefined {
  return said !== undefined && said <= at && said >= at - latest ? said : undefined;
}

/** Matches each wanted line to the first entry that it matches, in whatever order; undefined where there is none. */
export function matchInAnyOrder<C extends Candidate>(candidates: readonly C[], wanted: readonly number[]): readonly (C | undefined)[] {
  return wanted.map((line) => candidates.find((candidate) => candidate.lines.includes(line)));
}
