/** Counts a server's rows against the ledger (LANGUAGE.md, "counts"). Pure arithmetic; what is expected of the numbers is the clause's. */
import type { LedgerLook } from '../core/event.ts';
import type { RecordedRow } from './ledger-record.ts';
import type { ResolvedPoint } from './point-record.ts';
import { placeOnPath, sameTimeline, serverTimeline } from './timeline.ts';
import type { LedgerCounts, RowRanges } from './verdict.ts';

/** `rows`: those whose outcome was known when the look began. */
export function countRows(rows: Iterable<RecordedRow>, point: ResolvedPoint, look: LedgerLook): LedgerCounts {
  const server = serverTimeline(look);
  const ownIsPoint = sameTimeline(server, point.timeline);
  const damaged = new Set(look.damaged);
  // A search in ranges out of order would find rows missing that are there.
  const seen = look.rows.toSorted((a, b) => a[0] - b[0]);
  const there = (id: number) => damaged.has(id) || inRanges(seen, id);
  const intact = (id: number) => !damaged.has(id) && inRanges(seen, id);
  const ids = {
    missing: [] as number[],
    beyond: [] as number[],
    lost: [] as number[],
    open: [] as number[],
    straddling: [] as number[],
    own: [] as number[],
  };
  let required = 0;
  let forbidden = 0;
  let refused = 0;
  const forbid = (id: number) => {
    forbidden += 1;
    if (there(id)) ids.beyond.push(id);
  };
  for (const row of rows) {
    if (row.outcome === 'open') {
      ids.open.push(row.id);
      continue;
    }
    if (row.outcome === 'refused') {
      refused += 1;
      forbid(row.id);
      continue;
    }
    if (!intact(row.id)) ids.lost.push(row.id);
    const place = placeOnPath(row, point.timeline, point.limit);
    if (place === 'on') {
      required += 1;
      if (!intact(row.id)) ids.missing.push(row.id);
    } else if (!ownIsPoint && row.timeline && sameTimeline(row.timeline, server)) ids.own.push(row.id);
    else if (place === 'straddles') ids.straddling.push(row.id);
    else forbid(row.id);
  }
  return {
    host: look.host,
    through: point.shown,
    required,
    forbidden,
    refused,
    missing: ids.missing.length,
    beyond: ids.beyond.length,
    lost: ids.lost.length,
    missingRows: ranges(ids.missing),
    beyondRows: ranges(ids.beyond),
    lostRows: ranges(ids.lost),
    openRows: ranges(ids.open),
    straddlingRows: ranges(ids.straddling),
    ownTimelineRows: ranges(ids.own),
    damagedRows: ranges(look.damaged),
  };
}

/** The fewest rows on either side of a point that make a comparison worth anything. */
export const fewestRows = 20;

/**
 * Why counts that look right prove nothing: too few rows had to be there, or, for a point that rows were written after, too few
 * had to be gone. undefined where they do prove something.
 */
export function vacuity(counts: LedgerCounts, point: ResolvedPoint): string | undefined {
  if (counts.required < fewestRows)
    return `only ${counts.required} acknowledged rows had to be there, fewer than ${fewestRows} prove nothing`;
  // A refused row is gone whatever was recovered.
  const acknowledged = counts.forbidden - counts.refused;
  if (point.kind === 'mark' && acknowledged < fewestRows)
    return `only ${acknowledged} acknowledged rows had to be gone, fewer than ${fewestRows} prove nothing`;
  return undefined;
}

/** Whether an id is in ascending inclusive ranges. */
export function inRanges(ranges: RowRanges, id: number): boolean {
  let low = 0;
  let high = ranges.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const [first, last] = ranges[middle] as readonly [number, number];
    if (id < first) high = middle - 1;
    else if (id > last) low = middle + 1;
    else return true;
  }
  return false;
}

/** Ids as ascending inclusive ranges. */
export function ranges(ids: readonly number[]): RowRanges {
  const result: [number, number][] = [];
  for (const id of [...ids].sort((a, b) => a - b)) {
    const last = result.at(-1);
    if (last && id <= last[1] + 1) last[1] = Math.max(last[1], id);
    else result.push([id, id]);
  }
  return result;
}

/** `4-7, 12`, cut after ten ranges. */
export function showRanges(ranges: RowRanges): string {
  const shown = ranges.slice(0, 10).map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`));
  return `${shown.join(', ')}${ranges.length > 10 ? `, and ${ranges.length - 10} more ranges` : ''}`;
}
