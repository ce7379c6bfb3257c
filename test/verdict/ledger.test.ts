import { describe, expect, it } from 'vitest';
import type { LedgerLook, LedgerRow } from '../../lab/core/event.ts';
import { acked, epoch, healthy, ledgerLook, lsn, planOf, Run } from './a-run.ts';

const plan = (claim: string) => planOf(`- workload: start\n- mark: cut\n- expect: { ledger: ${claim} }\n  within: 5s\n- workload: stop`);
/** 30 rows before the mark's row (id 100, commit record at 0/5000), 30 after it. */
const rows = [...acked(1, 30, '0/4000'), ...acked(100, 1, '0/5000'), ...acked(101, 30, '0/5010')];

/** Rows that a server has: those up to the mark, and all. */
const toMark = [
  [1, 30],
  [100, 100],
] as const;
const toEnd = [
  [1, 30],
  [100, 130],
] as const;

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
    const run = judged(through, ledgerLook(toMark, { timeline: 2, ancestry: [[1, lsn('0/5010')]] }));
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
    expect(because(through, ledgerLook(toMark, { damaged: [7] }))).toMatchObject({ verdict: 'fail' });
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
    expect(because(through, ledgerLook(toMark), [...rows, refused])).toBe('pass');
  });

  it('has not the mark’s row where it is excluded', () => {
    const exclusive = '{ on: pg1, through: { at: cut, exclusive: true } }';
    expect(because(exclusive, ledgerLook([[1, 30]]))).toBe('pass');
    expect(because(exclusive, ledgerLook(toMark))).toMatchObject({ verdict: 'fail' });
    expect(because(through, ledgerLook([[1, 30]]))).toMatchObject({ verdict: 'fail' });
  });

  it('takes a symptom for what it is', () => {
    expect(because('{ on: pg1, through: cut, beyond: { min: 1 } }', ledgerLook(toEnd))).toBe('pass');
    expect(because('{ on: pg1, through: cut, beyond: { min: 1 } }', ledgerLook(toMark))).toMatchObject({ verdict: 'fail' });
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
    expect(because('{ on: pg1 }', ledgerLook(toEnd), [...rows, ...late])).toBe('pass');
    const early = acked(131, 1, '0/5400', { settled: epoch + 100 });
    expect(because('{ on: pg1 }', ledgerLook(toEnd), [...rows, ...early])).toMatchObject({ verdict: 'fail' });
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
    expect(because('{ on: pg1, through: cut, lost: 0 }', ledgerLook(toMark))).toMatchObject({ verdict: 'fail' });
    expect(because('{ on: pg1, through: cut, lost: 30 }', ledgerLook(toMark))).toBe('pass');
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
    expect(because('{ on: pg1, through: cut }', ledgerLook(toMark), few)).toMatchObject({ verdict: 'unknown', reason: 'vacuous' });
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

  it('does not count rows that were refused: they are gone whatever was recovered', () => {
    const kept = [...acked(1, 30, '0/4000'), ...acked(100, 1, '0/5000')];
    const refused = Array.from(
      { length: 30 },
      (_, index) => ({ id: 200 + index, host: 'pg1', outcome: 'refused', settled: epoch }) as const,
    );
    expect(because('{ on: pg1, through: cut }', ledgerLook(toMark), [...kept, ...refused])).toMatchObject({
      verdict: 'unknown',
      message: expect.stringContaining('only 0 acknowledged rows had to be gone'),
    });
  });

  it('is unknown where rows that were written down are not there any more', () => {
    const run = new Run(plan('{ on: pg1 }')).did('s1').mark('s2', 'cut', { row: 100 }).start('s3');
    run.rows = acked(1, 30, '0/4000');
    run
      .cluster()
      .look('s3/ledger/0@pg1', ledgerLook([[1, 30]]))
      .end('s3')
      .did('s4');
    run.complete({ rows: 31 });
    expect(run.because()).toMatchObject({
      verdict: 'unknown',
      reason: 'broken',
      message: 'the ledger lacks 1 of the 31 rows that were written down',
    });
    run.rows = [...run.rows, ...acked(31, 1, '0/4900')];
    expect(run.because()).toMatchObject({ reason: expect.not.stringContaining('broken') });
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
    expect(run(ledgerLook(toMark))).toMatchObject({ verdict: 'fail' });
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
      for (const host of ['pg1', 'pg2', 'pg3']) all.look(`s3/ledger/0@${host}`, ledgerLook(host === 'pg3' ? [[1, 30]] : toEnd, { host }));
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
      .look('s3/ledger/0@pg1', ledgerLook(toEnd));
    leader.rows = rows;
    expect(leader.end('s3').did('s4').complete().because()).toBe('pass');
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

  it('those that a later snapshot holds are wanted again when the lab goes back to that', () => {
    const twice = planOf(
      '- workload: start\n- snapshot: early\n- workload: { rows: 20 }\n- snapshot: late\n- workload: stop\n- fork: early\n- fork: late\n- expect: { ledger: { on: pg1, lost: 0 } }\n  within: 5s',
    );
    const judged = (present: readonly (readonly [number, number])[]) => {
      const run = new Run(twice);
      for (const step of [1, 2, 3, 4, 5, 6, 7]) run.at(step).did(`s${step}`);
      const between = givenUp.map((row) => ({ ...row, settled: epoch + 3000 }));
      run.rows = [...kept.map((row) => ({ ...row, settled: epoch + 1500 })), ...between];
      const asked = run
        .at(8)
        .start('s8')
        .steadily(13.2, (now) => now.look('s8/ledger/0@pg1', ledgerLook(present)));
      return asked.end('s8').complete().because();
    };
    expect(judged([[1, 50]])).toBe('pass');
    expect(judged([[1, 30]])).toMatchObject({ verdict: 'fail', step: 's8' });
  });
});

describe('the longest time without an acknowledged row', () => {
  const plan = planOf(
    '- workload: start\n- kill: pg1\n- workload: { rate: 50 }\n- workload: stop\n- kill: pg2\n- workload: start\n- kill: pg3',
  );

  function outageOf(rows: readonly LedgerRow[]): readonly [from: number, until: number] | undefined {
    const run = new Run(plan).at(1).did('s1').at(3).did('s2').at(5).did('s3').start('s4').at(12).end('s4').at(30).did('s5');
    run.rows = [...rows];
    const { outage } = run.did('s6').at(33).did('s7').complete().verdict().rows ?? {};
    return outage && [(outage.from - epoch) / 1000, (outage.until - epoch) / 1000];
  }
  const row = (id: number, second: number, outcome: LedgerRow['outcome'] = 'acked'): LedgerRow => ({
    id,
    outcome,
    host: 'pg1',
    settled: epoch + second * 1000,
  });

  it('is between two of them, whatever else became of rows meanwhile', () => {
    const written = [row(1, 1.1), row(2, 1.3), row(3, 2, 'refused'), row(4, 4, 'open'), row(5, 4.9), row(6, 31), row(7, 32)];
    expect(outageOf(written)).toEqual([1.3, 4.9]);
  });
  it('is no time in which nobody wrote', () => expect(outageOf([row(1, 2), row(2, 4), row(3, 31), row(4, 32)])).toEqual([2, 4]));
  it('begins with the workload and ends with the run', () => {
    expect(outageOf([row(1, 4.5), row(2, 31.5)])).toEqual([1, 4.5]);
    expect(outageOf([1, 2, 3, 4].map((second) => row(second, second + 0.5)))).toEqual([30, 33]);
  });
  it('is not told of where no row was written', () => expect(outageOf([])).toBeUndefined());
});
