import { describe, expect, it } from 'vitest';
import type { LedgerRow } from '../../lab/core/event.ts';
import { createJudge } from '../../lab/verdict/judge.ts';
import { epoch, planOf, Run } from './a-run.ts';

const steps = (claim: string) =>
  `- workload: start\n- kill: pg1\n  as: death\n- workload: { rows: 1 }\n- expect: { outage: ${claim} }\n  within: 3s\n- workload: stop`;

const row = (id: number, second: number, outcome: LedgerRow['outcome'] = 'acked'): LedgerRow => ({
  id,
  host: 'pg1',
  outcome,
  settled: epoch + second * 1000,
});

/** Writes from second 1 on, `death` begins at 10, and the expectation is open from 20 to 23.2 unless it ends before. */
function judged(claim: string, rows: readonly LedgerRow[]) {
  const run = new Run(planOf(steps(claim)));
  run.at(1).did('s1').at(10).start('s2').at(10.5).end('s2').at(11).did('s3').at(20).start('s4');
  run.rows = [...rows];
  for (let tenth = 1; tenth <= 32; tenth += 1) run.at(20 + tenth / 10).add({ type: 'heartbeat', late: 0 });
  run.end('s4');
  return run;
}
const because = (...args: Parameters<typeof judged>) =>
  judged(...args)
    .did('s5')
    .complete()
    .because();

/** Acknowledged every second, but not between these two. */
const everySecond = (last: number, first: number) =>
  Array.from({ length: 24 }, (_, second) => second + 0.5).flatMap((at, id) => (at <= 1 || (at > last && at < first) ? [] : [row(id, at)]));

/** As many at the beginning as something can be said of. */
const rows = (last: number, first: number) => [...Array.from({ length: 20 }, (_, id) => row(100 + id, 1.2)), ...everySecond(last, first)];

describe('outage', () => {
  it('is the longest time without an acknowledged row since a step', () => {
    expect(because('{ since: death, max: 6s }', rows(10.5, 16.5))).toBe('pass');
    expect(because('{ since: death, min: 6s }', rows(10.5, 16.5))).toBe('pass');
    expect(because('{ since: death, min: 6s, max: 6s }', rows(10.5, 16.5))).toBe('pass');
    expect(because('{ since: death, max: 5s }', rows(10.5, 16.5))).toMatchObject({
      verdict: 'fail',
      message: 'expected an outage since death of at most 5s; observed the longest was 6.0 s',
    });
    expect(because('{ since: death, min: 7s }', rows(10.5, 16.5))).toMatchObject({ verdict: 'fail' });
  });

  it('begins with its step, whatever was before', () => {
    expect(because('{ since: death, max: 2s }', rows(2.5, 9.5))).toBe('pass');
    // Of an outage that began before it, only what is after it.
    expect(because('{ since: death, max: 2500ms }', rows(2.5, 12.5))).toBe('pass');
    expect(because('{ since: death, min: 3s }', rows(2.5, 12.5))).toMatchObject({ verdict: 'fail' });
  });

  it('is not over before a row got through, and rows that were refused or never answered did not', () => {
    const never = rows(9.5, 40);
    expect(because('{ since: death, max: 60s }', never)).toMatchObject({
      verdict: 'fail',
      message: expect.stringContaining('no row was acknowledged for'),
    });
    expect(because('{ since: death, max: 60s }', [...never, row(90, 15, 'refused'), row(91, 16, 'open')])).toMatchObject({
      verdict: 'fail',
    });
    // It goes on while it is looked for: 12 s of it have passed at 22.1.
    expect(because('{ since: death, min: 12s }', never)).toBe('pass');
    expect(because('{ since: death, min: 14s }', never)).toMatchObject({ verdict: 'fail' });
  });

  it('has no length while it may go on: a row has to be acknowledged after the expectation began', () => {
    const late = rows(19.5, 40);
    expect(because('{ since: death, max: 10s }', late)).toMatchObject({
      verdict: 'fail',
      message: 'expected an outage since death of at most 10s; observed the longest was 3.4 s, and none was acknowledged since',
    });
    expect(because('{ since: death, max: 10s }', [...late, row(90, 22)])).toBe('pass');
  });

  it('is over where the workload stopped', () => {
    const run = new Run(
      planOf('- workload: start\n- kill: pg1\n  as: death\n- workload: stop\n- expect: { outage: { since: death, max: 2s } }'),
    );
    run.rows = rows(12.5, 40);
    run.at(1).did('s1').at(10).did('s2').at(13).did('s3').at(20).start('s4');
    run.at(20.5).add({ type: 'heartbeat', late: 0 });
    expect(run.end('s4').complete().because()).toBe('pass');
  });

  it('ends the wait where it is too long already, and goes on where it may yet be over', () => {
    const stateAt = (claim: string, known: readonly LedgerRow[]) => {
      const run = judged(claim, known);
      const live = createJudge(run.plan);
      for (const one of known) live.feedRow(one);
      for (const event of run.events.filter(({ at }) => at <= epoch + 20_700)) live.feed(event);
      return live.active()?.state;
    };
    expect(stateAt('{ since: death, max: 5s }', rows(10.5, 16.5))).toBe('failed');
    expect(stateAt('{ since: death, max: 60s }', rows(9.5, 40))).toBe('waiting');
    expect(stateAt('{ since: death, max: 60s }', rows(10.5, 16.5))).toBe('met');
  });

  it('says nothing where hardly a row was ever acknowledged', () => {
    expect(because('{ since: death, min: 3s }', everySecond(9.5, 40))).toMatchObject({ verdict: 'unknown', reason: 'vacuous' });
  });

  it('says nothing where nobody wrote', () => {
    const run = new Run(
      planOf('- workload: start\n- workload: stop\n- kill: pg1\n  as: death\n- expect: { outage: { since: death, min: 1s } }'),
    );
    run.at(1).did('s1').at(2).did('s2').at(10).did('s3').start('s4');
    expect(run.at(41).end('s4').complete().because()).toMatchObject({ verdict: 'unknown', reason: 'vacuous' });
  });
});
