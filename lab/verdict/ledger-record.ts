/** The workload's rows as the clients saw them, kept for the expectations that count them. Knows outcomes and places; counting is `ledger-count.ts`. */
import type { LedgerRow } from '../core/event.ts';
import { lsnValue } from '../core/lsn.ts';
import type { Placed } from './timeline.ts';

export interface RecordedRow extends Placed {
  readonly outcome: LedgerRow['outcome'];
  /** Engine's time at which the outcome was known; a look that began earlier says nothing about the row. */
  readonly settled: number;
}

export interface LedgerRecord {
  readonly feed: (row: LedgerRow) => void;
  /** Rows settled in between were written into a past that was given up: they count for nothing. Engine's time, both ends included. */
  readonly giveUp: (from: number, to: number) => void;
  /** Rows whose outcome was known by then, in the order in which they settled. */
  readonly settledBy: (at: number) => Iterable<RecordedRow>;
  readonly totals: () => { readonly acked: number; readonly open: number; readonly refused: number };
}

/** A row is fed once, when its outcome is settled; one without an answer is settled when nobody waits for it any more. */
export function createLedgerRecord(): LedgerRecord {
  const rows = new Map<number, RecordedRow>();
  const givenUp: (readonly [from: number, to: number])[] = [];
  const counts = ({ settled }: RecordedRow) => !givenUp.some(([from, to]) => settled >= from && settled <= to);
  return {
    giveUp: (from, to) => void givenUp.push([from, to]),
    feed: (row) => {
      rows.set(row.id, recorded(row));
    },
    settledBy: function* (at) {
      for (const row of rows.values()) if (row.settled <= at && counts(row)) yield row;
    },
    totals: () => {
      const totals = { acked: 0, open: 0, refused: 0 };
      for (const row of rows.values()) if (counts(row)) totals[row.outcome] += 1;
      return totals;
    },
  };
}

function recorded(row: LedgerRow): RecordedRow {
  return {
    id: row.id,
    outcome: row.outcome,
    settled: row.settled ?? Number.NEGATIVE_INFINITY,
    ...(row.timeline === undefined
      ? {}
      : {
          timeline: {
            number: row.timeline,
            // Timeline 1 has no ancestors, whoever wrote the row down.
            ...(row.timeline === 1 ? { ancestry: [] } : row.ancestry === undefined ? {} : { ancestry: row.ancestry }),
            ...(row.systemId === undefined ? {} : { systemId: row.systemId }),
          },
        }),
    ...(row.after === undefined ? {} : { after: lsnValue(row.after) }),
    ...(row.before === undefined ? {} : { before: lsnValue(row.before) }),
  };
}
