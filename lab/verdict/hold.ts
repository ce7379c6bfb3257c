/**
 * `within` and `for`: when all clauses of an expectation held, and for how long. Takes in rounds of looks in the order in which
 * they were recorded; knows times (engine's, ms) and truths, and not what was looked at.
 */
import type { Truth } from './reading.ts';

/** A whole round of looks: its answers are of moments between `began` and `at`. */
export interface Round {
  readonly truth: Truth;
  readonly began: number;
  readonly at: number;
}

/** The longest that nobody may look while something must stay true, ms. */
export const observationGap = 2000;

export interface Hold {
  readonly phase: 'waiting' | 'holding' | 'met' | 'broken' | 'gap';
  /** From when on all clauses held. */
  readonly from?: number;
  /** When it was met (with `for`: the end of that time), broken, or lost from sight. */
  readonly at?: number;
  /** Last round that was true or false. */
  readonly last?: Round;
  /** The first of the rounds' present run of `yes`, no two of which are further apart than an observation gap. */
  readonly streak?: Round;
}

export interface HoldTerms {
  /** All clauses must hold by then. */
  readonly deadline: number;
  /** How long they must go on, ms; 0 without `for`. */
  readonly span: number;
}

export const startHold: Hold = { phase: 'waiting' };

/**
 * `logsAt`: when the last needed log line was written; undefined while lines are missing. Rounds that began after the deadline are
 * for the caller to leave out, unless it is holding.
 */
export function nextRound(hold: Hold, round: Round, logsAt: number | undefined, terms: HoldTerms): Hold {
  if (hold.phase !== 'waiting' && hold.phase !== 'holding') return hold;
  // What could not be seen is neither true nor false: it only lets the gap grow.
  if (round.truth === 'unknown') return hold;
  const apart = hold.last === undefined ? 0 : round.at - hold.last.at;
  const streak = round.truth === 'no' ? undefined : apart > observationGap ? round : (hold.streak ?? round);
  const next: Hold = {
    phase: hold.phase,
    ...(hold.from === undefined ? {} : { from: hold.from }),
    last: round,
    ...(streak === undefined ? {} : { streak }),
  };
  if (hold.phase === 'waiting') return logsArrived(next, logsAt, terms);
  const from = hold.from as number;
  if (apart > observationGap) return { ...next, phase: 'gap', at: round.at };
  if (round.truth === 'no') return { ...next, phase: 'broken', at: round.at };
  return round.began >= from + terms.span ? { ...next, phase: 'met', at: from + terms.span } : next;
}

/** To be called as well when the last missing line arrived, which may be later than a round that it was written before. */
export function logsArrived(hold: Hold, logsAt: number | undefined, terms: HoldTerms): Hold {
  if (hold.phase !== 'waiting' || logsAt === undefined || hold.streak === undefined || hold.last === undefined) return hold;
  // The states must have been seen once more at or after the last line: all clauses hold together.
  if (hold.last.truth !== 'yes' || hold.last.at < logsAt) return hold;
  if (logsAt > terms.deadline) return hold;
  const from = Math.max(hold.streak.at, logsAt);
  return terms.span === 0 ? { ...hold, phase: 'met', from, at: from } : { ...hold, phase: 'holding', from };
}

/** Where nothing is looked at, time itself is the round: `at` is any moment that the history has reached. */
export function timePassed(hold: Hold, at: number, logsAt: number | undefined, started: number, terms: HoldTerms): Hold {
  if (hold.phase === 'waiting' && logsAt !== undefined && logsAt <= terms.deadline) {
    const from = Math.max(started, logsAt);
    return terms.span === 0 ? { phase: 'met', from, at: from } : timePassed({ phase: 'holding', from }, at, logsAt, started, terms);
  }
  if (hold.phase === 'holding' && hold.from !== undefined && at >= hold.from + terms.span)
    return { ...hold, phase: 'met', at: hold.from + terms.span };
  return hold;
}
