/** heal: takes back a named fault, or all of them, newest first, and proves that they are gone. */
import { LabError } from '../../core/problem.ts';
import type { Effect } from './effect.ts';

export const heal: Effect<'heal'> = {
  selectors: () => [],
  run: async (ctx, args) => {
    const faults = ctx.faults.take(args.fault);
    if (faults.length === 0 && args.fault !== 'all') throw new LabError(`no fault named ${args.fault} is in force`);
    const proofs = [];
    for (const fault of faults) proofs.push(await fault.heal());
    return {
      on: [...new Map(faults.flatMap((fault) => fault.hosts).map((host) => [host.name, host])).values()],
      outcome: proofs.every((proof) => proof.proven) ? 'done' : 'unproven',
      reason: proofs.map((proof) => proof.seen).join('; ') || 'no fault was in force',
    };
  },
};
