/**
 * `within` and `for`: when all clauses of an expectation held, and for how long. A line may be read long after it was written, so
 * what is kept is when the states were true, and what held is worked out from that and all lines read so far, whichever came first.
 * Knows times (engine's, ms) and truths, and not what was looked at.
 */
import type { Truth } from './reading.ts';
import type { Span } from './span.ts';

/** A whole round of looks: its answers are of moments between `began` and `at`. */
export interface Round {
  readonly truth: Truth;
  readonly began: number;
  readonly at: number;
}

/** The longest that nobody may look while something must stay true, ms. */
export const observationGap = 2000;

export interface HoldTerms {
  /** All clauses must hold by then. */
  readonly deadline: number;
  /** How long they must go on, ms; 0 without `for`. */
  readonly span: number;
}

/** Rounds that were true, no two of which are further apart than an observation gap; the first began by the deadline. */
export interface Streak<R extends Round> {
  readonly first: R;
  /** The last of them that began by the deadline. */
  readonly inTime: R;
  readonly last: R;
  /** The last round before it was over, also where nothing could be seen. */
  readonly latest: R;
  /** The round that was false, or came too late to tell what had been meanwhile. */
  readonly over?: { readonly phase: 'broken' | 'gap'; readonly round: R };
}

/** The streaks so far and one round more, in the order in which rounds are recorded. */
export function addRound<R extends Round>(streaks: readonly Streak<R>[], round: R, { deadline }: HoldTerms): readonly Streak<R>[] {
  const last = streaks.at(-1);
  const open = last?.over ? undefined : last;
  const others = open ? streaks.slice(0, -1) : streaks;
  const inTime = round.began <= deadline;
  const anew = round.truth === 'yes' && inTime ? [{ first: round, inTime: round, last: round, latest: round }] : [];
  if (!open) return anew.length > 0 ? [...others, ...anew] : streaks;
  // What could not be seen is neither true nor false, and what may have been before it was true says nothing: it only lets the gap grow.
  if (round.truth === 'unknown' || (round.truth === 'no' && round.began < open.first.at)) return [...others, { ...open, latest: round }];
  if (round.at - open.last.at > observationGap) return [...others, { ...open, over: { phase: 'gap', round } }, ...anew];
  if (round.truth === 'no') return [...others, { ...open, over: { phase: 'broken', round } }];
  return [...others, { ...open, last: round, latest: round, ...(inTime ? { inTime: round } : {}) }];
}

export interface Hold<R extends Round> {
  readonly phase: 'waiting' | 'holding' | 'met' | 'broken' | 'gap';
  /** From when on all clauses held. */
  readonly from?: number;
  /** When it was met (with `for`: the end of that time), broken, or lost from sight. */
  readonly at?: number;
  /** The round that shows it; absent where the number of lines broke it. */
  readonly round?: R;
}

/** `whole`: when the log clauses are fulfilled, in the order of time. What holds first counts, even if it ends and holds again later. */
export function holdOf<R extends Round>(streaks: readonly Streak<R>[], whole: readonly Span[], terms: HoldTerms): Hold<R> {
  for (const streak of streaks) {
    for (const logs of whole) {
      const from = Math.max(streak.first.at, logs.from);
      // The states must have been seen once more at or after the last line: all clauses hold together.
      if (logs.from <= terms.deadline && from < logs.until && from <= streak.inTime.at)
        return heldFrom(from, streak, logs.until, terms.span);
    }
  }
  return { phase: 'waiting' };
}

/** From when on all clauses held if the next round is true; undefined where that would show nothing about the time before it. */
export function mayHoldFrom<R extends Round>(streaks: readonly Streak<R>[], whole: readonly Span[], terms: HoldTerms): number | undefined {
  const open = streaks.at(-1);
  if (!open || open.over) return undefined;
  return holdOf([{ ...open, inTime: { ...open.inTime, at: Number.POSITIVE_INFINITY } }], whole, terms).from;
}

/** `until`: when the lines were no longer as they should be. */
function heldFrom<R extends Round>(from: number, { inTime, last, latest, over }: Streak<R>, until: number, span: number): Hold<R> {
  if (span === 0) return { phase: 'met', from, at: from, round: inTime };
  if (until <= from + span && until <= (over?.round.at ?? until)) return { phase: 'broken', from, at: until };
  if (last.began >= from + span) return { phase: 'met', from, at: from + span, round: last };
  return over ? { phase: over.phase, from, at: over.round.at, round: over.round } : { phase: 'holding', from, round: latest };
}
