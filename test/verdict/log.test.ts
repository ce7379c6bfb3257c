import { describe, expect, it } from 'vitest';
import { createJudge } from '../../lab/verdict/judge.ts';
import { epoch, healthy, planOf, Run } from './a-run.ts';

/** A step to begin the window with, then the expectation under test as s2. */
const logPlan = (log: string, modifiers = 'within: 5s') => planOf(`- start: pg2\n  as: begin\n- expect: { log: ${log} }\n  ${modifiers}`);
const opened = (log: string, modifiers?: string) => new Run(logPlan(log, modifiers)).at(1).did('s1').at(2).start('s2');
/** Looks on until after the deadline, reads everything, ends. */
const over = (run: Run) => run.at(7.1).read().end('s2').complete();

describe('lines in order', () => {
  const abc = '{ lines: [{ patroni: alpha }, { postgres: beta }, { pgbackrest: gamma }] }';

  it('are a subsequence: others may lie between', () => {
    const run = opened(abc)
      .at(3)
      .log('pg1', 'patroni', 'alpha')
      .log('pg1', 'patroni', 'noise')
      .at(4)
      .log('pg2', 'postgres', 'beta')
      .at(5)
      .log('pg1', 'pgbackrest', 'gamma');
    run.end('s2').complete();
    expect(run.because()).toBe('pass');
    expect(run.clause('s2').lines?.map((line) => line.by?.seq)).toEqual([5, 7, 8].map((seq) => seq - 1));
    expect(run.step('s2').waited).toBe(3000);
  });

  it('must not change places', () => {
    const run = over(
      opened(abc).at(3).log('pg1', 'postgres', 'beta').at(4).log('pg1', 'patroni', 'alpha').at(5).log('pg1', 'pgbackrest', 'gamma'),
    );
    expect(run.because()).toMatchObject({ verdict: 'fail', at: epoch + 7000, message: 'line 2 of 3 was not logged: postgres: beta' });
    const [alpha, beta, gamma] = run.clause('s2').lines ?? [];
    expect(alpha).toMatchObject({ state: 'found' });
    expect(beta).toMatchObject({ state: 'missing', nearest: [{ text: 'beta', but: 'it came too early: the lines are in another order' }] });
    expect(gamma).toMatchObject({ state: 'missing', nearest: [{ text: 'gamma', but: 'a line that should come before it is missing' }] });
  });

  it("go by the engine's clock across hosts, whichever was read first", () => {
    const run = opened(abc)
      .at(5)
      .log('pg2', 'postgres', 'beta', { at: 4 })
      .log('pg1', 'pgbackrest', 'gamma', { at: 4.5 })
      .log('pg1', 'patroni', 'alpha', { at: 3 })
      .end('s2')
      .complete();
    expect(run.because()).toBe('pass');
  });

  it('may come in any order where the scenario says so', () => {
    const any = abc.replace('}] }', '}], order: any }');
    expect(
      opened(any)
        .at(3)
        .log('pg1', 'postgres', 'beta')
        .log('pg1', 'pgbackrest', 'gamma')
        .log('pg1', 'patroni', 'alpha')
        .end('s2')
        .complete()
        .because(),
    ).toBe('pass');
    expect(over(opened(any).at(3).log('pg1', 'postgres', 'beta')).because()).toMatchObject({
      verdict: 'fail',
      message: 'line 1 of 3 was not logged: patroni: alpha',
    });
  });

  it('take an entry for one line each', () => {
    const twice = '{ lines: [{ patroni: alpha }, { patroni: alpha }] }';
    expect(over(opened(twice).at(3).log('pg1', 'patroni', 'alpha')).because()).toMatchObject({ verdict: 'fail' });
    expect(opened(twice).at(3).log('pg1', 'patroni', 'alpha').log('pg1', 'patroni', 'alpha').end('s2').complete().because()).toBe('pass');
  });

  it('count on the hosts that the clause, or the line, names', () => {
    const on = '{ on: pg2, lines: [{ patroni: alpha }, { patroni: beta, on: "members but pg2" }] }';
    expect(opened(on).at(3).log('pg2', 'patroni', 'alpha').log('pg3', 'patroni', 'beta').end('s2').complete().because()).toBe('pass');
    const wrong = over(opened(on).at(3).log('pg1', 'patroni', 'alpha').log('pg3', 'patroni', 'beta'));
    expect(wrong.clause('s2').lines?.[0]).toMatchObject({ state: 'missing', nearest: [{ but: 'it is on pg1' }] });
  });

  it("count only of the program that they are said to be of, 'any' aside", () => {
    expect(over(opened('{ lines: [{ patroni: alpha }] }').at(3).log('pg1', 'postgres', 'alpha')).because()).toMatchObject({
      verdict: 'fail',
    });
    expect(opened('{ lines: [{ any: alpha }] }').at(3).log('pg1', 'postgres', 'alpha').end('s2').complete().because()).toBe('pass');
  });

  it('are found behind their level as their program writes it', () => {
    const line = (text: string) =>
      opened(`{ lines: [{ postgres: "${text}" }] }`).at(3).log('pg1', 'postgres', 'no', { level: 'ERROR' }).end('s2').complete().because();
    expect([line('ERROR: no'), line('ERROR:  no')]).toEqual(['pass', 'pass']);
    expect(
      over(opened('{ lines: [{ postgres: "ERROR:   no" }] }').at(3).log('pg1', 'postgres', 'no', { level: 'ERROR' })).because(),
    ).toMatchObject({
      verdict: 'fail',
    });
  });

  it('begin with what Patroni said in the window, and not with what it wrote late: its stamp decides, where that can be believed', () => {
    const said = (second: number) => (run: Run) =>
      run.add({ type: 'log', host: 'pg1', program: 'patroni', text: 'alpha', source: 'stream', said: epoch + second * 1000 });
    const written = () => opened('{ lines: [{ patroni: alpha }] }').at(2.05);
    expect(over(said(0.5)(written())).because()).toMatchObject({ verdict: 'fail' });
    expect(said(0.96)(written()).end('s2').complete().because()).toBe('pass');
    expect(said(1.5)(written()).end('s2').complete().because()).toBe('pass');
    // Of a Patroni whose clock was set.
    expect(said(-60)(written()).end('s2').complete().because()).toBe('pass');
  });

  it('may be found in a continuation line of an entry', () => {
    expect(
      opened('{ lines: [{ pgbackrest: same version }] }')
        .at(3)
        .log('pg1', 'pgbackrest', 'unable to check pg1\nHINT: is the same version installed?')
        .end('s2')
        .complete()
        .because(),
    ).toBe('pass');
  });
});

describe('windows', () => {
  it('begin with the last step that is neither mark nor expect', () => {
    const plan = planOf(
      '- start: pg1\n- start: pg2\n- mark: m\n- expect: { cluster: { leader: pg1 } }\n- expect: { log: { lines: [{ patroni: alpha }] } }\n  within: 5s',
    );
    const logged = (at: number) =>
      new Run(plan)
        .at(1)
        .did('s1')
        .at(2)
        .did('s2')
        .at(3)
        .mark('s3', 'm')
        .at(4)
        .start('s4')
        .cluster()
        .end('s4')
        .start('s5')
        .log('pg1', 'patroni', 'alpha', { at })
        .at(9.1)
        .read()
        .end('s5')
        .complete()
        .because();
    expect(logged(2)).toBe('pass');
    expect(logged(1.9)).toMatchObject({ verdict: 'fail' });
  });

  it('begin with `since`, a step or a mark', () => {
    const plan = (since: string) =>
      planOf(
        `- start: pg1\n  as: first\n- mark: m\n- start: pg2\n- expect: { log: { since: ${since}, lines: [{ patroni: alpha }] } }\n  within: 5s`,
      );
    const logged = (since: string, at: number) =>
      new Run(plan(since))
        .at(1)
        .did('s1')
        .at(2)
        .mark('s2', 'm')
        .log('pg1', 'patroni', 'alpha', { at })
        .at(3)
        .did('s3')
        .start('s4')
        .at(8.1)
        .read()
        .end('s4')
        .complete()
        .because();
    expect(logged('first', 1)).toBe('pass');
    expect(logged('first', 0.9)).toMatchObject({ verdict: 'fail' });
    expect(logged('m', 2)).toBe('pass');
    expect(logged('m', 1.9)).toMatchObject({ verdict: 'fail' });
  });

  it('are not known where the step they begin with was passed over', () => {
    const plan = planOf(
      '- start: pg1\n  as: first\n- start: pg2\n- expect: { log: { since: first, lines: [{ patroni: alpha }] } }\n  within: 5s',
    );
    const run = new Run(plan).skip('s1').at(1).did('s2').start('s3').log('pg1', 'patroni', 'alpha').at(6.1).read().end('s3').complete();
    expect(run.because()).toMatchObject({ verdict: 'unknown', reason: 'skipped' });
  });
});

describe('never', () => {
  const never = '{ lines: [{ patroni: created using pgbackrest }], never: [{ patroni: basebackup }] }';

  it('fails on such a line up to the moment that the lines were found', () => {
    const run = opened(never)
      .at(3)
      .log('pg1', 'patroni', 'by basebackup')
      .at(4)
      .log('pg1', 'patroni', 'created using pgbackrest')
      .read()
      .end('s2')
      .complete();
    expect(run.because()).toMatchObject({ verdict: 'fail', at: epoch + 3000 });
    expect(run.clause('s2').lines?.[1]).toMatchObject({ role: 'never', state: 'present', by: { text: 'by basebackup' } });
    const after = opened(never)
      .at(4)
      .log('pg1', 'patroni', 'created using pgbackrest')
      .at(4.5)
      .log('pg1', 'patroni', 'by basebackup')
      .read()
      .end('s2')
      .complete();
    expect(after.because()).toBe('pass');
  });

  it('counts a line that was written before and read after', () => {
    const run = opened(never)
      .at(4)
      .log('pg1', 'patroni', 'created using pgbackrest')
      .log('pg2', 'patroni', 'by basebackup', { at: 3.9 })
      .read()
      .end('s2')
      .complete();
    expect(run.because()).toMatchObject({ verdict: 'fail' });
    // The other way round: what ended the window was written before, and only read after.
    const other = opened(never)
      .at(4)
      .log('pg2', 'patroni', 'by basebackup')
      .log('pg1', 'patroni', 'created using pgbackrest', { at: 3.9 })
      .read()
      .end('s2')
      .complete();
    expect(other.because()).toBe('pass');
  });

  it('counts up to where the lines were first complete, also if that is read last', () => {
    const abc = opened('{ lines: [{ patroni: a }, { patroni: b }, { patroni: c }], never: [{ patroni: x }] }').at(6);
    for (const [text, at] of [
      ['a', 2],
      ['b', 2.2],
      ['c', 2.8],
      ['x', 2.6],
      ['c', 2.4],
    ] as const)
      abc.log('pg1', 'patroni', text, { at });
    const run = abc.at(7.1).read().end('s2').complete();
    expect(run.because()).toBe('pass');
    expect(run.step('s2').waited).toBe(400);
  });

  it('fails only where no line can turn up that was written before', () => {
    const run = opened(never).at(3).log('pg1', 'patroni', 'by basebackup');
    expect(run.end('s2').complete().because()).toMatchObject({ verdict: 'unknown', reason: 'not-read-through' });
  });

  it('is judged only where every stream was read past the end of the window', () => {
    const run = opened(never).at(4).log('pg1', 'patroni', 'created using pgbackrest').read('pg1', 'pg2').end('s2').complete();
    expect(run.because()).toMatchObject({ verdict: 'unknown', reason: 'not-read-through' });
    const early = opened(never).at(3.9).read().log('pg1', 'patroni', 'created using pgbackrest', { at: 4 }).end('s2').complete();
    expect(early.because()).toMatchObject({ verdict: 'unknown', reason: 'not-read-through' });
  });

  it('goes on to the end of `for`', () => {
    const held = (at: number) => {
      const run = opened(never, 'within: 5s\n  for: 3s').at(3).log('pg1', 'patroni', 'created using pgbackrest');
      for (let second = 3.5; second <= 6.5; second += 0.5) run.at(second).heartbeat();
      return run.log('pg1', 'patroni', 'by basebackup', { at }).read().end('s2').complete().because();
    };
    expect(held(5.9)).toMatchObject({ verdict: 'fail', at: epoch + 5900 });
    expect(held(6.1)).toBe('pass');
  });

  it('may stand alone for a time', () => {
    const alone = opened('{ never: [{ patroni: basebackup }] }', 'for: 3s');
    expect(alone.at(5.1).heartbeat().read().end('s2').complete().because()).toBe('pass');
    const broken = opened('{ never: [{ patroni: basebackup }] }', 'for: 3s')
      .at(3)
      .log('pg1', 'patroni', 'by basebackup')
      .at(5.1)
      .heartbeat()
      .read()
      .end('s2')
      .complete();
    expect(broken.because()).toMatchObject({ verdict: 'fail' });
  });
});

describe('a missing line', () => {
  it('fails only where the streams were read past the deadline', () => {
    const missing = '{ on: pg1, lines: [{ patroni: alpha }] }';
    expect(opened(missing).at(7.1).read('pg1').end('s2').complete().because()).toMatchObject({ verdict: 'fail' });
    expect(opened(missing).at(6.9).read('pg1').at(7.1).end('s2').complete().because()).toMatchObject({
      verdict: 'unknown',
      reason: 'not-read-through',
    });
  });

  it('that was logged before the window is shown, and which step the window begins with, after what was logged in it', () => {
    const lines = 'on: pg2, lines: [{ postgres: alpha }, { postgres: received fast shutdown }]';
    const plan = planOf(`- stop: pg2\n- start: pg2\n  as: begin\n- expect: { log: { ${lines} } }\n  within: 5s`);
    const run = new Run(plan).at(1).start('s1').log('pg2', 'postgres', 'received fast shutdown request');
    run.log('pg2', 'postgres', 'received smart shutdown request').end('s1').at(3).did('s2').at(4).start('s3');
    const early = { text: 'received fast shutdown request', but: 'it came before begin' };
    run.at(9.1).log('pg2', 'postgres', 'received immediate shutdown request', { at: 5 }).read().end('s3').complete();
    expect(run.clause('s3').lines?.[1]?.nearest).toMatchObject([early, { text: 'received immediate shutdown request' }]);
    const again = new Run(plan).at(1).start('s1').log('pg2', 'postgres', 'received fast shutdown request').end('s1').at(3).did('s2').at(4);
    again.start('s3').at(9.1).log('pg2', 'postgres', 'received fast shutdown request 2', { at: 5 }).read().end('s3').complete();
    expect(again.clause('s3').lines?.[1]?.nearest).toMatchObject([{ but: 'a line that should come before it is missing' }, early]);
  });

  it('is shown with the nearest lines of its host and program', () => {
    const run = opened('{ on: pg2, lines: [{ patroni: replica has been created using pgbackrest }] }').at(3);
    run
      .log('pg2', 'patroni', 'replica has been created using basebackup')
      .log('pg2', 'patroni', 'no action. I am (pg2), a secondary')
      .log('pg2', 'postgres', 'replica has been created using')
      .log('pg3', 'patroni', 'replica has been created using basebackup');
    expect(over(run).clause('s2').lines?.[0]?.nearest).toMatchObject([
      { host: 'pg2', program: 'patroni', text: 'replica has been created using basebackup' },
    ]);
  });
});

describe('times', () => {
  it('counts entries to the end of the window', () => {
    const times = (test: string, count: number) => {
      const run = opened(`{ lines: [{ patroni: tick, times: ${test} }] }`).at(3);
      for (let entry = 0; entry < count; entry += 1) run.log('pg1', 'patroni', 'tick');
      return over(run).because();
    };
    expect(times('2', 2)).toBe('pass');
    expect(times('2', 1)).toMatchObject({ verdict: 'fail' });
    expect(times('{ min: 2 }', 3)).toBe('pass');
  });

  it('shows nothing where none has to come, and nothing was watched', () => {
    // Lint lets it pass: versions decide.
    const skipped =
      '{ lines: [{ patroni: beta, when: { patroni: "<4" } }, { patroni: tick, times: { max: 1 }, when: { patroni: ">=4" } }] }';
    expect(over(opened(skipped).at(3)).because()).toMatchObject({ verdict: 'unknown', reason: 'vacuous' });
  });

  it('fails at once where more cannot make it right', () => {
    const judged = (times: string, count: number) => {
      const run = opened(`{ lines: [{ patroni: tick, times: ${times} }, { patroni: end }] }`);
      for (let entry = 1; entry <= count; entry += 1) run.at(2 + entry / 2).log('pg1', 'patroni', 'tick');
      const judge = createJudge(run.plan);
      for (const event of run.events) judge.feed(event);
      return [judge.active()?.state, run.read().end('s2').complete().because()];
    };
    const tooMany = { verdict: 'fail', message: 'a line was logged too often: pg1 patroni: tick' };
    expect(judged('1', 1)).toMatchObject(['waiting', { reason: 'cut-short' }]);
    expect(judged('1', 2)).toMatchObject(['failed', { ...tooMany, at: epoch + 3000 }]);
    expect(judged('{ below: 3 }', 4)).toMatchObject(['failed', { ...tooMany, at: epoch + 3500 }]);
    expect(judged('{ any-of: [0, 2] }', 3)).toMatchObject(['failed', { ...tooMany, at: epoch + 3500 }]);
    for (const times of ['{ not: 2 }', '{ min: 1 }', "{ matches: '/^1/' }", '{ any-of: [1, 9] }'])
      expect(judged(times, 2)).toMatchObject(['waiting', { reason: 'cut-short' }]);
  });

  it('must go on being right for as long as `for` says', () => {
    const judged = (test: string) => {
      const run = opened(`{ lines: [{ patroni: tick, times: ${test} }] }`, 'within: 5s\n  for: 4s');
      for (const second of [3, 4, 5]) run.at(second).log('pg1', 'patroni', 'tick');
      return run.at(7.1).read().end('s2').complete().because();
    };
    expect(judged('{ any-of: [1, 2, 3] }')).toBe('pass');
    expect(judged('{ any-of: [1, 3] }')).toMatchObject({
      verdict: 'fail',
      message: 'did not go on for 4.0 s: a line was not logged as often as it should be: patroni: tick',
      at: epoch + 4000,
    });
    expect(judged('1')).toMatchObject({ message: 'a line was logged too often: pg1 patroni: tick', at: epoch + 4000 });
  });

  it('counts those that were written in the window and read later', () => {
    const run = opened('{ lines: [{ patroni: tick, times: 1 }, { patroni: end }] }')
      .at(3)
      .log('pg1', 'patroni', 'tick')
      .at(4)
      .log('pg1', 'patroni', 'end')
      .log('pg2', 'patroni', 'tick', { at: 3.5 })
      .read()
      .end('s2')
      .complete();
    expect(run.because()).toMatchObject({ verdict: 'fail' });
    expect(run.clause('s2').lines?.[0]).toMatchObject({ state: 'miscounted', note: 'expected 1 times, logged 2 times' });
  });
});

describe('lines for some versions only', () => {
  const keyed = '{ lines: [{ patroni: alpha }, { patroni: beta, when: { patroni: "<4.1" } }] }';

  it('are passed over where the running version is another', () => {
    const run = opened(keyed).at(3).log('pg1', 'patroni', 'alpha').end('s2').complete();
    expect(run.because()).toBe('pass');
    expect(run.clause('s2').lines?.[1]).toMatchObject({ state: 'skipped', note: 'patroni on pg1 is 4.1.5, not <4.1' });
  });

  it('are expected where it is that one', () => {
    const versions = { pg1: { patroni: '4.0.7' }, pg2: { patroni: '4.0.7' }, pg3: { patroni: '4.0.7' } };
    const run = new Run(logPlan(keyed), { versions })
      .at(1)
      .did('s1')
      .at(2)
      .start('s2')
      .at(3)
      .log('pg1', 'patroni', 'alpha')
      .at(7.1)
      .read()
      .end('s2')
      .complete();
    expect(run.because()).toMatchObject({ verdict: 'fail' });
  });

  it('leave an expectation that claims nothing unknown', () => {
    const run = over(opened('{ lines: [{ patroni: beta, when: { patroni: "<4.1" } }] }'));
    expect(run.because()).toMatchObject({ verdict: 'unknown', reason: 'skipped' });
    const more = planOf(
      '- start: pg2\n- expect: { cluster: { leader: pg1 }, log: { lines: [{ patroni: beta, when: { patroni: "<4.1" } }] } }',
    );
    expect(new Run(more).did('s1').start('s2').cluster(healthy).end('s2').complete().because()).toBe('pass');
  });
});
