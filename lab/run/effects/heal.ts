/** heal: takes back a named fault, or all of them, newest first, and proves that they are gone. */
import { LabError } from '../../core/problem.ts';
import { doneBy, type Proof } from '../proofs.ts';
import type { Effect } from './effect.ts';

export const heal: Effect<'heal'> = {
  selectors: () => [],
  run: async (ctx, args) => {
    const faults = ctx.faults.meant(args.fault, ctx.step);
    if (faults.length === 0 && args.fault !== 'all') throw new LabError(`no fault named ${args.fault} is in force`);
    const proofs: Proof[] = [];
    const errors: unknown[] = [];
    for (const fault of faults) {
      try {
        const proof = await fault.heal();
        proofs.push(proof);
        if (proof.proven) ctx.faults.remove(fault);
      } catch (error) {
        // The others are taken back all the same.
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
    const on = [...new Map(faults.flatMap((fault) => fault.hosts).map((host) => [host.name, host])).values()];
    return faults.length === 0 ? { on, reason: 'no fault was in force' } : doneBy(on, proofs);
  },
};
