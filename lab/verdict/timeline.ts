/**
 * A timeline is a number plus its history: two servers that were recovered apart may each have a timeline 2. Knows which commit
 * records lie on the path to a point (LANGUAGE.md, "path"); not what was looked at, nor what is expected.
 */
import type { LedgerLook } from '../core/event.ts';
import { type Lsn, lsnValue } from '../core/lsn.ts';

/** Ancestors of a timeline, oldest first, each with the LSN at which the next one forked off (PostgreSQL's history file). */
export type Ancestry = readonly (readonly [timeline: number, fork: Lsn])[];

export interface Timeline {
  readonly number: number;
  /** Absent: not recorded, the number must do. */
  readonly ancestry?: Ancestry;
  readonly systemId?: string;
}

/** Where a row's COMMIT record lies: it starts at or after `after` and ends at or before `before`. */
export interface Placed {
  readonly id: number;
  readonly timeline?: Timeline;
  readonly after?: bigint;
  readonly before?: bigint;
}

/** Where a path ends. `row`: the row whose COMMIT record starts exactly at `lsn`, which an inclusive mark has and an exclusive has not. */
export interface PathLimit {
  readonly lsn: bigint;
  readonly inclusive: boolean;
  readonly row?: number;
}

/** `straddles`: the record may start on either side of a cut. */
export type Place = 'on' | 'off' | 'straddles';

/** Same number, same history, same cluster; what was not recorded is taken to be the same. */
export function sameTimeline(a: Timeline, b: Timeline): boolean {
  return a.number === b.number && sameSystem(a, b) && sameAncestry(a.ancestry, b.ancestry);
}

/**
 * Row (t, start) is on the path to (T, L) if t is T, or an ancestor of T and start is before its fork; and start is before L, or
 * is L for an inclusive mark. Without a limit the path goes to the end of T.
 */
export function placeOnPath(row: Placed, to: Timeline, limit?: PathLimit): Place {
  if (!row.timeline) return 'straddles';
  if (!sameSystem(row.timeline, to)) return 'off';
  const end = limit ? (): Place => beforeLimit(row, limit) : (): Place => 'on';
  if (row.timeline.number === to.number) return sameAncestry(row.timeline.ancestry, to.ancestry) ? end() : 'off';
  const ancestors = to.ancestry ?? [];
  const index = ancestors.findIndex(([number]) => number === row.timeline?.number);
  const fork = ancestors[index]?.[1];
  if (fork === undefined || !sameAncestry(row.timeline.ancestry, ancestors.slice(0, index))) return 'off';
  return narrower(startsBefore(row, lsnValue(fork), limit), end());
}

function beforeLimit(row: Placed, limit: PathLimit): Place {
  if (row.id === limit.row) return limit.inclusive ? 'on' : 'off';
  // No other record starts where the mark's does, so "before or at" and "before" are the same for every other row.
  return startsBefore(row, limit.lsn, limit);
}

function startsBefore(row: Placed, cut: bigint, limit: PathLimit | undefined): Place {
  if (limit && row.id === limit.row) return limit.lsn < cut ? 'on' : 'off';
  if (row.before !== undefined && row.before <= cut) return 'on';
  if (row.after !== undefined && row.after >= cut) return 'off';
  return 'straddles';
}

function narrower(a: Place, b: Place): Place {
  if (a === 'off' || b === 'off') return 'off';
  return a === 'straddles' || b === 'straddles' ? 'straddles' : 'on';
}

function sameSystem(a: Timeline, b: Timeline): boolean {
  return a.systemId === undefined || b.systemId === undefined || a.systemId === b.systemId;
}

function sameAncestry(a: Ancestry | undefined, b: Ancestry | undefined): boolean {
  if (!a || !b) return true;
  return (
    a.length === b.length && a.every(([timeline, fork], index) => timeline === b[index]?.[0] && lsnValue(fork) === lsnValue(b[index][1]))
  );
}

/** What is known of timeline `number` from one that descends from it, or is it. */
export function ancestorTimeline(of: Timeline, number: number): Timeline | undefined {
  if (of.number === number) return of;
  const index = (of.ancestry ?? []).findIndex(([timeline]) => timeline === number);
  if (index < 0) return undefined;
  return { number, ancestry: (of.ancestry ?? []).slice(0, index), ...(of.systemId === undefined ? {} : { systemId: of.systemId }) };
}

/** The timeline that a server was on when it was looked at. */
export function serverTimeline(look: LedgerLook): Timeline {
  return { number: look.timeline, ancestry: look.ancestry, systemId: look.systemId };
}
