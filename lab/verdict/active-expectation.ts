/** What the runner must know of an open `expect`: what to look at, whose logs to read, and when to stop. */
import type { HostName } from '../topology/blueprint.ts';
import type { LookRequest } from './look-request.ts';

/**
 * `waiting`: not all clauses held yet. `holding`: they do, and must until `holdUntil`. `met`, `failed`: looking can stop.
 * `failed` covers what can no longer be judged (an observation gap) as well; the verdict tells them apart.
 */
export interface ActiveExpectation {
  /** `PlannedStep.id`. */
  readonly step: string;
  readonly state: 'waiting' | 'holding' | 'met' | 'failed';
  /**
   * To be looked at now, all of them, side by side. Changes as selectors mean other hosts: ask again for each round. Empty where
   * only logs (or bindings) matter.
   */
  readonly looks: readonly LookRequest[];
  /** Hosts whose streams must be read past the end of what is judged before the step ends; empty where no log is judged. */
  readonly streams: readonly HostName[];
  /** Engine's time, ms, by which all clauses must hold. */
  readonly deadline: number;
  /** Engine's time, ms, up to which they must go on holding. Only with `for`, once they hold. */
  readonly holdUntil?: number;
  /** When the last round of looks began, engine's time, ms: what was asked since has shown nothing yet. Absent before the first. */
  readonly roundBegan?: number;
}
