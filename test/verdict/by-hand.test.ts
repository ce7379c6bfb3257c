/** Runs that somebody stepped through: what was done by hand never makes a pass, and what was found before it still stands. */
import { describe, expect, it } from 'vitest';
import { LabError } from '../../lab/core/problem.ts';
import { renderText } from '../../lab/report/text.ts';
import { failedOver, healthy, planOf, Run } from './a-run.ts';

const steps = '- start: pg1\n- expect: { cluster: { leader: pg2 } }\n  within: 1s\n  as: led\n- start: pg2';
const byHand = (run: Run, did: 'tried-again' | 'passed-over' | 'went-on' | 'ran', step: string, what?: string) =>
  run.add({ type: 'by-hand', did, step, ...(what === undefined ? {} : { what }) });

/** Up to the end of the expectation, which fails. */
function failing(variants?: string): Run {
  const plan = variants === undefined ? planOf(steps) : planOf(steps, { variants, variant: 'mutant' });
  return new Run(plan)
    .did('s1')
    .start('s2')
    .steadily(2, (run) => run.cluster(healthy))
    .end('s2');
}

describe('a step that was tried again', () => {
  const repaired = () => {
    const run = byHand(byHand(failing(), 'ran', 's2', 'kill host pg1'), 'tried-again', 's2')
      .start('s2')
      .at(3)
      .cluster(failedOver);
    return run.end('s2').did('s3').complete();
  };

  it('leaves the failure that was seen before', () => {
    expect(repaired().because()).toMatchObject({ verdict: 'fail', reason: 'expectation-false', step: 's2' });
    expect(repaired().step('s2')).toMatchObject({ state: 'failed', triedAgain: 1, clauses: [{ state: 'false' }] });
    expect(renderText(repaired().verdict())).toContain('afterwards, by hand: led: somebody had it tried again');
  });

  it('is unknown where nothing had failed', () => {
    const run = byHand(new Run(planOf('- start: pg1')).did('s1'), 'tried-again', 's1')
      .did('s1')
      .complete();
    expect(run.because()).toMatchObject({ verdict: 'unknown', reason: 'by-hand', step: 's1' });
  });

  it('is judged by what came of it then, as long as the run goes on', () => {
    const found = (run: Run) => run.verdict().findings.filter(({ reason }) => reason === 'expectation-false').length;
    expect(found(repaired())).toBe(1);
    const twice = byHand(failing(), 'tried-again', 's2')
      .start('s2')
      .steadily(5, (run) => run.cluster(healthy))
      .end('s2')
      .complete();
    expect(found(twice)).toBe(2);
  });

  it('sees lines from where its window always began, and its names anew', () => {
    const plan = planOf(
      '- exec: { on: pg1, run: ls }\n  as: first\n- expect: { log: { on: pg1, lines: [{ postgres: hello }] } }\n  within: 1s\n- sql: "select ${first.exit}"',
    );
    const run = new Run(plan).did('s1', { exit: 0 }).log('pg1', 'postgres', 'hello', { at: 0.5 }).start('s2').at(3).read().end('s2');
    byHand(run, 'tried-again', 's2').start('s2').at(4).read().end('s2').did('s3').complete();
    expect(run.verdict().findings.map(({ reason }) => reason)).toEqual(['by-hand']);
  });

  it('goes by an answer that is the same as before', () => {
    const plan = planOf('- expect: { sql: { on: pg3, run: select 1, is: 1 }, cluster: { leader: pg2 } }\n  within: 1s');
    const key = 's1/sql/0@pg3';
    const run = new Run(plan).start('s1').steadily(1.2, (now) => now.look(key, { kind: 'sql', host: 'pg3', value: 1 }).cluster(healthy));
    byHand(run.end('s1'), 'tried-again', 's1').start('s1');
    const sameAs = run.events.findLast((event) => event.type === 'look' && event.key === key)?.seq ?? 0;
    run.at(2).add({ type: 'look-again', key, sameAs, took: 0 }).cluster(failedOver).end('s1').complete();
    expect(run.verdict().findings.map(({ reason }) => reason)).toEqual(['expectation-false', 'by-hand']);
  });

  it('cannot be tried again while it runs, nor after a later one', () => {
    const plan = planOf(steps);
    expect(() => byHand(new Run(plan).start('s1'), 'tried-again', 's1').verdict()).toThrow(/tried again and had not ended/);
    expect(() => byHand(failing().did('s3'), 'tried-again', 's2').verdict()).toThrow(/tried again after a later one/);
    expect(() => byHand(new Run(plan), 'ran', 's9').verdict()).toThrow(LabError);
  });
});

it('a step that was passed over makes the run unknown', () => {
  const run = byHand(new Run(planOf('- start: pg1\n- start: pg2')), 'passed-over', 's1')
    .skip('s1', 'passed over by hand')
    .did('s2')
    .complete();
  expect(run.because()).toMatchObject({ verdict: 'unknown', reason: 'by-hand', step: 's1', message: 'somebody passed over it' });
});

it('so does what is not in the plan', () => {
  const run = byHand(new Run(planOf('- start: pg1')), 'ran', 's1', 'wipe pg2')
    .did('s1')
    .complete();
  expect(run.because()).toMatchObject({ verdict: 'unknown', reason: 'by-hand', message: 'somebody did something else by hand: wipe pg2' });
});

describe('a mutant', () => {
  const variants = 'plain: {}\nmutant: { must-fail: led }';

  it('that failed where it must passes if nobody touched it, and is unknown if somebody did', () => {
    expect(failing(variants).complete().because()).toBe('pass');
    expect(byHand(failing(variants), 'went-on', 's2').did('s3').complete().because()).toMatchObject({
      verdict: 'unknown',
      reason: 'by-hand',
    });
  });
});

describe('a recipe', () => {
  const plan = planOf('- recipe: { reset-cluster: { first: pg1 } }\n- start: pg1');
  const [recipe] = plan.steps;
  const inside = recipe?.verb === 'recipe' ? recipe.args.steps.map(({ id }) => id) : [];
  const broken = () =>
    new Run(plan)
      .start('s1')
      .did(inside[0] ?? '', { outcome: 'broken', reason: 'no' })
      .end('s1');

  it('that was left in the middle is judged where somebody had the run go on', () => {
    expect(byHand(broken(), 'went-on', 's1').did('s2').complete().because()).toMatchObject({ reason: 'broken', step: inside[0] });
    expect(() => broken().did('s2').verdict()).toThrow(/is missing before s2/);
  });

  it('is tried again as a whole', () => {
    const run = byHand(broken(), 'tried-again', 's1').start('s1');
    for (const id of inside) run.did(id);
    run.end('s1').did('s2').complete();
    expect(run.verdict().findings.map(({ reason }) => reason)).toEqual(['broken', 'by-hand']);
  });
});
