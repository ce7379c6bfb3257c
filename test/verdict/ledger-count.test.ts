import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LedgerRow } from '../../lab/core/event.ts';
import { formatLsn } from '../../lab/core/lsn.ts';
import { countRows, inRanges, ranges } from '../../lab/verdict/ledger-count.ts';
import { createLedgerRecord } from '../../lab/verdict/ledger-record.ts';
import type { ResolvedPoint } from '../../lab/verdict/point-record.ts';
import { placeOnPath } from '../../lab/verdict/timeline.ts';
import { ledgerLook } from './a-run.ts';

describe('against brute force', () => {
  interface Line {
    readonly id: number;
    readonly parent?: Line;
    readonly fork: number;
    readonly number: number;
    /** Commit records: row ids by position. */
    readonly records: readonly { readonly row: number; readonly at: number }[];
  }

  /** A tree of timelines with records at even positions; numbers may come twice, as they do on servers that were recovered apart. */
  const tree = fc
    .array(
      fc.record({
        parent: fc.nat(),
        fork: fc.integer({ min: 0, max: 30 }),
        number: fc.integer({ min: 2, max: 4 }),
        length: fc.integer({ min: 1, max: 8 }),
      }),
      { maxLength: 5 },
    )
    .map((shapes) => {
      let row = 1;
      const records = (from: number, length: number) => Array.from({ length }, (_, index) => ({ row: row++, at: from + 2 * index }));
      const lines: Line[] = [{ id: 0, fork: 0, number: 1, records: records(2, 10) }];
      for (const shape of shapes) {
        const parent = lines[shape.parent % lines.length] as Line;
        const fork = Math.max(shape.fork - (shape.fork % 2), parent.fork + 2);
        const number = Math.max(parent.number + 1, shape.number);
        const twin = lines.some((line) => line.parent === parent && line.number === number && line.fork === fork);
        // Two timelines of one number that forked at one place cannot be told apart by anybody.
        if (!twin) lines.push({ id: lines.length, parent, fork, number, records: records(fork, shape.length) });
      }
      return lines;
    });

  const at = (position: number) => formatLsn(BigInt(position * 16));
  const ancestry = (line: Line): [number, ReturnType<typeof at>][] =>
    line.parent ? [...ancestry(line.parent), [line.parent.number, at(line.fork)]] : [];

  /** What a server that followed the timeline has replayed: walks the WAL itself. */
  function replayed(line: Line, before: number): readonly { readonly row: number; readonly at: number }[] {
    const inherited = line.parent ? replayed(line.parent, Math.min(line.fork, before)) : [];
    return [...inherited, ...line.records.filter((record) => record.at < before)];
  }

  const rowsOf = (lines: readonly Line[]): LedgerRow[] =>
    lines.flatMap((line) =>
      line.records.map(({ row, at: position }) => ({
        id: row,
        outcome: 'acked' as const,
        host: 'pg1',
        timeline: line.number,
        ancestry: ancestry(line),
        after: at(position),
        before: at(position + 2),
      })),
    );

  function record(settled: readonly LedgerRow[]) {
    const ledger = createLedgerRecord();
    for (const row of settled) ledger.feed(row);
    return [...ledger.settledBy(0)];
  }

  it('places every row as a walk through the WAL does', () => {
    fc.assert(
      fc.property(tree, fc.nat(), fc.nat(), fc.boolean(), (lines, which, where, inclusive) => {
        const line = lines[which % lines.length] as Line;
        const target = line.records[where % line.records.length];
        if (!target) return;
        const limit = { lsn: BigInt(target.at * 16), inclusive, row: target.row };
        const walked = new Set(replayed(line, inclusive ? target.at + 1 : target.at).map((one) => one.row));
        for (const row of record(rowsOf(lines))) {
          expect([row.id, placeOnPath(row, { number: line.number, ancestry: ancestry(line) }, limit)]).toEqual([
            row.id,
            walked.has(row.id) ? 'on' : 'off',
          ]);
        }
      }),
    );
  });

  it('counts as sets do', () => {
    const outcomes = fc.infiniteStream(fc.constantFrom('acked', 'acked', 'acked', 'open', 'refused'));
    fc.assert(
      fc.property(tree, fc.nat(), fc.nat(), outcomes, fc.infiniteStream(fc.boolean()), (lines, which, server, words, presence) => {
        const line = lines[which % lines.length] as Line;
        const own = lines[server % lines.length] as Line;
        const settled = rowsOf(lines).map((row): LedgerRow => ({ ...row, outcome: words.next().value as LedgerRow['outcome'] }));
        const there = new Set(settled.filter(() => presence.next().value).map((row) => row.id));
        const look = ledgerLook(ranges([...there]), { timeline: own.number, ancestry: ancestry(own) });
        const point: ResolvedPoint = { kind: 'mark', timeline: { number: line.number, ancestry: ancestry(line) }, shown: 'x' };
        const path = new Set(replayed(line, 1000).map((one) => one.row));
        const ownRows = new Set(own === line ? [] : own.records.map((one) => one.row));
        const is = (row: LedgerRow, outcome: string) => row.outcome === outcome;
        const required = settled.filter((row) => is(row, 'acked') && path.has(row.id));
        const forbidden = settled.filter((row) => is(row, 'refused') || (is(row, 'acked') && !path.has(row.id) && !ownRows.has(row.id)));
        expect(countRows(record(settled), point, look)).toMatchObject({
          required: required.length,
          forbidden: forbidden.length,
          missing: required.filter((row) => !there.has(row.id)).length,
          beyond: forbidden.filter((row) => there.has(row.id)).length,
          lost: settled.filter((row) => is(row, 'acked') && !there.has(row.id)).length,
        });
      }),
    );
  });

  it('makes ranges of ids, and finds ids in them', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 60 })), (ids) => {
        const made = ranges(ids);
        for (let id = 0; id <= 60; id += 1) expect(inRanges(made, id)).toBe(ids.includes(id));
        for (const [index, [first]] of made.slice(1).entries()) expect(first).toBeGreaterThan((made[index]?.[1] ?? 0) + 1);
      }),
    );
  });
});
