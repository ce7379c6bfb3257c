/** What one round of answers says of a clause. Three-valued: what could not be seen is neither true nor false. */
import type { LookAnswer, Value } from '../core/event.ts';
import { holds, type ValueTest } from '../scenario/value-test.ts';
import type { LookRequest } from './look-request.ts';
import type { FindingReason, LedgerCounts } from './verdict.ts';

export type Truth = 'yes' | 'no' | 'unknown';

/** One thing that a clause claims, and what was seen of it. `reason` says why it is unknown. */
export interface Claim {
  readonly truth: Truth;
  readonly expected: string;
  readonly observed: string;
  readonly reason?: FindingReason;
}

export interface Reading {
  readonly truth: Truth;
  readonly claims: readonly Claim[];
  /** More looking cannot change it. */
  readonly final?: boolean;
  readonly ledger?: readonly LedgerCounts[];
}

/** An answer as recorded: it is of some moment between `began` and `at` (engine's time, ms). */
export interface Answer {
  readonly answer: LookAnswer | { readonly unknown: string };
  readonly began: number;
  readonly at: number;
  readonly seq: number;
}

/** The answer under a key that belongs to this round. */
export type Answers = (key: string) => Answer | undefined;

/** A clause about states: what must be looked at now, and what the answers say. Keeps nothing between rounds but what it fixed at its start. */
export interface StateFold {
  readonly looks: () => readonly LookRequest[];
  /** `at`: when the round began, engine's time, ms. */
  readonly read: (answers: Answers, at: number) => Reading;
}

/** False outweighs unknown: with one part false the whole is false, whatever the others are. */
export function conjunction(truths: readonly Truth[]): Truth {
  if (truths.includes('no')) return 'no';
  return truths.includes('unknown') ? 'unknown' : 'yes';
}

export function readingOf(claims: readonly Claim[], rest: Omit<Reading, 'truth' | 'claims'> = {}): Reading {
  return { truth: conjunction(claims.map((claim) => claim.truth)), claims, ...rest };
}

/** What a test says of one value. `none`: what stands for a value that there is not. */
export function tested(name: string, test: ValueTest, value: Value | undefined, none?: string): Claim {
  const outcome = holds(test, value);
  const observed = value === undefined && none !== undefined ? none : outcome.observed;
  return { truth: outcome.met ? 'yes' : 'no', expected: `${name}: ${outcome.expected}`, observed: `${name}: ${observed}` };
}

/** A reading that says only why nothing can be said. */
export function unknownReading(expected: string, why: string, reason: FindingReason): Reading {
  return readingOf([{ truth: 'unknown', expected, observed: why, reason }]);
}

/**
 * The answer of a kind under a key, or the claim that stands in its place: not looked at yet, could not be seen, or a look of
 * another kind.
 */
export function answerOf<K extends LookAnswer['kind']>(
  answers: Answers,
  key: string,
  kind: K,
  expected: string,
): { readonly seen: Extract<LookAnswer, { kind: K }>; readonly answer: Answer } | { readonly claim: Claim } {
  const missing = (observed: string) => ({ claim: { truth: 'unknown', expected, observed, reason: 'cannot-observe' } as const });
  const answer = answers(key);
  if (!answer) return missing('not looked at');
  if ('unknown' in answer.answer) return missing(`could not be seen: ${answer.answer.unknown}`);
  if (answer.answer.kind !== kind) return missing(`the history has a look at ${answer.answer.kind} under ${key}`);
  return { seen: answer.answer as Extract<LookAnswer, { kind: K }>, answer };
}
