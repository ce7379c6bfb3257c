import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LedgerLook, LedgerRow } from '../../lab/core/event.ts';
import { formatLsn } from '../../lab/core/lsn.ts';
import { countRows, inRanges, ranges } from '../../lab/verdict/ledger-count.ts';
import { createLedgerRecord } from '../../lab/verdict/ledger-record.ts';
import type { ResolvedPoint } from '../../lab/verdict/point-record.ts';
import { placeOnPath } from '../../lab/verdict/timeline.ts';
import { acked, epoch, healthy, ledgerLook, lsn, planOf, Run } from './a-run.ts';

const plan = (claim: string) => planOf(`- workload: start\n- mark: cut\n- expect: { ledger: ${claim} }\n  within: 5s\n- workload: stop`);
/** 30 rows before the mark's row (id 100, commit record at 0/5000), 30 after it. */
const rows = [...acked(1, 30, '0/4000'), ...acked(100, 1, '0/5000'), ...acked(101, 30, '0/5010')];

/** Looks at the ledger once a second, until the deadline, always with the same answer. */
function judged(claim: string, look: LedgerLook, settled: readonly LedgerRow[] = rows) {
  const run = new Run(plan(claim)).did('s1').mark('s2', 'cut', { row: 100 }).start('s3');
  run.rows = [...settled];
  for (let second = 0.5; second <= 5.5; second += 0.5) run.at(second).cluster().look('s3/ledger/0@pg1', look, 20);
  return run.end('s3').did('s4').complete();
}
const because = (...args: Parameters<typeof judged>) => judged(...args).because();

describe('through a mark', () => {
  const through = '{ on: pg1, through: cut }';

  it('has every acknowledged row up to it, its own included, and none after', () => {
    const run = judged(
      through,
      ledgerLook(
        [
          [1, 30],
          [100, 100],
        ],
        { timeline: 2, ancestry: [[1, lsn('0/5010')]] },
      ),
    );
    expect(run.because()).toBe('pass');
    expect(run.clause('s3').ledger).toMatchObject([{ required: 31, forbidden: 30, missing: 0, beyond: 0, lost: 30 }]);
  });

  it('misses a row that is not there', () => {
    const run = judged(
      through,
      ledgerLook([
        [1, 9],
        [11, 30],
        [100, 100],
      ]),
    );
    expect(run.because()).toMatchObject({ verdict: 'fail' });
    expect(run.clause('s3')).toMatchObject({
      observed: ['pg1 missing: 1 (rows 10)', 'pg1 beyond: 0'],
      ledger: [{ missingRows: [[10, 10]] }],
    });
  });

  it('misses a row whose content is not what was written', () => {
    expect(
      because(
        through,
        ledgerLook(
          [
            [1, 30],
            [100, 100],
          ],
          { damaged: [7] },
        ),
      ),
    ).toMatchObject({ verdict: 'fail' });
  });

  it('finds a row beyond it', () => {
    const run = judged(
      through,
      ledgerLook([
        [1, 30],
        [100, 103],
      ]),
    );
    expect(run.because()).toMatchObject({ verdict: 'fail' });
    expect(run.clause('s3').ledger).toMatchObject([{ beyond: 3, beyondRows: [[101, 103]] }]);
  });

  it('finds a refused row that is there all the same', () => {
    const refused: LedgerRow = { id: 200, outcome: 'refused', host: 'pg1' };
    expect(
      because(
        through,
        ledgerLook([
          [1, 30],
          [100, 100],
          [200, 200],
        ]),
        [...rows, refused],
      ),
    ).toMatchObject({ verdict: 'fail' });
    expect(
      because(
        through,
        ledgerLook([
          [1, 30],
          [100, 100],
        ]),
        [...rows, refused],
      ),
    ).toBe('pass');
  });

  it('has not the mark’s row where it is excluded', () => {
    const exclusive = '{ on: pg1, through: { at: cut, exclusive: true } }';
    expect(because(exclusive, ledgerLook([[1, 30]]))).toBe('pass');
    expect(
      because(
        exclusive,
        ledgerLook([
          [1, 30],
          [100, 100],
        ]),
      ),
    ).toMatchObject({ verdict: 'fail' });
    expect(because(through, ledgerLook([[1, 30]]))).toMatchObject({ verdict: 'fail' });
  });

  it('takes a symptom for what it is', () => {
    expect(
      because(
        '{ on: pg1, through: cut, beyond: { min: 1 } }',
        ledgerLook([
          [1, 30],
          [100, 130],
        ]),
      ),
    ).toBe('pass');
    expect(
      because(
        '{ on: pg1, through: cut, beyond: { min: 1 } }',
        ledgerLook([
          [1, 30],
          [100, 100],
        ]),
      ),
    ).toMatchObject({ verdict: 'fail' });
  });
});

describe('what is not counted', () => {
  const through = '{ on: pg1, through: cut }';
  const open: LedgerRow = { id: 300, outcome: 'open', host: 'pg1' };
  const straddling = acked(301, 1, '0/4ff8');
  const own = acked(400, 5, '0/6000', { timeline: 2, ancestry: [[1, lsn('0/5010')]] });
  const server = { timeline: 2, ancestry: [[1, lsn('0/5010')]] as const };

  it('is listed: open rows, rows that straddle the cut, rows of the own timeline', () => {
    for (const there of [
      [],
      [
        [300, 301],
        [400, 404],
      ] as const,
    ]) {
      const run = judged(through, ledgerLook([[1, 30], [100, 100], ...there], server), [...rows, open, ...straddling, ...own]);
      expect(run.because()).toBe('pass');
      expect(run.clause('s3').ledger).toMatchObject([
        { required: 31, forbidden: 30, openRows: [[300, 300]], straddlingRows: [[301, 301]], ownTimelineRows: [[400, 404]] },
      ]);
    }
  });

  it('is not what a timeline of the same number and another history has', () => {
    const other = acked(400, 5, '0/6000', { timeline: 2, ancestry: [[1, lsn('0/5800')]] });
    const run = judged(
      through,
      ledgerLook(
        [
          [1, 30],
          [100, 100],
          [400, 404],
        ],
        server,
      ),
      [...rows, ...other],
    );
    expect(run.because()).toMatchObject({ verdict: 'fail' });
    expect(run.clause('s3').ledger).toMatchObject([{ beyond: 5, ownTimelineRows: [] }]);
  });

  it('is a row whose outcome was not known when the look began', () => {
    const late = acked(131, 1, '0/5400', { settled: epoch + 20_000 });
    expect(
      because(
        '{ on: pg1 }',
        ledgerLook([
          [1, 30],
          [100, 130],
        ]),
        [...rows, ...late],
      ),
    ).toBe('pass');
    const early = acked(131, 1, '0/5400', { settled: epoch + 100 });
    expect(
      because(
        '{ on: pg1 }',
        ledgerLook([
          [1, 30],
          [100, 130],
        ]),
        [...rows, ...early],
      ),
    ).toMatchObject({ verdict: 'fail' });
  });
});

describe('a look', () => {
  it('may list ranges in any order', () => {
    expect(
      because(
        '{ on: pg1 }',
        ledgerLook([
          [100, 130],
          [1, 30],
        ]),
      ),
    ).toBe('pass');
  });
});

describe('lost', () => {
  it('is any acknowledged row that is not there, whatever the point', () => {
    expect(
      because(
        '{ on: pg1, through: cut, lost: 0 }',
        ledgerLook([
          [1, 30],
          [100, 100],
        ]),
      ),
    ).toMatchObject({ verdict: 'fail' });
    expect(
      because(
        '{ on: pg1, through: cut, lost: 30 }',
        ledgerLook([
          [1, 30],
          [100, 100],
        ]),
      ),
    ).toBe('pass');
  });

  it('alone shows under now that a restore stopped early', () => {
    const early = ledgerLook([[1, 30]], { timeline: 2, ancestry: [[1, lsn('0/4ff0')]] });
    expect(because('{ on: pg1 }', early)).toBe('pass');
    expect(because('{ on: pg1, lost: 0 }', early)).toMatchObject({ verdict: 'fail' });
  });
});

describe('vacuity', () => {
  it('leaves counts that look right unknown where fewer than 20 rows had to be there', () => {
    const few = (count: number) => [...acked(1, count - 1, '0/4000'), ...acked(100, 1, '0/5000'), ...acked(101, 30, '0/5010')];
    expect(
      because(
        '{ on: pg1, through: cut }',
        ledgerLook([
          [1, 18],
          [100, 100],
        ]),
        few(19),
      ),
    ).toMatchObject({ verdict: 'unknown', reason: 'vacuous' });
    expect(
      because(
        '{ on: pg1, through: cut }',
        ledgerLook([
          [1, 19],
          [100, 100],
        ]),
        few(20),
      ),
    ).toBe('pass');
  });

  it('asks for 20 rows that had to be gone as well, except for now and backups', () => {
    const few = [...acked(1, 30, '0/4000'), ...acked(100, 1, '0/5000'), ...acked(101, 19, '0/5010')];
    expect(
      because(
        '{ on: pg1, through: cut }',
        ledgerLook([
          [1, 30],
          [100, 100],
        ]),
        few,
      ),
    ).toMatchObject({ verdict: 'unknown', reason: 'vacuous' });
    expect(
      because(
        '{ on: pg1 }',
        ledgerLook([
          [1, 30],
          [100, 119],
        ]),
        few,
      ),
    ).toBe('pass');
  });

  it('is not overlooked because rows were missing shortly before', () => {
    const run = new Run(plan('{ on: pg1 }')).did('s1').mark('s2', 'cut', { row: 100 }).start('s3');
    run.rows = acked(1, 5, '0/4000');
    run.steadily(4.6, (now) => now.cluster().look('s3/ledger/0@pg1', ledgerLook([[1, 4]])));
    run.steadily(5.1, (now) => now.cluster().look('s3/ledger/0@pg1', ledgerLook([[1, 5]])));
    expect(run.end('s3').did('s4').complete().because()).toMatchObject({ verdict: 'unknown', reason: 'vacuous' });
  });

  it('does not hide rows that are missing', () => {
    expect(because('{ on: pg1, through: cut }', ledgerLook([]), acked(1, 5, '0/4000'))).toMatchObject({ verdict: 'fail' });
  });
});

describe('other points', () => {
  it('a backup has what was committed before it stopped', () => {
    const steps =
      '- workload: start\n- pgbackrest: backup --type=full\n  as: full\n- expect: { ledger: { on: pg1, through: full } }\n  within: 5s\n- workload: stop';
    const run = (look: LedgerLook) => {
      const made = new Run(planOf(steps))
        .did('s1')
        .did('s2', { exit: 0, fields: { label: '20261122-1F', start: '0/4000', stop: '0/5000', timeline: 1 } })
        .start('s3');
      made.rows = rows;
      for (let second = 0.5; second <= 5.5; second += 0.5) made.at(second).cluster().look('s3/ledger/0@pg1', look);
      return made.end('s3').did('s4').complete().because();
    };
    expect(run(ledgerLook([[1, 30]]))).toBe('pass');
    expect(
      run(
        ledgerLook([
          [1, 30],
          [100, 100],
        ]),
      ),
    ).toMatchObject({ verdict: 'fail' });
    expect(run(ledgerLook([[1, 29]]))).toMatchObject({ verdict: 'fail' });
  });

  it('a mark on another timeline goes by that timeline’s history', () => {
    // Timeline 2 forked before the last ten rows of timeline 1, and has twenty of its own before the mark.
    const ancestry = [[1, lsn('0/4140')]] as const;
    const two = [
      ...rows.slice(0, 30),
      ...acked(500, 20, '0/4140', { timeline: 2, ancestry }),
      ...acked(600, 25, '0/5010', { timeline: 2, ancestry }),
    ];
    const claim = '{ on: pg1, through: { at: cut, timeline: "${cut.timeline}" } }';
    const run = (look: LedgerLook) => {
      const made = new Run(plan(claim))
        .did('s1')
        .mark('s2', 'cut', { timeline: 2, ancestry: [...ancestry], row: 1000 })
        .start('s3');
      made.rows = two;
      for (let second = 0.5; second <= 5.5; second += 0.5) made.at(second).cluster().look('s3/ledger/0@pg1', look);
      return made.end('s3').did('s4').complete();
    };
    const right = run(
      ledgerLook(
        [
          [1, 20],
          [500, 519],
        ],
        { timeline: 3, ancestry: [...ancestry, [2, lsn('0/5010')]] },
      ),
    );
    expect(right.because()).toBe('pass');
    expect(right.clause('s3').ledger).toMatchObject([{ required: 40, forbidden: 35 }]);
    expect(
      run(
        ledgerLook(
          [
            [1, 30],
            [500, 519],
          ],
          { timeline: 3, ancestry: [...ancestry, [2, lsn('0/5010')]] },
        ),
      ).because(),
    ).toMatchObject({ verdict: 'fail' });
  });

  it('looks at the leader unless told otherwise, and at each of several hosts', () => {
    const all = new Run(plan('{ on: members }')).did('s1').mark('s2', 'cut').start('s3');
    all.rows = rows;
    for (let second = 0.5; second <= 5.5; second += 0.5) {
      all.at(second);
      for (const host of ['pg1', 'pg2', 'pg3'])
        all.look(
          `s3/ledger/0@${host}`,
          ledgerLook(
            host === 'pg3'
              ? [[1, 30]]
              : [
                  [1, 30],
                  [100, 130],
                ],
            { host },
          ),
        );
    }
    expect(all.end('s3').did('s4').complete().because()).toMatchObject({
      verdict: 'fail',
      message: expect.stringContaining('pg3 missing'),
    });
    const leader = new Run(plan('{}'))
      .did('s1')
      .mark('s2', 'cut')
      .start('s3')
      .at(1)
      .cluster(healthy)
      .look(
        's3/ledger/0@pg1',
        ledgerLook([
          [1, 30],
          [100, 130],
        ]),
      );
    leader.rows = rows;
    expect(leader.end('s3').did('s4').complete().because()).toBe('pass');
  });
});

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

describe('after going back to a snapshot', () => {
  const forked = planOf(
    '- workload: start\n- snapshot: before\n- workload: { rows: 20 }\n- workload: stop\n- fork: before\n- expect: { ledger: { on: pg1, lost: 0 } }\n  within: 5s',
  );
  const kept = acked(1, 30, '0/4000');
  const givenUp = acked(31, 20, '0/5000');

  function judgedAfterFork(present: readonly (readonly [number, number])[]) {
    const run = new Run(forked).did('s1').at(1).did('s2').at(2).did('s3').at(3).did('s4').at(4).did('s5').at(5).start('s6');
    run.rows = [...kept.map((row) => ({ ...row, settled: epoch + 500 })), ...givenUp.map((row) => ({ ...row, settled: epoch + 2500 }))];
    for (let second = 5.5; second <= 10.5; second += 0.5) run.at(second).cluster().look('s6/ledger/0@pg1', ledgerLook(present), 20);
    return run.end('s6').complete();
  }

  it('the rows written since count for nothing', () => expect(judgedAfterFork([[1, 30]]).because()).toBe('pass'));
  it('those from before are still wanted', () =>
    expect(judgedAfterFork([[1, 29]]).because()).toMatchObject({ verdict: 'fail', step: 's6' }));
});
