import { describe, expect, it } from 'vitest';
import { epoch, failedOver, planOf, Run } from './a-run.ts';

describe('starvation', () => {
  const plan = planOf('- start: pg1\n- expect: { cluster: { leader: pg1 } }\n  within: 5s');
  const looped = (steps: string, tell: (run: Run) => Run) => tell(new Run(planOf(steps))).because();

  it('of the recorder makes a run unknown from when its heartbeat was due', () => {
    const late = (by: number) =>
      new Run(plan)
        .did('s1')
        .start('s2')
        .at(4)
        .heartbeat(by)
        .steadily(5.1, (now) => now.cluster(failedOver))
        .end('s2')
        .complete()
        .because();
    expect(late(1001)).toMatchObject({ verdict: 'unknown', reason: 'starved', at: epoch + 4000 - 1001 });
    expect(late(1000)).toMatchObject({ verdict: 'fail' });
  });

  it('after the last step spoils nothing', () => {
    expect(new Run(plan).did('s1').start('s2').cluster().end('s2').at(5).heartbeat(2000).complete().because()).toBe('pass');
  });

  it('shows in Patroni’s words, outside a fault', () => {
    const exceeded = (run: Run) => run.log('pg1', 'patroni', 'Loop time exceeded, rescheduling immediately.', { level: 'WARNING' });
    expect(looped('- sql: select 1\n- sql: select 1', (run) => exceeded(run.did('s1').at(1)).did('s2').complete())).toMatchObject({
      verdict: 'unknown',
      reason: 'starved',
    });
    expect(looped('- freeze: pg1\n- sql: select 1', (run) => exceeded(run.did('s1').at(1)).did('s2').complete())).toBe('pass');
    expect(
      looped('- freeze: pg1\n  as: hang\n- heal: hang\n- sql: select 1', (run) =>
        exceeded(run.did('s1').did('s2').at(10)).did('s3').complete(),
      ),
    ).toBe('pass');
    expect(
      looped('- freeze: pg1\n  as: hang\n- heal: hang\n- sql: select 1', (run) =>
        exceeded(run.did('s1').did('s2').at(60)).did('s3').complete(),
      ),
    ).toMatchObject({ reason: 'starved' });
    const hosts = { pg1: ['pg1'] };
    expect(
      looped('- kill: pg1\n- start: pg1\n- sql: select 1', (run) =>
        exceeded(run.start('s1', hosts).end('s1').start('s2', hosts).end('s2').at(60)).did('s3').complete(),
      ),
    ).toMatchObject({ reason: 'starved' });
    expect(
      looped('- kill: pg1\n- start: pg2\n- sql: select 1', (run) =>
        exceeded(
          run
            .start('s1', hosts)
            .end('s1')
            .start('s2', { pg2: ['pg2'] })
            .end('s2')
            .at(60),
        )
          .did('s3')
          .complete(),
      ),
    ).toBe('pass');
  });

  it.each([
    ['assigns a synchronous standby', "Assigning synchronous standby status to ['pg2']"],
    ['assigns synchronous standbys by quorum', 'Setting synchronous replication to 1 of 2 (pg2, pg3)'],
    ['lets the candidate of a switchover take the lock', 'switchover: to pg2, i am pg1'],
    ['lets the candidate of a failover take the lock', 'manual failover: to pg2, i am pg1'],
    ['lets somebody take the lock that it gave back', 'Leader key released'],
    ['waits for the time of a switchover', 'Manual scheduled switchover at 2026-11-28T12:40:44+00:00'],
    ['asks others in a leader race', 'Got response from pg3 http://pg3:8008/patroni: {"state": "running"}'],
    ['asks others in vain', "Request failed to pg1: GET http://pg1:8008/patroni ('xlog')"],
    ['lets another take the lock, not being allowed to', 'following a different leader because I am not allowed to promote'],
    ['loses a leader race', 'Could not take out TTL lock'],
  ])('is not shown by the loop in which Patroni %s', (_, words) => {
    const exceeded =
      (after: number, host = 'pg1') =>
      (run: Run) =>
        run
          .at(1)
          .log('pg1', 'patroni', words)
          .did('s1')
          .at(1 + after)
          .log(host, 'patroni', 'Loop time exceeded, rescheduling immediately.')
          .did('s2')
          .complete();
    expect(looped('- sql: select 1\n- sql: select 1', exceeded(2.4))).toBe('pass');
    expect(looped('- sql: select 1\n- sql: select 1', exceeded(6))).toMatchObject({ reason: 'starved' });
    expect(looped('- sql: select 1\n- sql: select 1', exceeded(2.4, 'pg2'))).toMatchObject({ reason: 'starved' });
  });

  it('is not shown by the loop in which a leader stops its PostgreSQL because of a fault, however long that takes', () => {
    const demoted = (steps: string) =>
      looped(steps, (run) =>
        run
          .did('s1')
          .at(1)
          .log('pg1', 'patroni', 'demoting self because DCS is not accessible and I was a leader')
          .did('s2')
          .at(60)
          .log('pg1', 'patroni', 'demoted self because DCS is not accessible and I was a leader')
          .log('pg1', 'patroni', 'Loop time exceeded, rescheduling immediately.')
          .did('s3')
          .complete(),
      );
    expect(demoted('- freeze: pg1\n  as: hang\n- heal: hang\n- sql: select 1')).toBe('pass');
    expect(demoted('- sql: select 1\n- sql: select 1\n- sql: select 1')).toMatchObject({ reason: 'starved' });
    // An earlier one that a fault brought about excuses no later one.
    const twice = looped('- freeze: pg1\n  as: hang\n- heal: hang\n- sql: select 1\n- sql: select 1', (run) => {
      const demoting = (now: Run) => now.log('pg1', 'patroni', 'demoting self because DCS is not accessible and I was a leader');
      return demoting(demoting(run.did('s1').at(1)).did('s2').at(100))
        .did('s3')
        .at(130)
        .log('pg1', 'patroni', 'demoted self because DCS is not accessible and I was a leader')
        .log('pg1', 'patroni', 'Loop time exceeded, rescheduling immediately.')
        .did('s4')
        .complete();
    });
    expect(twice).toMatchObject({ reason: 'starved' });
  });

  it('while the lab came up is not the run’s', () => {
    expect(looped('- sql: select 1', (run) => run.log('pg1', 'patroni', 'Loop time exceeded', { at: -5 }).did('s1').complete())).toBe(
      'pass',
    );
  });
});
