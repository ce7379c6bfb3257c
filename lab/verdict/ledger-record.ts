/** The workload's rows as the clients saw them, kept for the expectations that count them. Knows outcomes and places; counting is `ledger-count.ts`. */
import type { LedgerRow } from '../core/event.ts';
import { lsnValue } from '../core/lsn.ts';
import type { Placed } from './timeline.ts';
import type { Outage } from './verdict.ts';

export interface RecordedRow extends Placed {
  readonly outcome: LedgerRow['outcome'];
  /** Engine's time at which the outcome was known; a look that began earlier says nothing about the row. */
  readonly settled: number;
}

export interface LedgerRecord {
  readonly feed: (row: LedgerRow) => void;
  /** What was given up so far. */
  readonly givenUp: () => readonly GivenUp[];
  /** Goes back to a moment at which `before` had been given up: so are rows settled since, and none but these. */
  readonly goBack: (before: readonly GivenUp[], since: GivenUp) => void;
  /** Rows whose outcome was known by then, in the order in which they settled. */
  readonly settledBy: (at: number) => Iterable<RecordedRow>;
  readonly ackedBy: (at: number) => number;
  readonly totals: () => { readonly acked: number; readonly open: number; readonly refused: number };
  /** From then on clients write, or do not. Engine's time. */
  readonly writing: (at: number, on: boolean) => void;
  /**
   * Between two moments, the longest time in which clients wrote and none got an acknowledgement; absent where none wrote. `last`: when
   * a row was last acknowledged in between; `writing`: whether clients still wrote at the second.
   */
  readonly outage: (start: number, end: number) => { readonly longest?: Outage; readonly last?: number; readonly writing: boolean };
}

/** Rows settled in between were written into a past that is none any more: they count for nothing. Engine's time, both ends included. */
type GivenUp = readonly [from: number, to: number];

/** A row is fed once, when its outcome is settled; one without an answer is settled when nobody waits for it any more. */
export function createLedgerRecord(): LedgerRecord {
  const rows = new Map<number, RecordedRow>();
  let givenUp: readonly GivenUp[] = [];
  const spells: { readonly from: number; readonly until?: number }[] = [];
  const counts = ({ settled }: RecordedRow) => !givenUp.some(([from, to]) => settled >= from && settled <= to);
  return {
    givenUp: () => givenUp,
    goBack: (before, since) => {
      givenUp = [...before, since];
    },
    feed: (row) => {
      rows.set(row.id, recorded(row));
    },
    settledBy: function* (at) {
      for (const row of rows.values()) if (row.settled <= at && counts(row)) yield row;
    },
    ackedBy: (at) => [...rows.values()].filter(({ outcome, settled }) => outcome === 'acked' && settled <= at).length,
    totals: () => {
      const totals = { acked: 0, open: 0, refused: 0 };
      for (const row of rows.values()) if (counts(row)) totals[row.outcome] += 1;
      return totals;
    },
    writing: (at, on) => {
      const last = spells.at(-1);
      const writes = last !== undefined && last.until === undefined;
      if (on && !writes) spells.push({ from: at });
      if (!on && writes) spells.splice(-1, 1, { ...last, until: at });
    },
    outage: (start, end) => {
      const acknowledged = [...rows.values()].flatMap(({ outcome, settled }) =>
        outcome === 'acked' && settled >= start && settled <= end ? [settled] : [],
      );
      acknowledged.sort((a, b) => a - b);
      const outages = spells
        .map((spell) => ({ from: Math.max(spell.from, start), until: Math.min(spell.until ?? end, end) }))
        .filter(({ from, until }) => from < until)
        .flatMap(({ from, until }) => {
          const moments = [from, ...acknowledged.filter((at) => at > from && at < until), until];
          return moments.slice(1).map((next, index): Outage => ({ from: moments[index] ?? from, until: next }));
        });
      const longest = outages.reduce<Outage | undefined>(
        (found, each) => (found && found.until - found.from >= each.until - each.from ? found : each),
        undefined,
      );
      const last = acknowledged.at(-1);
      const writing = spells.some(({ from, until }) => from < end && (until === undefined || until > end));
      return { ...(longest ? { longest } : {}), ...(last === undefined ? {} : { last }), writing };
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
