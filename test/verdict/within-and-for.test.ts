import { describe, expect, it } from 'vitest';
import { createJudge } from '../../lab/verdict/judge.ts';
import { epoch, failedOver, healthy, planOf, Run } from './a-run.ts';

const leads = (modifiers = '') => planOf(`- expect: { cluster: { leader: pg1 } }\n${modifiers}`);

describe('within', () => {
  it('passes at the first look at which it holds', () => {
    const run = new Run(leads()).start('s1').at(1).cluster(failedOver).at(2).cluster().end('s1').complete();
    expect(run.because()).toBe('pass');
    expect(run.step('s1')).toMatchObject({ state: 'passed', waited: 2000 });
  });

  it('fails at its deadline, 30 s unless it says otherwise', () => {
    const run = new Run(leads())
      .start('s1')
      .steadily(30.1, (now) => now.cluster(failedOver))
      .end('s1')
      .complete();
    expect(run.because()).toMatchObject({ verdict: 'fail', reason: 'expectation-false', at: epoch + 30_000, step: 's1' });
    expect(run.clause('s1')).toMatchObject({ state: 'false', expected: ['leader: pg1'], observed: ['leader: pg2'], states: ['false'] });
    const own = new Run(leads('  within: 5s'))
      .start('s1')
      .steadily(5.1, (now) => now.cluster(failedOver))
      .end('s1')
      .complete();
    expect(own.because()).toMatchObject({ verdict: 'fail', at: epoch + 5000 });
  });

  it('counts a look that began by the deadline, and none that began later', () => {
    const late = (took: number) =>
      new Run(leads('  within: 5s'))
        .start('s1')
        .steadily(5, (now) => now.cluster(failedOver))
        .at(5.4)
        .cluster(healthy, took)
        .end('s1')
        .complete();
    expect(late(500).because()).toBe('pass');
    expect(late(300).because()).toMatchObject({ verdict: 'fail' });
  });

  it('takes no look for evidence that began before the step', () => {
    const run = new Run(leads('  within: 5s'))
      .at(1)
      .start('s1')
      .at(1.1)
      .cluster(healthy, 500)
      .steadily(6.1, (now) => now.cluster(failedOver))
      .end('s1')
      .complete();
    expect(run.because()).toMatchObject({ verdict: 'fail' });
  });

  it('is unknown where nobody looked, could look, or looked near the deadline', () => {
    const nobody = new Run(leads('  within: 5s')).start('s1').at(6).end('s1').complete();
    expect(nobody.because()).toMatchObject({ verdict: 'unknown', reason: 'cannot-observe' });
    const blind = new Run(leads('  within: 5s'))
      .start('s1')
      .steadily(5.1, (now) => now.cluster({ unknown: 'no answer' }))
      .end('s1')
      .complete();
    expect(blind.because()).toMatchObject({ verdict: 'unknown', reason: 'cannot-observe' });
    const early = new Run(leads('  within: 5s'))
      .start('s1')
      .steadily(2, (now) => now.cluster(failedOver))
      .at(6)
      .end('s1')
      .complete();
    expect(early.because()).toMatchObject({ verdict: 'unknown', reason: 'observation-gap' });
  });

  it('lets one failed look just before the deadline pass, since the state was seen shortly before', () => {
    const run = new Run(leads('  within: 5s'))
      .start('s1')
      .steadily(4.6, (now) => now.cluster(failedOver))
      .cluster({ unknown: 'timed out' })
      .at(5.1)
      .end('s1')
      .complete();
    expect(run.because()).toMatchObject({ verdict: 'fail' });
  });

  it('is unknown where looking ended before the deadline', () => {
    const run = new Run(leads('  within: 5s'))
      .start('s1')
      .steadily(3, (now) => now.cluster(failedOver))
      .end('s1')
      .complete();
    expect(run.because()).toMatchObject({ verdict: 'unknown', reason: 'cut-short' });
  });
});

describe('for', () => {
  const holds = leads('  within: 5s\n  for: 4s');

  it('passes when it went on holding from the first time that it held', () => {
    const run = new Run(holds)
      .start('s1')
      .at(1)
      .cluster(failedOver)
      .at(2)
      .steadily(6.1, (now) => now.cluster())
      .end('s1')
      .complete();
    expect(run.because()).toBe('pass');
    expect(run.step('s1').waited).toBe(6000);
  });

  it('may run past the deadline of within', () => {
    const run = new Run(holds)
      .start('s1')
      .steadily(4.8, (now) => now.cluster(failedOver))
      .steadily(9, (now) => now.cluster())
      .end('s1')
      .complete();
    expect(run.because()).toBe('pass');
  });

  it('fails at a look that is false once it held', () => {
    const run = new Run(holds)
      .start('s1')
      .steadily(2, (now) => now.cluster())
      .cluster(failedOver)
      .at(2.2)
      .steadily(6, (now) => now.cluster())
      .end('s1')
      .complete();
    expect(run.because()).toMatchObject({ verdict: 'fail', at: epoch + 2000 });
  });

  it('is unknown after a gap of more than two seconds between looks', () => {
    const gap = (seconds: number) =>
      new Run(holds)
        .start('s1')
        .steadily(1, (now) => now.cluster())
        .at(0.8 + seconds)
        .steadily(4.3, (now) => now.cluster())
        .end('s1')
        .complete()
        .because();
    expect(gap(2)).toBe('pass');
    expect(gap(2.1)).toMatchObject({ verdict: 'unknown', reason: 'observation-gap' });
  });

  it('counts looks that could not see as no looks', () => {
    const run = new Run(holds)
      .start('s1')
      .steadily(1, (now) => now.cluster())
      .steadily(3.4, (now) => now.cluster({ unknown: 'timed out' }))
      .steadily(4.3, (now) => now.cluster())
      .end('s1')
      .complete();
    expect(run.because()).toMatchObject({ verdict: 'unknown', reason: 'observation-gap' });
  });

  it('is unknown where looking ended before it had held long enough', () => {
    const run = new Run(holds)
      .start('s1')
      .steadily(3, (now) => now.cluster())
      .end('s1')
      .complete();
    expect(run.because()).toMatchObject({ verdict: 'unknown', reason: 'cut-short' });
  });

  it('is not shown to have held by what was seen between two rounds', () => {
    const plan = planOf('- expect: { cluster: { leader: pg1 }, sql: { on: pg3, run: select 1, is: 1 } }\n  within: 5s\n  for: 4s');
    const one = { kind: 'sql', host: 'pg3', value: 1 } as const;
    const run = new Run(plan).start('s1').steadily(3.2, (now) => now.cluster(healthy, 10).look('s1/sql/1@pg3', one, 10));
    run.cluster(healthy, 10).at(4.26).look('s1/sql/1@pg3', one, 8).at(4.32).cluster(failedOver, 68);
    expect(run.end('s1').complete().because()).toMatchObject({ verdict: 'fail' });
  });

  it('is not broken by a slow look that began before it held', () => {
    const run = new Run(holds).start('s1').at(0.3).cluster(failedOver, 50).at(1.06).cluster(healthy, 50).at(1.8).cluster(failedOver, 1300);
    const later = run.steadily(6, (now) => now.cluster(healthy, 50));
    expect(later.end('s1').complete().because()).toBe('pass');
  });

  it('is over only when a look began after the time was up', () => {
    const run = new Run(holds).start('s1').cluster().at(2).cluster().at(3.5).cluster().at(4.1).cluster(healthy, 300).end('s1').complete();
    expect(run.because()).toMatchObject({ verdict: 'unknown' });
  });
});

describe('what the runner is told', () => {
  it('asks for what must be looked at, and says when that is enough', () => {
    const plan = planOf(
      '- start: pg2\n- expect: { sql: { run: select 1, is: 1 }, log: { on: pg2, lines: [{ patroni: promoted }] } }\n  within: 5s\n  for: 2s',
    );
    const run = new Run(plan).did('s1').start('s2');
    const judge = createJudge(plan);
    const feed = () => {
      for (const event of run.events.splice(0).map((event, index) => ({ ...event, seq: fed + index }))) {
        judge.feed(event);
        fed += 1;
      }
    };
    let fed = 0;
    feed();
    // Nobody knows yet who leads.
    expect(judge.active()).toMatchObject({
      step: 's2',
      state: 'waiting',
      looks: [{ key: 'cluster:main', kind: 'cluster' }],
      streams: ['pg2'],
      deadline: epoch + 5000,
    });
    run.at(0.1).cluster();
    feed();
    expect(judge.active()?.looks).toEqual([
      { key: 'cluster:main', kind: 'cluster', cluster: 'main' },
      { key: 's2/sql/0@pg1', kind: 'sql', host: 'pg1', run: 'select 1' },
    ]);
    run.at(0.2).cluster().look('s2/sql/0@pg1', { kind: 'sql', host: 'pg1', value: 1 });
    feed();
    expect(judge.active()).toMatchObject({ state: 'waiting' });
    run.at(0.3).log('pg2', 'patroni', 'promoted').at(0.4).cluster().look('s2/sql/0@pg1', { kind: 'sql', host: 'pg1', value: 1 });
    feed();
    expect(judge.active()).toMatchObject({ state: 'holding', holdUntil: epoch + 2300 });
    run.at(2.3).cluster().look('s2/sql/0@pg1', { kind: 'sql', host: 'pg1', value: 1 });
    feed();
    expect(judge.active()).toMatchObject({ state: 'met' });
    run.end('s2');
    feed();
    expect(judge.active()).toBeUndefined();
    expect(judge.findings()).toEqual([]);
  });

  it('is told at once of what cannot be mended', () => {
    const plan = planOf(
      '- start: pg2\n- expect: { cluster: { leader: pg1 }, log: { lines: [{ patroni: promoted }], never: [{ patroni: basebackup }] } }',
    );
    const judge = createJudge(plan);
    for (const event of new Run(plan).did('s1').start('s2').at(1).log('pg1', 'patroni', 'by basebackup').events) judge.feed(event);
    expect(judge.active()).toMatchObject({ state: 'failed' });
  });
});
