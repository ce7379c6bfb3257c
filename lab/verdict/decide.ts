/**
 * From findings to pass, fail or unknown. The first in time decides; a mutant passes only by failing where it must, and not where
 * a person had a hand in the run.
 */
import type { Plan } from '../scenario/plan.ts';
import { placeOf } from './place.ts';
import type { Finding, MutantOutcome, VerdictWord } from './verdict.ts';

export interface Decision {
  readonly verdict: VerdictWord;
  readonly because?: Finding;
  readonly mutant?: MutantOutcome;
}

/** In the order of time; of one moment, in the order in which they were found. */
export function inTime(findings: readonly Finding[]): readonly Finding[] {
  return [...findings].sort((a, b) => a.at - b.at);
}

/** `whole`: the history ended with a completed run; without that nothing passes. `end`: its last moment, ms. */
export function decide(plan: Plan, findings: readonly Finding[], whole: boolean, end: number): Decision {
  const [first] = inTime(findings);
  const incomplete: Finding = {
    verdict: 'unknown',
    reason: 'cut-short',
    message: 'the history does not end with a completed run',
    at: end,
  };
  const must = plan.mustFail;
  if (!must) {
    if (first) return { verdict: first.verdict, because: first };
    return whole ? { verdict: 'pass' } : { verdict: 'unknown', because: incomplete };
  }
  const mutant = { mustFail: { name: must.name, step: must.step }, ...(must.extends === undefined ? {} : { extends: must.extends }) };
  const at = { step: must.step, stepName: must.name, place: placeOf(must.span, plan.file), at: end };
  if (first?.verdict === 'unknown') return { verdict: 'unknown', because: first, mutant };
  if (!whole) return { verdict: 'unknown', because: incomplete, mutant };
  if (!first) {
    const because: Finding = {
      ...at,
      verdict: 'fail',
      reason: 'did-not-fail',
      message: `nothing failed, and "${must.name}" must: the scenario does not notice what it is about`,
    };
    return { verdict: 'fail', because, mutant };
  }
  const failedAt = {
    ...(first.step === undefined ? {} : { step: first.step }),
    ...(first.stepName === undefined ? {} : { name: first.stepName }),
  };
  const touched = findings.find((finding) => finding.reason === 'by-hand');
  if (first.step === must.step && touched) return { verdict: 'unknown', because: touched, mutant: { ...mutant, failedAt } };
  // A forbidden line, or starvation, is nobody's step: it does not show that the named one notices anything.
  if (first.step === must.step) return { verdict: 'pass', because: first, mutant: { ...mutant, failedAt } };
  const because: Finding = {
    ...first,
    reason: 'failed-elsewhere',
    message: `"${must.name}" must be the first to fail, and ${first.stepName ?? (first.place ? `the step at line ${first.place.line}` : 'the run')} failed before it: ${first.message}`,
  };
  return { verdict: 'fail', because, mutant: { ...mutant, failedAt } };
}
