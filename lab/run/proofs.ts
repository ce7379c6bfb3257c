/** Proofs of what effects did, put together. */
import type { Host } from '../engine/lab.ts';

export interface Proof {
  readonly proven: boolean;
  /** What was seen, one sentence. */
  readonly seen: string;
}

export const proven = (seen: string): Proof => ({ proven: true, seen });
export const unproven = (seen: string): Proof => ({ proven: false, seen });

/** What is proven only if every part of it is; of parts that are not, only these are told. */
export function allProven(proofs: readonly Proof[]): Proof {
  const missing = proofs.filter((proof) => !proof.proven);
  return { proven: missing.length === 0, seen: (missing.length > 0 ? missing : proofs).map((proof) => proof.seen).join('; ') };
}

/** A step's end: done where everything is proven. */
export function doneBy(on: readonly Host[], proofs: readonly Proof[]) {
  const { proven: all, seen } = allProven(proofs);
  return { on, outcome: all ? 'done' : 'unproven', reason: seen } as const;
}
