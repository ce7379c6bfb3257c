/** A guess at how long a plan takes, good enough to begin with the longest: what waits for a TTL, or for a deadline to pass. */
import { allSteps, type Plan, type PlannedStep } from './plan.ts';
import type { VerbName } from './verbs/verbs.ts';

/** After these somebody's lease has to run out, or a service has to come back. */
const slow: ReadonlySet<VerbName> = new Set(['kill', 'crash', 'freeze', 'cut', 'restart']);

/** Seconds; for comparing plans, not for promises. */
export function expectedSeconds(plan: Plan): number {
  return allSteps(plan.steps).reduce((sum, step) => sum + secondsOf(step, plan), 10);
}

function secondsOf(step: PlannedStep, { mustFail }: Plan): number {
  const held = (step.for ?? 0) / 1000;
  // A mutant's step is false until its deadline.
  if (step.id === mustFail?.step) return held + (step.within ?? 30_000) / 1000;
  return held + (slow.has(step.verb) ? 20 : 0.7);
}
