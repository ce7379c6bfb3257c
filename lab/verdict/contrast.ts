/**
 * Variants that were replayed together. That a mutant fails where it must shows something only if that step can be met: in the variant
 * that it extends, or where that has no such step, in any that is no mutant. Of a mutant on its own nobody knows.
 */
import type { Finding, StepOutcome, Verdict } from './verdict.ts';

/** What a mutant shows depends on the variant that it changes. */
export function besideEachOther<Run extends { readonly verdict: Verdict }>(runs: readonly Run[]): readonly Run[] {
  const verdicts = runs.map(({ verdict }) => verdict);
  return runs.map((run) => ({ ...run, verdict: besideOthers(run.verdict, verdicts) }));
}

/** The verdict on one of `runs` beside the others: of a mutant that failed as it must, and whose step nobody passed, unknown. */
export function besideOthers(verdict: Verdict, runs: readonly Verdict[]): Verdict {
  const { mutant, because, causes: _, ...rest } = verdict;
  const wanted = verdict.steps.find(({ id }) => id === mutant?.mustFail.step);
  if (verdict.verdict !== 'pass' || !mutant || !because || !wanted) return verdict;
  const having = runs.flatMap((other) => {
    const step = other.file === verdict.file ? other.steps.find((one) => isSame(one, wanted)) : undefined;
    return step ? [{ variant: other.variant, mutant: other.mutant !== undefined, step }] : [];
  });
  const extended = having.filter(({ variant }) => variant === mutant.extends);
  const others = extended.length > 0 ? extended : having.filter((other) => !other.mutant);
  if (others.length === 0 || others.some(({ step }) => step.state === 'passed')) return verdict;
  const finding: Finding = {
    ...because,
    verdict: 'unknown',
    reason: 'no-contrast',
    message: `it failed as it must, which shows nothing: ${others.map(({ variant }) => variant).join(', ')} did not pass it either`,
  };
  return { ...rest, verdict: 'unknown', because: finding, mutant, findings: [...verdict.findings, finding] };
}

/** Variants have their shared steps from one place. */
function isSame({ place: a }: StepOutcome, { place: b }: StepOutcome): boolean {
  return a.file === b.file && a.line === b.line && a.column === b.column;
}
