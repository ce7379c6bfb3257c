import { describe, expect, it } from 'vitest';
import type { StepResult } from '../../lab/core/event.ts';
import { LabError } from '../../lab/core/problem.ts';
import { judge } from '../../lab/verdict/judge.ts';
import { epoch, failedOver, healthy, planOf, Run } from './a-run.ts';

describe('steps', () => {
  const ran = (fails: string, result: Partial<StepResult>) =>
    new Run(planOf(`- sql: ${'select 1'}\n${fails ? `  fails: ${fails}\n` : ''}- start: pg1`))
      .did('s1', result)
      .did('s2')
      .complete()
      .because();

  it('succeed unless they are said to fail', () => {
    expect(ran('', { exit: 0 })).toBe('pass');
    expect(ran('', { exit: 56, stderr: 'ERROR: [056]: unable to find primary cluster' })).toMatchObject({
      verdict: 'fail',
      reason: 'exit',
      message: expect.stringContaining('unable to find primary'),
    });
    expect(ran('', { sqlstate: '42P01' })).toMatchObject({ verdict: 'fail', reason: 'exit' });
    expect(ran('', { sqlstate: '00000' })).toBe('pass');
  });

  it('fail in the way that they are said to', () => {
    expect(ran('56', { exit: 56 })).toBe('pass');
    expect(ran('[56, 82]', { exit: 82 })).toBe('pass');
    expect(ran('[0, 56]', { exit: 0 })).toBe('pass');
    expect(ran('[0, 56]', { exit: 56 })).toBe('pass');
    expect(ran('[0, 56]', { exit: 82 })).toMatchObject({ message: 'exited with 82, expected 0 or 56' });
    expect(ran('true', { exit: 1 })).toBe('pass');
    expect(ran('"42P01"', { exit: 1, sqlstate: '42P01' })).toBe('pass');
    expect(ran('56', { exit: 82 })).toMatchObject({ verdict: 'fail', reason: 'exit', message: 'exited with 82, expected 56' });
    expect(ran('56', { exit: 0 })).toMatchObject({ verdict: 'fail', reason: 'did-not-fail' });
    expect(ran('true', { exit: 0 })).toMatchObject({ verdict: 'fail', reason: 'did-not-fail' });
    expect(ran('"42P01"', { sqlstate: '23505' })).toMatchObject({ verdict: 'fail' });
  });

  it('say what they printed, from the first error on', () => {
    const stdout = 'one\ntwo\nERROR: [055]: unable to load\n  HINT: is it there?\nthree\nfour\n';
    expect(ran('', { exit: 55, stdout })).toMatchObject({
      message: 'exited with 55, expected success; it said: ERROR: [055]: unable to load / HINT: is it there? / three',
    });
    expect(ran('true', { exit: 0, stdout: 'Switchover failed' })).toMatchObject({
      message: 'succeeded, expected a failure; it said: Switchover failed',
    });
  });

  it('do not fail as they are said to by a slip of the pen, unless that is named', () => {
    const because = (step: string, fails: string, result: Partial<StepResult>) =>
      new Run(planOf(`- ${step}\n  fails: ${fails}`)).did('s1', result).complete().because();
    for (const [step, result, slip] of [
      ['exec: { on: pg1, run: pgbackrst info }', { exit: 127 }, 'there is no such command'],
      ['sql: selct 1', { exit: 1, sqlstate: '42601' }, 'a syntax error'],
      ['pgbackrest: backup --type=ful', { exit: 32 }, 'pgBackRest takes no such command or option'],
      ['patronictl: { run: lsit }', { exit: 2 }, 'patronictl takes no such command or option'],
    ] as const) {
      expect(because(step, 'true', result)).toMatchObject({ verdict: 'fail', reason: 'exit', message: expect.stringContaining(slip) });
      expect(because(step, 'sqlstate' in result ? `"${result.sqlstate}"` : `${result.exit}`, result)).toBe('pass');
    }
    expect(because('exec: { on: pg1, run: x }', 'true', { exit: 32 })).toBe('pass');
    expect(because('pgbackrest: backup', 'true', { exit: 37 })).toBe('pass');
  });

  it('fail on each of several hosts, where they are said to', () => {
    const each = (second: { exit: number; sqlstate?: string }) => [
      { host: 'pg2', exit: 56, sqlstate: '25006' },
      { host: 'pg3', ...second },
    ];
    expect(ran('true', { exit: 56, each: each({ exit: 1 }) })).toBe('pass');
    expect(ran('"25006"', { exit: 56, each: each({ exit: 1, sqlstate: '25006' }) })).toBe('pass');
    expect(ran('true', { exit: 56, each: each({ exit: 0 }) })).toMatchObject({
      verdict: 'fail',
      reason: 'did-not-fail',
      message: 'on pg3 it succeeded, expected a failure',
    });
    expect(ran('56', { exit: 82, each: each({ exit: 82 }) })).toMatchObject({ message: 'on pg3 it exited with 82, expected 56' });
  });

  it('say nothing where nobody wrote down how they exited', () => {
    const { plan, events } = new Run(planOf('- exec: { on: pg1, run: x }')).did('s1').complete();
    const cut = events.map((event) => {
      if (event.type !== 'step-ended') return event;
      const { exit: _, ...result } = event.result;
      return { ...event, result };
    });
    expect(judge(plan, cut, []).because).toMatchObject({ verdict: 'unknown', reason: 'broken' });
  });

  it('leave the run unknown where they were not carried out, and failed where rows were not reached', () => {
    const ended = (outcome: StepResult['outcome']) =>
      new Run(planOf('- kill: pg1')).did('s1', { outcome, reason: 'because' }).complete().because();
    expect(ended('unproven')).toMatchObject({ verdict: 'unknown', reason: 'unproven', message: 'because' });
    expect(ended('broken')).toMatchObject({ verdict: 'unknown', reason: 'broken' });
    expect(ended('unsupported')).toMatchObject({ verdict: 'unknown', reason: 'unsupported' });
    expect(ended('not-reached')).toMatchObject({ verdict: 'fail', reason: 'not-reached' });
  });

  it('fail where they take longer than they may, whatever the verb', () => {
    const took = (seconds: number, result: Partial<StepResult> = {}) =>
      new Run(planOf('- stop: pg1\n  within: 5s\n- start: pg1')).start('s1').at(seconds).end('s1', result).did('s2').complete().because();
    expect(took(5)).toBe('pass');
    // With a slow look after it.
    expect(took(6, { took: 4900 })).toBe('pass');
    expect(took(6, { took: 5100 })).toMatchObject({ verdict: 'fail', reason: 'not-reached' });
    expect(took(5.1)).toMatchObject({
      verdict: 'fail',
      reason: 'not-reached',
      step: 's1',
      message: 'it took 5.1 s, and 5.0 s was all that it may take',
    });
  });

  it('may be passed over, but not an expectation', () => {
    const plan = planOf('- start: pg1\n- expect: { cluster: { leader: pg1 } }');
    expect(new Run(plan).skip('s1').start('s2').cluster().end('s2').complete().because()).toBe('pass');
    expect(new Run(plan).did('s1').skip('s2').complete().because()).toMatchObject({ verdict: 'unknown', reason: 'skipped', step: 's2' });
  });

  it('in the background must have ended when the run does', () => {
    const plan = planOf(
      '- exec: { on: pg1, run: sleep 5 }\n  as: x\n  background: true\n- start: pg1\n- expect: { value: { "${x.exit}": 0 } }',
    );
    const run = new Run(plan).start('s1').did('s2').at(1).start('s3').at(40).heartbeat().end('s3').complete();
    expect(run.because()).toMatchObject({ verdict: 'unknown', reason: 'background-unjoined' });
    // The planner asks for a step that joins it; a plan without one is judged all the same.
    const unjoined = new Run({ ...plan, steps: plan.steps.slice(0, 2) }).start('s1').did('s2').complete();
    expect(unjoined.because()).toMatchObject({ verdict: 'unknown', reason: 'background-unjoined', step: 's1' });
    const failing = new Run(plan).start('s1').start('s2').end('s1', { exit: 3 }).end('s2').complete();
    expect(failing.because()).toMatchObject({ verdict: 'fail', reason: 'exit', step: 's1' });
  });
});

describe('the first in time', () => {
  const plan = planOf('- start: pg1\n- expect: { cluster: { leader: pg1 } }\n  within: 5s');

  it('decides, whatever was read first', () => {
    const run = new Run(plan)
      .did('s1')
      .start('s2')
      .steadily(5.1, (now) => now.cluster(failedOver))
      .end('s2')
      .log('pg1', 'postgres', 'could not write', { at: 3, level: 'PANIC' })
      .complete();
    expect(run.because()).toMatchObject({ reason: 'forbidden-line', at: epoch + 3000 });
    expect(run.verdict().findings.map((finding) => finding.reason)).toEqual(['forbidden-line', 'expectation-false']);
    const starvedAfter = new Run(plan)
      .did('s1')
      .start('s2')
      .steadily(5.1, (now) => now.cluster(failedOver))
      .end('s2')
      .at(8)
      .heartbeat(1500)
      .complete();
    expect(starvedAfter.because()).toMatchObject({ verdict: 'fail' });
  });
});

describe('a host that is removed', () => {
  const removed = (run: Run) => run.log('pg2', 'lab', 'host removed');
  const snapshots = planOf('- snapshot: then\n- fork: then\n- sql: select 1');

  it('by no step makes a run unknown', () => {
    expect(
      removed(new Run(planOf('- sql: select 1\n- sql: select 2')).did('s1').at(1))
        .did('s2')
        .complete()
        .because(),
    ).toMatchObject({
      verdict: 'unknown',
      reason: 'broken',
      message: 'host pg2 was removed, and by no step',
      at: epoch + 1000,
    });
    const between = removed(new Run(snapshots).did('s1').did('s2').at(1)).did('s3').complete();
    expect(between.because()).toMatchObject({ verdict: 'unknown' });
  });

  it('by a fork is replaced', () => {
    expect(removed(new Run(snapshots).did('s1').start('s2')).end('s2').did('s3').complete().because()).toBe('pass');
  });
});

describe('forbidden lines', () => {
  const run = (head: string, tell: (run: Run) => Run) => tell(new Run(planOf('- mark: m\n- start: pg1', { head }))).complete();
  const both = (now: Run) => now.mark('s1', 'm').at(1).did('s2').at(2);

  it('fail a run wherever they are logged, a PANIC always', () => {
    expect(run('', (now) => both(now).log('pg2', 'postgres', 'could not write', { level: 'PANIC' })).because()).toMatchObject({
      verdict: 'fail',
      reason: 'forbidden-line',
    });
    expect(
      run('forbid: [{ patroni: system ID mismatch }]', (now) => both(now).log('pg2', 'patroni', 'system ID mismatch, node pg2')).because(),
    ).toMatchObject({ verdict: 'fail', place: { file: 'scenarios/test.yaml' } });
    expect(
      run('forbid: [{ patroni: system ID mismatch, on: pg1 }]', (now) =>
        both(now).log('pg2', 'patroni', 'system ID mismatch, node pg2'),
      ).because(),
    ).toBe('pass');
  });

  it('are told of one by one: absent, logged, never known, or not meant for these versions', () => {
    const lines = '{ patroni: x, when: { patroni: "<4" } }, { patroni: y }, { patroni: "z ${m.wal}" }, { patroni: never }';
    const told = run(`forbid: [${lines}]`, (now) =>
      now.did('s1').at(1).did('s2').at(2).log('pg2', 'patroni', 'x').log('pg1', 'patroni', 'y').log('pg2', 'patroni', 'y'),
    );
    expect(told.because()).toMatchObject({ reason: 'forbidden-line' });
    expect(told.verdict().forbid).toMatchObject([
      { shown: 'patroni: x', state: 'skipped', note: expect.stringContaining('not <4'), place: { line: 5 } },
      { shown: 'patroni: y', state: 'present', by: { host: 'pg1' } },
      { shown: 'patroni: z {m.wal}', state: 'unread' },
      { shown: 'patroni: never', state: 'absent' },
    ]);
    expect(run('forbid: [{ patroni: x, when: { patroni: "<4" } }]', (now) => both(now).log('pg2', 'patroni', 'x')).because()).toBe('pass');
    expect(run('', both).verdict().forbid).toBeUndefined();
  });

  it('fail a run whose pgBackRest passes over an option', () => {
    const warned = (now: Run) =>
      both(now).log('pg1', 'pgbackrest', "configuration file contains invalid option 'repo1-retention-ful'", { level: 'WARN' });
    expect(run('', warned).because()).toMatchObject({ verdict: 'fail', message: expect.stringContaining('repo1-retention-ful') });
    expect(run('allow: [passed-over-option]', warned).because()).toBe('pass');
  });

  it('are lifted by name', () => {
    expect(run('allow: [panic]', (now) => both(now).log('pg2', 'postgres', 'could not write', { level: 'PANIC' })).because()).toBe('pass');
    expect(
      run('allow: [checksum]', (now) => both(now).log('pg2', 'postgres', 'could not write', { level: 'PANIC' })).because(),
    ).toMatchObject({ verdict: 'fail' });
  });

  it('are watched for in the whole run, also before what they refer to has a value', () => {
    const forbid = 'forbid: [{ postgres: "stopping at ${m.xid}" }]';
    expect(run(forbid, (now) => both(now).log('pg1', 'postgres', 'stopping at 700')).because()).toMatchObject({ verdict: 'fail' });
    expect(run(forbid, (now) => both(now).log('pg1', 'postgres', 'stopping at 701')).because()).toBe('pass');
    const earlier = (text: string) => (now: Run) => both(now.at(0.5).log('pg1', 'postgres', text).log('pg2', 'postgres', text));
    expect(run(forbid, earlier('stopping at 700')).because()).toMatchObject({
      verdict: 'fail',
      reason: 'forbidden-line',
      at: epoch + 500,
      message: expect.stringContaining('pg1 postgres: stopping at 700'),
      place: { file: 'scenarios/test.yaml' },
    });
    expect(run(forbid, earlier('stopping at 701')).because()).toBe('pass');
    const elsewhere = 'forbid: [{ patroni: "at ${m.xid}" }, { postgres: "at ${m.xid}", on: "${m.leader}" }]';
    const ledBy = (leader: string) => (now: Run) =>
      now
        .log('pg2', 'postgres', 'stopping at 700')
        .log('pg1', 'postgres', 'stopping at 701')
        .did('s1', { fields: { xid: '700', leader } })
        .did('s2');
    expect(run(elsewhere, ledBy('pg1')).because()).toBe('pass');
    expect(run(elsewhere, ledBy('pg2')).because()).toMatchObject({ reason: 'forbidden-line' });
  });

  it('that never get a value leave the run unknown', () => {
    const never = run('forbid: [{ postgres: "at ${m.wal}" }]', (now) => now.did('s1').did('s2'));
    expect(never.because()).toMatchObject({ verdict: 'unknown', reason: 'unbound' });
  });

  it('are not ruled out by streams that were not read to the end', () => {
    const unread = both(new Run(planOf('- mark: m\n- start: pg1')))
      .read('pg1', 'pg2')
      .add({ type: 'run-ended', reason: 'completed' });
    expect(unread.because()).toMatchObject({ verdict: 'unknown', reason: 'not-read-through' });
  });
});

describe('mutants', () => {
  const variants = 'plain: {}\nmutant: { must-fail: kept }';
  const plan = planOf('- start: pg1\n  as: up\n- expect: { cluster: { leader: pg1 } }\n  within: 5s\n  as: kept', {
    variants,
    variant: 'mutant',
  });
  const kept = (run: Run, look = failedOver) =>
    run
      .start('s2')
      .steadily(5.1, (now) => now.cluster(look))
      .end('s2');

  it('pass only by failing at the named step', () => {
    const run = kept(new Run(plan).did('s1')).complete();
    expect(run.verdict()).toMatchObject({
      verdict: 'pass',
      because: { step: 's2' },
      mutant: { mustFail: { name: 'kept' }, failedAt: { step: 's2', name: 'kept' } },
    });
  });

  it('fail where nothing fails', () => {
    expect(kept(new Run(plan).did('s1'), healthy).complete().because()).toMatchObject({ verdict: 'fail', reason: 'did-not-fail' });
  });

  it('fail where something else failed first, also a forbidden line', () => {
    expect(
      kept(new Run(plan).did('s1', { outcome: 'not-reached' }))
        .complete()
        .because(),
    ).toMatchObject({ verdict: 'fail', reason: 'failed-elsewhere', step: 's1' });
    const run = kept(new Run(plan).did('s1').at(0.5).log('pg1', 'postgres', 'x', { level: 'PANIC' })).complete();
    expect(run.because()).toMatchObject({ verdict: 'fail', reason: 'failed-elsewhere' });
  });

  it('are unknown where the named step, or one before it, is unknown', () => {
    expect(new Run(plan).did('s1').start('s2').at(6).end('s2').complete().because()).toMatchObject({
      verdict: 'unknown',
      reason: 'cannot-observe',
    });
    expect(
      kept(new Run(plan).did('s1', { outcome: 'unproven' }))
        .complete()
        .because(),
    ).toMatchObject({ verdict: 'unknown', reason: 'unproven' });
  });

  it('are unknown where the run was not completed', () => {
    expect(kept(new Run(plan).did('s1')).because()).toMatchObject({ verdict: 'unknown', reason: 'cut-short' });
  });
});

describe('the end', () => {
  const plan = planOf('- start: pg1\n- start: pg2');
  const started = () => new Run(plan).did('s1');

  it('leaves a run unknown that was cut short, or has no end at all', () => {
    expect(started().did('s2').because()).toMatchObject({ verdict: 'unknown', reason: 'cut-short' });
    expect(started().add({ type: 'run-ended', reason: 'cut-short', detail: 'interrupted' }).because()).toMatchObject({
      verdict: 'unknown',
      reason: 'cut-short',
      message: 'interrupted',
    });
    expect(started().complete().because()).toMatchObject({ verdict: 'unknown', reason: 'cut-short', step: 's2' });
    expect(started().start('s2').complete().because()).toMatchObject({ verdict: 'unknown', reason: 'cut-short', step: 's2' });
  });

  it('tells a lab that was not ready, and a machine that cannot', () => {
    expect(new Run(plan).add({ type: 'run-ended', reason: 'cut-short' }).because()).toMatchObject({ reason: 'lab-not-ready' });
    expect(new Run(plan).add({ type: 'run-ended', reason: 'cut-short', unsupported: ['latency'] }).because()).toMatchObject({
      reason: 'unsupported',
      message: 'this machine lacks latency',
    });
  });

  it('lets a failure stand that came before', () => {
    expect(new Run(plan).did('s1', { outcome: 'not-reached' }).because()).toMatchObject({ verdict: 'fail' });
  });

  it('lists every step, also those that were not run', () => {
    const run = new Run(plan).did('s1', { outcome: 'not-reached' }).complete();
    expect(run.verdict().steps.map((step) => step.state)).toEqual(['failed', 'not-run']);
    expect(run.step('s1')).toMatchObject({ place: { file: 'scenarios/test.yaml', line: 6 } });
  });
});

describe('a history that cannot be', () => {
  const plan = planOf('- start: pg1\n- recipe: { reset-cluster: { first: pg1 } }\n- start: pg2');
  const refused = (run: Run) => expect(() => judge(plan, run.events, []));

  it('is refused with what is wrong', () => {
    const whole = new Run(plan).did('s1').heartbeat().heartbeat();
    whole.events.splice(3, 1);
    refused(whole).toThrow('events 3 to 3 are missing');
    const twice = new Run(plan).did('s1');
    twice.events.push(twice.events[2] as (typeof twice.events)[number]);
    refused(twice).toThrow('comes twice');
    const headless = new Run(plan).did('s1');
    headless.events.splice(0, 1);
    refused(headless).toThrow(LabError);
    expect(() => judge(plan, [], [])).toThrow('it is empty');
    refused(new Run(plan).did('s9')).toThrow('the plan has no step s9');
    refused(new Run(plan).did('s1').did('s1')).toThrow('started twice');
    refused(new Run(plan).did('s3')).toThrow('step s1 is missing before s3');
    refused(new Run(plan).start('s1').did('s2')).toThrow('started before s1 ended');
    refused(new Run(plan).end('s1')).toThrow('without having started');
    refused(new Run(plan).cluster().add({ type: 'look-again', key: 'cluster:main', sameAs: 0 })).toThrow('not the last look');
    refused(new Run(plan).add({ type: 'run-ended', reason: 'completed' }).heartbeat()).toThrow('goes on after its end');
    refused(new Run(plan, { format: 2 as 1 })).toThrow('format 2');
    refused(new Run(plan, { variant: 'other' })).toThrow('it is of test (other)');
    refused(new Run(plan).add(new Run(plan).events[0] as never)).toThrow('begins twice');
  });

  it('need not mention the steps of a recipe that was passed over', () => {
    expect(new Run(plan).did('s1').skip('s2').did('s3').complete().because()).toBe('pass');
  });

  it('is no history that repeats an answer by reference', () => {
    const again = planOf('- expect: { cluster: { leader: pg1 } }\n  for: 1s');
    const run = new Run(again).start('s1').cluster().at(1).add({ type: 'look-again', key: 'cluster:main', sameAs: 2 }).end('s1').complete();
    expect(run.because()).toBe('pass');
  });
});
