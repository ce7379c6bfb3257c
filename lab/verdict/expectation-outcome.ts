/** How an `expect` step turned out: true, false at its deadline, or not known. Reads what `open-expectation.ts` folded. */

import { formatDuration } from '../core/duration.ts';
import type { StepResult } from '../core/event.ts';
import { holds } from '../scenario/value-test.ts';
import { clauseOutcome } from './clause-outcome.ts';
import type { OpenLine } from './expectations/log.ts';
import { observationGap } from './hold.ts';
import type { LogStore } from './log-store.ts';
import type { ExpectationState } from './open-expectation.ts';
import type { Reading } from './reading.ts';
import type { ClauseOutcome, FindingReason } from './verdict.ts';

/** Why an expectation is not true; `at` is the engine's time at which that was so. */
export interface Shortfall {
  readonly verdict: 'fail' | 'unknown';
  readonly reason: FindingReason;
  readonly message: string;
  readonly at: number;
}

export interface ExpectationOutcome {
  readonly shortfall?: Shortfall;
  readonly clauses: readonly ClauseOutcome[];
  /** From the step's start to the moment that decided, ms. */
  readonly waited: number;
}

/** `ended`: engine's time of the step's end. `file`: where the step is written. */
export function expectationOutcome(
  state: ExpectationState,
  ended: number,
  result: StepResult,
  logs: LogStore,
  file: string,
): ExpectationOutcome {
  const shortfall = shortfallOf(state, ended, result, logs);
  const decided = shortfall?.at ?? state.hold.at ?? ended;
  return {
    ...(shortfall ? { shortfall } : {}),
    clauses: state.clauses.map((clause, index) => clauseOutcome(clause, state, index, logs, file)),
    waited: Math.max(0, decided - state.started),
  };
}

function shortfallOf(state: ExpectationState, ended: number, result: StepResult, logs: LogStore): Shortfall | undefined {
  const { hold, terms, clauses } = state;
  const unknown = (reason: FindingReason, at: number, message: string): Shortfall => ({ verdict: 'unknown', reason, at, message });
  const fail = (at: number, message: string): Shortfall => {
    const unread = unreadHosts(state, logs, at, (line) => state.timesTrue > 0 && line.role === 'expected');
    if (unread.length === 0) return { verdict: 'fail', reason: 'expectation-false', at, message };
    return unknown('not-read-through', at, `${message}; but the log of ${unread.join(', ')} was not read so far: it may have held before`);
  };

  if (clauses.every((clause) => clause.log?.skipped))
    return unknown('skipped', state.started, 'none of its lines is for these versions, so it claims nothing');
  if (result.outcome !== 'done') {
    const reason = result.outcome === 'unsupported' || result.outcome === 'unproven' ? result.outcome : 'broken';
    return unknown(reason, ended, result.reason ?? 'the lab could not look');
  }
  if (state.broken) return fail(state.broken.entry.at, unwanted(state.broken));
  if (hold.phase === 'broken') {
    const what = hold.round ? firstFalse(seen(state)) : missingLine(state);
    return fail(hold.at as number, `did not go on for ${formatDuration(terms.span)}: ${what}`);
  }
  if (hold.phase === 'gap')
    return unknown(
      'observation-gap',
      hold.at as number,
      `nobody looked for more than ${formatDuration(observationGap)} while it had to hold`,
    );
  if (hold.phase === 'met') return metShortfall(state, logs, fail, unknown);
  if (state.settledAt !== undefined) {
    // What is not final might have become true by the deadline.
    const final = seen(state).filter((reading) => reading.final);
    const why = firstUnknown(final);
    return why && final.every(({ truth }) => truth !== 'no')
      ? unknown(why.reason, state.settledAt, why.message)
      : fail(state.settledAt, firstFalse(final));
  }
  if (hold.phase === 'holding') {
    return ended < (hold.from as number) + terms.span
      ? unknown('cut-short', ended, 'ended before it had held for as long as it must')
      : unknown('observation-gap', ended, 'nobody looked any more while it had to hold');
  }
  return waitingShortfall(state, ended, logs, fail, unknown);
}

type Fail = (at: number, message: string) => Shortfall;
type Unknown = (reason: FindingReason, at: number, message: string) => Shortfall;

/** Hosts of lines of the log clauses whose streams were not read past `end`: what seems to be missing there may only be unread. */
function unreadHosts(state: ExpectationState, logs: LogStore, end: number, which: (line: OpenLine) => boolean): readonly string[] {
  const lines = state.clauses.flatMap(({ log }) => log?.lines ?? []).filter((line) => line.compiled && which(line));
  return [...new Set(lines.flatMap((line) => line.hosts))].filter((host) => !logs.readPast(host, end));
}

/**
 * It held; what must not have been logged, or not as often, needs the streams to have been read past the window's end. So does
 * `for` where the states were true more than once: it begins when all clauses first held, which an unread line may show to be earlier.
 */
function metShortfall(state: ExpectationState, logs: LogStore, fail: Fail, unknown: Unknown): Shortfall | undefined {
  const end = state.windowEnd;
  // Lines that must be there hold for good once they are; their number may not.
  if (state.clauses.some(({ log }) => log && !log.read(end).complete)) return fail(end, missingLine(state));
  const bounded = (line: OpenLine) => line.role === 'never' || line.times !== undefined || (state.terms.span > 0 && state.timesTrue > 1);
  const unread = unreadHosts(state, logs, end, bounded);
  if (unread.length > 0) return unknown('not-read-through', end, `the log of ${unread.join(', ')} was not read to the end of the window`);
  // Lint lets lines pass that are for some versions only.
  if (state.terms.span === 0 && state.clauses.every(({ log }) => log && !log.lines.some(isAwaited)))
    return unknown('vacuous', end, 'no line of it that is for these versions had to come: it held at once, and nothing was watched');
  return undefined;
}

function isAwaited({ compiled, role, times }: OpenLine): boolean {
  return compiled !== undefined && role === 'expected' && (times === undefined || !holds(times, 0).met);
}

function waitingShortfall(state: ExpectationState, ended: number, logs: LogStore, fail: Fail, unknown: Unknown): Shortfall {
  const { terms, last, shown, clauses } = state;
  const { deadline } = terms;
  if (ended < deadline) return unknown('cut-short', ended, `ended ${formatDuration(deadline - ended)} before its deadline`);
  const why = firstUnknown(seen(state));
  const seenLate = last !== undefined && last.at >= deadline - observationGap;
  // A look that failed says nothing about the state, so the one before it still stands for a while.
  const stands = shown?.truth !== 'unknown' || why?.reason === 'cannot-observe';
  if (last?.truth === 'no' && seenLate && stands) return fail(deadline, firstFalse(seen(state)));

  const logClauses = clauses.flatMap((clause) => (clause.log ? [clause.log] : []));
  const incomplete = logClauses.filter((log) => !log.unknown && !log.read(deadline).complete);
  const unread = [...new Set(incomplete.flatMap((log) => log.hosts))].filter((host) => !logs.readPast(host, deadline));
  if (incomplete.length > 0 && unread.length === 0) return fail(deadline, missingLine(state));

  if (shown?.truth === 'unknown' && why) return unknown(why.reason, deadline, why.message);
  const unknownLog = logClauses.find((log) => log.unknown)?.unknown;
  if (unknownLog) return unknown(unknownLog.reason, deadline, unknownLog.message);
  if (incomplete.length > 0) return unknown('not-read-through', deadline, `the log of ${unread.join(', ')} was not read to the deadline`);
  if (last === undefined) return unknown('cannot-observe', deadline, why?.message ?? 'nothing was looked at before the deadline');
  const unseen = seenLate ? 'between the last line and the deadline' : `in the last ${formatDuration(observationGap)} before the deadline`;
  return unknown('observation-gap', deadline, `nobody looked ${unseen}`);
}

function seen(state: ExpectationState): readonly Reading[] {
  return (state.shown?.readings ?? []).filter((reading) => reading !== undefined);
}

function firstFalse(readings: readonly Reading[]): string {
  const bad = readings.flatMap(({ claims }) => claims).find((claim) => claim.truth === 'no');
  return bad ? `expected ${bad.expected}; observed ${bad.observed}` : 'it was not true';
}

function firstUnknown(readings: readonly Reading[]): { readonly reason: FindingReason; readonly message: string } | undefined {
  const bad = readings.flatMap(({ claims }) => claims).find((claim) => claim.truth === 'unknown');
  return bad && { reason: bad.reason ?? 'cannot-observe', message: `${bad.expected}: ${bad.observed}` };
}

function missingLine(state: ExpectationState): string {
  for (const { log } of state.clauses) {
    const read = log?.read(state.windowEnd);
    if (!log || !read || read.complete) continue;
    const expected = log.lines.flatMap((line, index) => (line.role === 'expected' && line.compiled ? [{ line, index }] : []));
    const missing = expected.find(({ line, index }) => line.times === undefined && !read.met.has(index));
    if (missing) return `line ${expected.indexOf(missing) + 1} of ${expected.length} was not logged: ${missing.line.shown}`;
    const miscounted = expected.find(({ line }) => line.times !== undefined);
    return `a line was not logged as often as it should be: ${miscounted?.line.shown ?? ''}`;
  }
  return 'a line was not logged';
}

function unwanted({ entry, why }: NonNullable<ExpectationState['broken']>): string {
  const line = `${entry.host} ${entry.program}: ${entry.text.split('\n')[0]}`;
  return why === 'never' ? `a line was logged that must not be: ${line}` : `a line was logged too often: ${line}`;
}
