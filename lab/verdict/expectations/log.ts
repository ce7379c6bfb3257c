/**
 * Judges `log`: lines that must be logged in a window, in order, and lines that must not. Accumulates the entries that matter
 * and judges them by when they were written, since streams are read at different speeds.
 */
import { type CompiledLine, compileLine } from '../../scenario/line-pattern.ts';
import type { ClauseOf, PlannedLine } from '../../scenario/plan.ts';
import { holds, type ValueTest } from '../../scenario/value-test.ts';
import { whenHolds } from '../../scenario/version-range.ts';
import { type ClauseContext, filled, hostsMeant } from '../clause-context.ts';
import { type Candidate, matchInAnyOrder, matchInOrder } from '../line-sequence.ts';
import { byTime, type LogEntry } from '../log-store.ts';
import type { Window } from '../step-record.ts';
import type { FindingReason } from '../verdict.ts';

/** A line with everything about it decided. */
export interface OpenLine {
  readonly planned: PlannedLine;
  readonly role: 'expected' | 'never';
  /** Absent: its `when` does not hold, and `note` says why. */
  readonly compiled?: CompiledLine;
  readonly shown: string;
  readonly pattern: string;
  readonly hosts: readonly string[];
  readonly times?: ValueTest;
  readonly note?: string;
}

/** An entry that matches some line; `lines` are indices into `LogFold.lines`. */
export interface Match extends Candidate {
  readonly entry: LogEntry;
}

/** What the window shows up to a moment. */
export interface LogReading {
  /** Every expected line is there, in order, as often as it should be. */
  readonly complete: boolean;
  /** When the last entry that was needed was written; the window's start where none was needed. */
  readonly completeAt: number;
  /** First entry that a `never` line matches. */
  readonly broken?: Match;
  /** The entry that met each line, by index into `LogFold.lines`. */
  readonly met: ReadonlyMap<number, Match>;
  readonly counts: ReadonlyMap<number, number>;
}

export interface LogFold {
  readonly lines: readonly OpenLine[];
  readonly start: number;
  readonly since: string;
  readonly ordered: boolean;
  /** The clause cannot be judged at all. */
  readonly unknown?: { readonly message: string; readonly reason: FindingReason };
  /** Every line was passed over: nothing is claimed for these versions. */
  readonly skipped: boolean;
  /** Hosts whose streams have a say. */
  readonly hosts: readonly string[];
  readonly feed: (entry: LogEntry) => void;
  /** What the window shows up to `end`, itself included. */
  readonly read: (end: number) => LogReading;
}

/** `window`: where it starts (engine's time, ms), and in words since when. */
export function startLog(claim: ClauseOf<'log'>['claim'], context: ClauseContext, window: Window): LogFold {
  const opened = [
    ...claim.lines.map((line) => open(line, 'expected', claim.on, context)),
    ...claim.never.map((line) => open(line, 'never', claim.on, context)),
  ];
  const lines = opened.map((line) => line.line);
  const unbound = opened.find((line) => line.unknown)?.unknown;
  const unknown = window.missing
    ? ({ message: `${window.since} was not carried out, so no window begins with it`, reason: 'skipped' } as const)
    : unbound;
  const live = (role: OpenLine['role']) => lines.flatMap((line, index) => (line.compiled && line.role === role ? [index] : []));
  const expected = live('expected');
  const never = live('never');
  // A line that may also be missing cannot hold a place in the order.
  const inOrder = expected.filter((index) => lines[index]?.times === undefined || !holds(lines[index].times, 0).met);
  const counted = expected.filter((index) => lines[index]?.times !== undefined);
  let matches: Match[] = [];

  function feed(entry: LogEntry): void {
    if (entry.at < window.start) return;
    const found = lines.flatMap((line, index) =>
      line.compiled && line.hosts.includes(entry.host) && line.compiled.matches(entry) ? [index] : [],
    );
    if (found.length === 0) return;
    const match: Match = { at: entry.at, seq: entry.seq, lines: found, entry };
    const last = matches.at(-1);
    matches.push(match);
    if (last && byTime(match, last) < 0) matches = matches.sort(byTime);
  }

  function read(end: number): LogReading {
    const inWindow = matches.filter((match) => match.at <= end);
    const met = new Map<number, Match>();
    const found = claim.order === 'strict' ? matchInOrder(inWindow, inOrder) : matchInAnyOrder(inWindow, inOrder);
    for (const [place, match] of found.entries()) if (match) met.set(inOrder[place] as number, match);
    const counts = new Map(counted.map((index) => [index, inWindow.filter((match) => match.lines.includes(index)).length]));
    const right = counted.filter((index) => holds(lines[index]?.times as ValueTest, counts.get(index)).met);
    const rightSince = counted.map((index) =>
      countRightSince(
        inWindow.filter((match) => match.lines.includes(index)),
        lines[index]?.times as ValueTest,
        window.start,
      ),
    );
    const broken = inWindow.find((match) => match.lines.some((index) => never.includes(index)));
    return {
      complete: met.size === inOrder.length && right.length === counted.length,
      completeAt: Math.max(window.start, ...[...met.values()].map((match) => match.at), ...rightSince),
      ...(broken ? { broken } : {}),
      met,
      counts,
    };
  }

  return {
    lines,
    start: window.start,
    since: window.since,
    ordered: claim.order === 'strict',
    ...(unknown ? { unknown } : {}),
    skipped: lines.every((line) => !line.compiled) && !unknown,
    hosts: [...new Set(lines.filter((line) => line.compiled).flatMap((line) => line.hosts))],
    feed,
    read,
  };
}

/** When the count became one that the test holds for, and has held ever since. */
function countRightSince(matches: readonly Match[], times: ValueTest, start: number): number {
  let count = matches.length;
  while (count > 0 && holds(times, count - 1).met) count -= 1;
  return count === 0 ? start : (matches[count - 1]?.at ?? start);
}

function open(
  planned: PlannedLine,
  role: OpenLine['role'],
  on: string | undefined,
  context: ClauseContext,
): { readonly line: OpenLine; readonly unknown?: { readonly message: string; readonly reason: FindingReason } } {
  const bare = `${planned.program}: ${planned.pattern.shown}`;
  const bad = (message: string, reason: FindingReason) => ({
    line: { planned, role, shown: bare, pattern: planned.pattern.shown, hosts: [] },
    unknown: { message, reason },
  });
  const selector = filled(context, planned.on ?? on ?? 'all');
  if (!selector.ok) return bad(selector.message, selector.reason);
  const { resolved } = hostsMeant(context, selector.value);
  if (!resolved.ok) return bad(resolved.reason, 'unbound');
  if (planned.when) {
    const when = filled(context, planned.when);
    if (!when.ok) return bad(when.message, when.reason);
    const outcome = whenHolds(when.value, context.facts.versions, resolved.hosts);
    if (!outcome.holds)
      return { line: { planned, role, shown: bare, pattern: planned.pattern.shown, hosts: resolved.hosts, note: outcome.because } };
  }
  const times = filled(context, planned.times ?? null);
  if (!times.ok) return bad(times.message, times.reason);
  const compiled = compileLine(planned, context.names());
  if (!compiled.ok) return bad(`{${compiled.unbound.reference}} has no value: ${compiled.unbound.message}`, 'unbound');
  return {
    line: {
      planned,
      role,
      compiled: compiled.value,
      shown: compiled.value.shown,
      pattern: compiled.value.shown.slice(planned.program.length + 2),
      hosts: resolved.hosts,
      ...(planned.times === undefined ? {} : { times: times.value as ValueTest }),
    },
  };
}
