/** crash: SIGKILL to one process of a host, proven by its number and start time being gone. */
import type { Host } from '../../engine/lab.ts';
import { findProcesses, readProcesses, signalProcesses, stillThere } from '../processes.ts';
import { doneBy, type Proof, proven, unproven } from '../proofs.ts';
import type { Effect, StepContext } from './effect.ts';

export const crash: Effect<'crash'> = {
  selectors: (args) => [args.on],
  run: async (ctx, args) => {
    const on = ctx.hosts(args.on);
    return doneBy(on, await Promise.all(on.map((host) => crashOn(ctx, host, args.process))));
  },
};

async function crashOn(ctx: StepContext, host: Host, name: Parameters<typeof findProcesses>[1]): Promise<Proof> {
  const found = findProcesses(await readProcesses(ctx.docker, host), name, host.name);
  const { last } = await signalProcesses(ctx.docker, host, 'KILL', found);
  const pids = (processes: readonly { readonly pid: number }[]) => processes.map(({ pid }) => pid).join(', ');
  const left = stillThere(last, found);
  if (left.length > 0) return unproven(`${name} on ${host.name} (pid ${pids(left)}) is still there 5 s after SIGKILL`);
  return proven(`${name} on ${host.name} (pid ${pids(found)}) ${found.length > 1 ? 'are' : 'is'} gone`);
}
