/**
 * Judges `log`: lines that must be logged in a window, in order, and lines that must not. Accumulates the entries that matter
 * and judges them by when they were written, since streams are read at different speeds.
 */
import { type CompiledLine, compileLine } from '../../scenario/line-pattern.ts';
import type { ClauseOf, PlannedLine } from '../../scenario/plan.ts';
import { holds, type ValueTest } from '../../scenario/value-test.ts';
import { whenHolds } from '../../scenario/version-range.ts';
import { type ClauseContext, filled, hostsMeant } from '../clause-context.ts';
import { believable, type Candidate, matchInAnyOrder, matchInOrder } from '../line-sequence.ts';
import { byTime, type LogEntry } from '../log-store.ts';
import { intersect, type Span } from '../span.ts';
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
  /** First entry that must not be there: a `never` line matches it, or it is one more than a line's `times` ever allows. */
  readonly broken?: { readonly entry: LogEntry; readonly why: 'never' | 'too-many' };
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
  /** The ends with which the window is complete, in the order of time: more entries may spoil a number that was right. */
  readonly whole: () => readonly Span[];
}

/** Clocks of hosts and recorder may differ by as much, ms: what Patroni said longer before a window, and wrote in it, is not of it. */
const sameMoment = 50;

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
  const counted = expected.flatMap((index) => {
    const times = lines[index]?.times;
    return times === undefined ? [] : [{ index, times, most: mostAllowed(times) }];
  });
  let matches: Match[] = [];

  function feed(entry: LogEntry): void {
    if (entry.at < window.start || (believable(entry) ?? entry.at) < window.start - sameMoment) return;
    const found = lines.flatMap((line, index) =>
      line.compiled && line.hosts.includes(entry.host) && line.compiled.matches(entry) ? [index] : [],
    );
    if (found.length === 0) return;
    const match: Match = { lines: found, entry };
    const last = matches.at(-1);
    matches.push(match);
    if (last && byTime(entry, last.entry) < 0) matches = matches.sort((a, b) => byTime(a.entry, b.entry));
  }

  function inOrderAmong(among: readonly Match[]): readonly (Match | undefined)[] {
    return claim.order === 'strict' ? matchInOrder(among, inOrder) : matchInAnyOrder(among, inOrder);
  }

  function entriesOf(index: number, among: readonly Match[]): readonly LogEntry[] {
    return among.filter((match) => match.lines.includes(index)).map((match) => match.entry);
  }

  function read(end: number): LogReading {
    const inWindow = matches.filter((match) => match.entry.at <= end);
    const met = new Map<number, Match>();
    for (const [place, match] of inOrderAmong(inWindow).entries()) if (match) met.set(inOrder[place] as number, match);
    const counts = new Map(counted.map(({ index }) => [index, entriesOf(index, inWindow).length]));
    const right = counted.every(({ index, times }) => holds(times, counts.get(index)).met);
    const broken = [
      ...never.flatMap((index) =>
        entriesOf(index, inWindow)
          .slice(0, 1)
          .map((entry) => ({ entry, why: 'never' as const })),
      ),
      ...counted.flatMap(({ index, most }) =>
        entriesOf(index, inWindow)
          .slice(most, most + 1)
          .map((entry) => ({ entry, why: 'too-many' as const })),
      ),
    ].sort((a, b) => byTime(a.entry, b.entry))[0];
    return { complete: met.size === inOrder.length && right, ...(broken ? { broken } : {}), met, counts };
  }

  function whole(): readonly Span[] {
    if (unknown) return [];
    const found = inOrderAmong(matches).filter((match) => match !== undefined);
    if (found.length < inOrder.length) return [];
    const from = Math.max(window.start, ...found.map((match) => match.entry.at));
    return counted.reduce<readonly Span[]>(
      (spans, { index, times }) => intersect(spans, spansRight(entriesOf(index, matches), times, window.start)),
      [{ from, until: Number.POSITIVE_INFINITY }],
    );
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
    whole,
  };
}

/** When the number of entries was right. `entries` in the order of time. */
function spansRight(entries: readonly LogEntry[], times: ValueTest, start: number): readonly Span[] {
  const spans: Span[] = [];
  for (let count = 0; count <= entries.length; count += 1) {
    const from = entries[count - 1]?.at ?? start;
    const until = entries[count]?.at ?? Number.POSITIVE_INFINITY;
    const before = spans.at(-1);
    if (from >= until || !holds(times, count).met) continue;
    if (before?.until === from) spans[spans.length - 1] = { from: before.from, until };
    else spans.push({ from, until });
  }
  return spans;
}

/** The largest number of entries that a test allows: with one more, no number that follows is right either. */
function mostAllowed(times: ValueTest): number {
  const fields = typeof times === 'object' && times !== null ? times : { 'any-of': [times] };
  if (fields.matches !== undefined) return Number.POSITIVE_INFINITY;
  // A test can only turn at a number that it names.
  const named = Object.values(fields).flat().map(Number).filter(Number.isFinite).map(Math.floor);
  const beyond = Math.max(0, ...named) + 2;
  if (holds(times, beyond).met) return Number.POSITIVE_INFINITY;
  return Math.max(0, ...named.flatMap((count) => [count - 1, count, count + 1]).filter((count) => holds(times, count).met));
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
    if (outcome.holds === undefined) return bad(outcome.because, 'unbound');
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
