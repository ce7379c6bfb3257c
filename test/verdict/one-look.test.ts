import { describe, expect, it } from 'vitest';
import type { ClusterLook } from '../../lab/core/event.ts';
import { createJudge } from '../../lab/verdict/judge.ts';
import { epoch, failedOver, healthy, planOf, Run } from './a-run.ts';

describe('one look', () => {
  const both = planOf('- expect: { cluster: { leader: pg1 }, sql: { on: pg3, run: select 1, is: 1 } }\n  within: 5s');
  const sql = (value: number) => ({ kind: 'sql', host: 'pg3', value }) as const;

  it('needs all states in the same round', () => {
    const run = new Run(both).start('s1');
    // Each holds at some time, never both.
    run.steadily(2, (now) => now.cluster().look('s1/sql/1@pg3', sql(0)));
    run.steadily(5.1, (now) => now.cluster(failedOver).look('s1/sql/1@pg3', sql(1)));
    expect(run.end('s1').complete().because()).toMatchObject({ verdict: 'fail' });
  });

  it('means by a role whoever had it in that look', () => {
    const plan = planOf('- expect: { cluster: { members: { sync: { lag: 0 } } }, sql: { on: pg3, run: select 1, is: 1 } }\n  within: 5s');
    const standby = { role: 'replica', state: 'streaming' } as const;
    const synchronous = (host: string): ClusterLook => {
      const members = ['pg2', 'pg3'].map((name) => [name, { ...standby, sync: name === host, lag: name === host ? 500 : 0 }]);
      return { ...healthy, members: { ...healthy.members, ...Object.fromEntries(members) } };
    };
    // Between the two answers of a round, a look for the record sees another synchronous standby.
    const run = new Run(plan).start('s1').at(0.02).cluster(synchronous('pg2'), 20).at(0.5).cluster(synchronous('pg3'), 20);
    run.at(0.6).look('s1/sql/1@pg3', sql(1), 600).at(1);
    run.steadily(5.1, (now) => now.cluster(synchronous('pg3')).look('s1/sql/1@pg3', sql(1)));
    expect(run.end('s1').complete().because()).toMatchObject({ verdict: 'fail' });
  });

  it('does not take an answer for that of a later round', () => {
    const run = new Run(both).start('s1').cluster().look('s1/sql/1@pg3', sql(0)).at(0.05);
    run.steadily(5.1, (now) => now.look('s1/sql/1@pg3', sql(1)));
    expect(run.end('s1').complete().because()).toMatchObject({ verdict: 'unknown' });
    const again = new Run(both)
      .start('s1')
      .cluster()
      .look('s1/sql/1@pg3', sql(0))
      .at(1)
      .cluster()
      .look('s1/sql/1@pg3', sql(1))
      .end('s1')
      .complete();
    expect(again.because()).toBe('pass');
  });

  it('puts together what was looked at side by side, and not what was seen between two rounds', () => {
    const apart = (seconds: number) =>
      new Run(both).start('s1').cluster().at(seconds).look('s1/sql/1@pg3', sql(1)).at(6).end('s1').complete().because();
    expect(apart(0.01)).toBe('pass');
    expect(apart(0.02)).toMatchObject({ verdict: 'unknown' });
    // Looked at for the record at 0.7: true, while the round before it, and the one after it, were not.
    const between = new Run(both).start('s1').at(0.1).look('s1/sql/1@pg3', sql(0), 5).cluster(healthy, 10).at(0.7).cluster(healthy, 10);
    between.at(0.76).look('s1/sql/1@pg3', sql(1), 5).at(0.8).cluster(failedOver, 45);
    between.steadily(5.2, (now) => now.cluster(failedOver).look('s1/sql/1@pg3', sql(1)));
    expect(between.end('s1').complete().because()).toMatchObject({ verdict: 'fail' });
  });

  it('knows its own answer from one that came later amid a slow round', () => {
    const run = new Run(both).start('s1').at(0.02).cluster(healthy, 20).at(0.52).cluster(failedOver, 20);
    expect(run.at(1).look('s1/sql/1@pg3', sql(1), 1000).at(6).end('s1').complete().because()).toBe('pass');
  });

  it('lets a false clause outweigh one that cannot be seen', () => {
    const run = new Run(both)
      .start('s1')
      .steadily(5.1, (now) => now.cluster(failedOver).look('s1/sql/1@pg3', { unknown: 'no connection' }))
      .end('s1')
      .complete();
    expect(run.because()).toMatchObject({ verdict: 'fail' });
  });

  it('waits for the states to be seen at or after the last line', () => {
    const plan = planOf('- start: pg2\n- expect: { cluster: { leader: pg1 }, log: { lines: [{ patroni: promoted }] } }\n  within: 5s');
    const run = new Run(plan)
      .did('s1')
      .start('s2')
      .cluster()
      .at(1)
      .cluster(failedOver)
      .at(2)
      .log('pg1', 'patroni', 'promoted')
      .at(5.1)
      .cluster(failedOver)
      .read()
      .end('s2')
      .complete();
    expect(run.because()).toMatchObject({ verdict: 'unknown' });
    const justBefore = new Run(plan).did('s1').start('s2').at(4.8).cluster().at(4.9).log('pg1', 'patroni', 'promoted').at(5.1).read();
    expect(justBefore.end('s2').complete().because()).toMatchObject({
      verdict: 'unknown',
      message: 'nobody looked between the last line and the deadline',
    });
    const seen = new Run(plan)
      .did('s1')
      .start('s2')
      .at(1)
      .cluster()
      .at(2)
      .log('pg1', 'patroni', 'promoted')
      .at(3)
      .cluster()
      .end('s2')
      .complete();
    expect(seen.because()).toBe('pass');
    expect(seen.step('s2').waited).toBe(2000);
  });

  it('does not count a state seen before the last line, when it is false after it', () => {
    const plan = planOf('- start: pg2\n- expect: { cluster: { leader: pg1 }, log: { lines: [{ patroni: promoted }] } }\n  within: 5s');
    const run = new Run(plan).did('s1').start('s2').at(1.9).cluster().at(2).log('pg1', 'patroni', 'promoted');
    run.steadily(5.2, (now) => now.cluster(failedOver));
    expect(run.read().end('s2').complete().because()).toMatchObject({ verdict: 'fail', at: epoch + 5000 });
  });

  it('does not count a number of lines that was right only after the deadline', () => {
    const plan = planOf(
      '- start: pg2\n- expect: { cluster: { leader: pg1 }, log: { lines: [{ patroni: tick, times: 2 }] } }\n  within: 5s',
    );
    const ticked = (second: number) => {
      const run = new Run(plan)
        .did('s1')
        .start('s2')
        .steadily(4, (now) => now.cluster())
        .log('pg1', 'patroni', 'tick');
      run
        .steadily(second, (now) => now.cluster())
        .log('pg1', 'patroni', 'tick')
        .cluster(healthy, 300);
      return run.at(5.5).read().end('s2').complete().because();
    };
    expect(ticked(4.9)).toBe('pass');
    expect(ticked(5.1)).toMatchObject({ verdict: 'fail' });
  });

  it('counts a state that was seen after the line was written, and before it was read', () => {
    const plan = planOf(
      '- start: pg2\n- expect: { cluster: { leader: pg1 }, log: { lines: [{ patroni: promoted }] } }\n  within: 5s\n  for: 1s',
    );
    const seen = (until: number) => {
      const run = new Run(plan)
        .did('s1')
        .start('s2')
        .steadily(until, (now) => now.cluster())
        .steadily(4, (now) => now.cluster(failedOver))
        .log('pg1', 'patroni', 'promoted', { at: 1.5 });
      return run.read().end('s2').complete();
    };
    expect(seen(2.7).because()).toBe('pass');
    expect(seen(2.7).step('s2').waited).toBe(2500);
    expect(seen(2.3).because()).toMatchObject({
      verdict: 'fail',
      message: 'did not go on for 1.0 s: expected leader: pg1; observed leader: pg2',
    });
  });

  it('waits for one more look where a line that must not be came after those that must', () => {
    const plan = planOf(
      '- start: pg2\n- expect: { cluster: { leader: pg1 }, log: { lines: [{ patroni: promoted }], never: [{ patroni: demoted }] } }\n  within: 5s',
    );
    const run = () => {
      const before = new Run(plan).did('s1').start('s2').at(1).cluster();
      return before.at(1.1).log('pg1', 'patroni', 'promoted').at(1.2).log('pg1', 'patroni', 'demoted').read();
    };
    const judge = createJudge(plan);
    for (const event of run().events) judge.feed(event);
    expect(judge.active()).toMatchObject({ state: 'waiting' });
    expect(run().at(1.3).cluster().end('s2').complete().because()).toBe('pass');
    const unseen = run().at(4.9).cluster({ unknown: 'no answer' }).at(5.1).end('s2').complete();
    expect(unseen.because()).toMatchObject({ verdict: 'unknown' });
    expect(run().at(1.3).cluster(failedOver).end('s2').complete().because()).toMatchObject({ verdict: 'fail', at: epoch + 1200 });
  });

  it('counts a line that was written in time and read late', () => {
    const plan = planOf('- start: pg2\n- expect: { log: { lines: [{ patroni: promoted }] } }\n  within: 5s');
    const written = (at: number) =>
      new Run(plan).did('s1').start('s2').at(5.5).log('pg1', 'patroni', 'promoted', { at }).read().end('s2').complete().because();
    expect(written(4.9)).toBe('pass');
    expect(written(5.1)).toMatchObject({ verdict: 'fail', at: epoch + 5000 });
  });
});
