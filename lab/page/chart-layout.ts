/** Where the rows of the chart stand, top to bottom. Pixels. */
import type { Lane, Model } from './model.ts';

interface Band {
  readonly top: number;
  readonly height: number;
}

export type Row = Band &
  ({ readonly kind: 'steps' } | { readonly kind: 'wal' } | { readonly kind: 'rows' } | { readonly kind: 'lane'; readonly lane: Lane });

export const gutter = 74;
export const axisHeight = 22;
const heights = { steps: 26, member: 48, other: 20, wal: 58, rows: 30 } as const;

export function layOut(model: Model, withRows: boolean): { readonly rows: readonly Row[]; readonly height: number } {
  const rows: Row[] = [];
  let top = axisHeight;
  const add = (height: number, row: (top: number) => Row) => {
    rows.push(row(top));
    top += height;
  };
  if (model.steps.length > 0) add(heights.steps, (at) => ({ kind: 'steps', top: at, height: heights.steps }));
  for (const lane of model.lanes.values()) add(heights[lane.kind], (at) => ({ kind: 'lane', lane, top: at, height: heights[lane.kind] }));
  if (model.leaderWal.length > 0) add(heights.wal, (at) => ({ kind: 'wal', top: at, height: heights.wal }));
  if (withRows) add(heights.rows, (at) => ({ kind: 'rows', top: at, height: heights.rows }));
  return { rows, height: top + 4 };
}
