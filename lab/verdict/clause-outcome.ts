/** What became of one clause of an expectation, with the log entries that met its lines or came close. */
import { holds } from '../scenario/value-test.ts';
import type { LogFold, LogReading } from './expectations/log.ts';
import { byTime, type LogEntry, type LogStore } from './log-store.ts';
import { nearestLines, quote } from './nearest-lines.ts';
import type { ExpectationState, OpenClause } from './open-expectation.ts';
import { placeOf } from './place.ts';
import type { ClauseOutcome, LineOutcome } from './verdict.ts';

const states = { yes: 'held', no: 'false', unknown: 'unknown' } as const;

export function clauseOutcome(
  { clause, title, log }: OpenClause,
  state: ExpectationState,
  index: number,
  logs: LogStore,
  file: string,
): ClauseOutcome {
  const common = { kind: clause.kind, title, place: placeOf(clause.span, file) };
  if (log) return { ...common, ...logOutcome(log, state, logs, file), looks: [] };
  const reading = state.shown?.readings[index];
  if (!reading) return { ...common, state: 'unknown', expected: [title], observed: ['not looked at'], states: ['unknown'], looks: [] };
  return {
    ...common,
    state: states[reading.truth],
    expected: reading.claims.map((claim) => claim.expected),
    observed: reading.claims.map((claim) => claim.observed),
    states: reading.claims.map((claim) => states[claim.truth]),
    looks: state.shown?.looks ?? [],
    ...(reading.ledger && reading.ledger.length > 0 ? { ledger: reading.ledger } : {}),
  };
}

function logOutcome(
  log: LogFold,
  state: ExpectationState,
  logs: LogStore,
  file: string,
): Pick<ClauseOutcome, 'state' | 'expected' | 'observed' | 'states' | 'lines'> {
  const end = state.windowEnd;
  const reading = log.read(end);
  const lines = log.lines.map((_, index) => lineOutcome(log, reading, index, end, state, logs, file));
  const bad = lines.filter((line) => stateOf(line) === 'false');
  const undecided = log.unknown !== undefined || lines.some((line) => stateOf(line) === 'unknown');
  return {
    state: log.skipped ? 'skipped' : bad.length > 0 ? 'false' : undecided ? 'unknown' : 'held',
    expected: lines.map((line) => (line.role === 'never' ? `never ${line.shown}` : line.shown)),
    observed: lines.map(observedOf),
    states: lines.map(stateOf),
    lines,
  };
}

function stateOf(line: LineOutcome): 'held' | 'false' | 'unknown' {
  if (line.state === 'unread') return 'unknown';
  return line.state === 'missing' || line.state === 'present' || line.state === 'miscounted' ? 'false' : 'held';
}

function observedOf(line: LineOutcome): string {
  if (line.note !== undefined) return `${line.state}: ${line.note}`;
  return line.by ? `${line.state}: ${line.by.host} ${line.by.program}: ${line.by.text.split('\n')[0]}` : line.state;
}

function lineOutcome(
  log: LogFold,
  reading: LogReading,
  index: number,
  end: number,
  state: ExpectationState,
  logs: LogStore,
  file: string,
): LineOutcome {
  const line = log.lines[index] as LogFold['lines'][number];
  const common = { role: line.role, shown: line.shown, place: placeOf(line.planned.span, file), nearest: [] };
  if (!line.compiled) {
    return line.note === undefined
      ? { ...common, state: 'unread', note: log.unknown?.message ?? 'not judged' }
      : { ...common, state: 'skipped', note: line.note };
  }
  const read = line.hosts.every((host) => logs.readPast(host, end));
  const entries = logs
    .since(log.start)
    .filter((entry) => entry.at <= end && line.hosts.includes(entry.host) && line.compiled?.matches(entry))
    .sort(byTime);
  const [first] = entries;
  if (line.role === 'never')
    return first ? { ...common, state: 'present', by: quote(first) } : { ...common, state: read ? 'absent' : 'unread' };
  const met = reading.met.get(index)?.entry;
  if (line.times !== undefined) {
    const count = reading.counts.get(index) ?? 0;
    const outcome = holds(line.times, count);
    return {
      ...common,
      state: outcome.met ? 'found' : 'miscounted',
      note: `expected ${outcome.expected} times, logged ${count} times`,
      ...(first ? { by: quote(met ?? first) } : {}),
    };
  }
  if (met) return { ...common, state: 'found', by: quote(met) };
  const nearest = nearestLines(
    { line: line.compiled, pattern: line.pattern, program: line.planned.program, hosts: line.hosts, from: log.start },
    logs.since(Number.NEGATIVE_INFINITY),
    whyNot(log, reading, index, state),
  );
  return { ...common, state: read ? 'missing' : 'unread', nearest };
}

/** Why an entry that matches a missing line does not meet it. */
function whyNot(log: LogFold, reading: LogReading, index: number, state: ExpectationState): (entry: LogEntry) => string | undefined {
  const before = [...reading.met].filter(([line]) => line < index).map(([, match]) => match);
  const last = before.at(-1);
  const firstMissing = log.lines.findIndex(
    (line, at) => line.role === 'expected' && line.compiled && line.times === undefined && !reading.met.has(at),
  );
  return (entry) => {
    if (entry.at < log.start) return `it came before ${log.since}`;
    if (entry.at > state.terms.deadline) return 'it came after the deadline';
    if (!log.ordered) return undefined;
    if (index > firstMissing) return 'a line that should come before it is missing';
    return last && byTime(entry, last.entry) <= 0 ? 'it came too early: the lines are in another order' : undefined;
  };
}
