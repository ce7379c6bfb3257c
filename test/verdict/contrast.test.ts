import { expect, test } from 'vitest';
import { besideEachOther, besideOthers } from '../../lab/verdict/contrast.ts';
import type { Verdict } from '../../lab/verdict/verdict.ts';
import { planOf, Run } from './a-run.ts';

const steps = `- exec: { on: pg1, run: first }
- exec: { on: pg1, run: second }
  as: shared
- exec: { on: pg1, run: fifth }
  as: elsewhere
  when: { variant: [other, odd-shared] }`;
const variants = `remedy: { steps: [{ exec: { on: pg1, run: third }, as: own }] }
other: {}
mutant: { extends: remedy, must-fail: own }
shared-mutant: { must-fail: shared }
early-mutant: { extends: remedy, must-fail: shared }
odd-shared: { extends: remedy, must-fail: elsewhere }
odd-mutant: { extends: remedy, steps: [{ exec: { on: pg1, run: fourth }, as: odd }], must-fail: odd }`;

/** Every step of it done, until one that failed, if any. */
function ran(variant: string, failing?: string): Verdict {
  const run = new Run(planOf(steps, { variants, variant }));
  for (const { id } of run.plan.steps) {
    run.did(id, { exit: id === failing ? 1 : 0 });
    if (id === failing) break;
  }
  return run.complete().verdict();
}

const mutant = ran('mutant', 's3');

test.each([
  ['alone', mutant, [], 'pass'],
  ['beside the variant that it extends, which passed', mutant, [ran('remedy')], 'pass'],
  ['beside the variant that it extends, which failed there as well', mutant, [ran('remedy', 's3')], 'unknown'],
  ['beside the variant that it extends, which did not get there', mutant, [ran('remedy', 's1'), ran('other')], 'unknown'],
  ['beside variants that it does not extend', mutant, [ran('other', 's1')], 'pass'],
  ['at a step after which the variant that it extends failed', ran('early-mutant', 's2'), [ran('remedy', 's3')], 'pass'],
  ['that extends none, where any other passed the step', ran('shared-mutant', 's2'), [ran('remedy', 's1'), ran('other')], 'pass'],
  ['that extends none, where no other did', ran('shared-mutant', 's2'), [ran('remedy', 's1'), ran('other', 's2')], 'unknown'],
  ['that extends none, where no other but a mutant did', ran('shared-mutant', 's2'), [mutant], 'pass'],
  [
    'at a step that the variant it extends does not have, and others did not pass',
    ran('odd-shared', 's3'),
    [ran('remedy'), ran('other', 's3')],
    'unknown',
  ],
  [
    'at a step that the variant it extends does not have, and another passed',
    ran('odd-shared', 's3'),
    [ran('remedy'), ran('other')],
    'pass',
  ],
  ['at a step that is only its own', ran('odd-mutant', 's4'), [ran('remedy', 's1')], 'pass'],
] as const)('a mutant that failed as it must %s', (_, verdict, others, word) => {
  expect(verdict.verdict).toBe('pass');
  expect(besideOthers(verdict, [verdict, ...others]).verdict).toBe(word);
});

test('runs that are judged together are seen beside each other', () => {
  const runs = besideEachOther([{ verdict: mutant }, { verdict: ran('remedy', 's1') }]);
  expect(runs.map(({ verdict }) => verdict.verdict)).toEqual(['unknown', 'fail']);
});

test('a mutant that shows nothing says why, and which variants did not pass its step', () => {
  expect(besideOthers(mutant, [mutant, ran('remedy', 's1')]).because).toMatchObject({
    verdict: 'unknown',
    reason: 'no-contrast',
    stepName: 'own',
    message: 'it failed as it must, which shows nothing: remedy did not pass it either',
  });
});

test('what did not pass stays as it is', () => {
  for (const verdict of [ran('mutant'), ran('mutant', 's1'), ran('remedy', 's3')])
    expect(besideOthers(verdict, [verdict, ran('remedy', 's1')])).toBe(verdict);
});
