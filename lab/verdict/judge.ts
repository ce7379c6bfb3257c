/**
 * Judges a run from its plan, its history and its ledger. One code path for a live run, event by event, and for a recorded one.
 * Knows no clock, no lab and no files: what is not in the history did not happen.
 */
import type { Event, LedgerRow } from '../core/event.ts';
import type { Plan } from '../scenario/plan.ts';
import type { ActiveExpectation } from './active-expectation.ts';
import type { Finding, Verdict } from './verdict.ts';

export interface Judge {
  /** Takes in the next event. Throws LabError where the history contradicts itself or the plan: a gap in `seq`, an unknown step, ... */
  readonly feed: (event: Event) => void;
  /** Takes in a ledger row whose outcome is settled; before any ledger look that began after `row.settled`. */
  readonly feedRow: (row: LedgerRow) => void;
  /** The expect step that was started and has not ended. */
  readonly active: () => ActiveExpectation | undefined;
  /** The first finding in time so far: the run can stop. */
  readonly finding: () => Finding | undefined;
  /** The verdict on what was fed; a history that did not end with `run-ended` makes it unknown at best. */
  readonly end: () => Verdict;
}

export declare function createJudge(plan: Plan): Judge;

/** Judges a recorded run. Throws as `Judge.feed` does. */
export declare function judge(plan: Plan, history: Iterable<Event>, rows: Iterable<LedgerRow>): Verdict;
