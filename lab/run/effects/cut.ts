/**
 * cut: packets between hosts are dropped by rules in the network namespace of each host of `from`, put there by a helper. What
 * was connected hangs, as behind a broken switch. Proven by connections between the sides that could be made before and cannot
 * be made now, while those that should pass still do.
 */
import { poll } from '../../core/deadline.ts';
import { seconds } from '../../core/duration.ts';
import { LabError } from '../../core/problem.ts';
import type { Host } from '../../engine/lab.ts';
import { runInNetworkOf } from '../../engine/netns.ts';
import { chainName, cutProof, dropRules, healProof, type Partition, probesOf, removeRules } from '../partition.ts';
import { knock, type Probe } from '../probes.ts';
import { doneBy, type Proof } from '../proofs.ts';
import type { Effect, StepContext } from './effect.ts';

/** A program may be busy when it is knocked at. */
const patience = seconds(5);

export const cut: Effect<'cut'> = {
  selectors: (args) => [args.from, args.to],
  run: async (ctx, args) => {
    const ports = (args.ports ?? []).map(Number);
    const partition: Partition = { from: ctx.hosts(args.from), to: ctx.hosts(args.to), ways: args.ways, ports };
    const chain = chainName(ctx.step);
    const bothUp = ({ from, to }: Probe) => isUp(ctx, from) && isUp(ctx, to);
    const probes = () => probesOf(partition).filter(bothUp);
    const before = await knock(ctx.docker, probes());
    const put = (host: Host) => putRules(ctx, host, dropRules(partition, host, chain));
    ctx.faults.add(ctx, {
      hosts: partition.from,
      // The chain went with the host, and some service may have talked before it was back.
      reapply: async (host) => void (await put(host)),
      heal: async () => {
        await Promise.all(
          partition.from.filter((host) => ctx.streams.stateOf(host.name) !== 'stopped').map((host) => takeRules(ctx, host, chain)),
        );
        return settle(ctx, async () => healProof(partition, before.filter(bothUp), await knock(ctx.docker, probes())));
      },
    });
    const refused = (await Promise.all(partition.from.map(put))).find((reason) => reason !== undefined);
    if (refused !== undefined)
      return { on: partition.from, outcome: 'unsupported', reason: `this kernel's packet filter cannot be used: ${refused}` };
    const expected = before.filter(bothUp);
    return doneBy(partition.from, [await settle(ctx, async () => cutProof(partition, before, await knock(ctx.docker, expected)))]);
  },
};

const isUp = (ctx: StepContext, host: Host) => ctx.streams.stateOf(host.name) === 'running';

async function settle(ctx: StepContext, look: () => Promise<Proof>): Promise<Proof> {
  const { last } = await poll(look, (proof) => proof.proven, { within: patience, signal: ctx.signal });
  return last ?? { proven: false, seen: 'nothing was seen' };
}

/** Undefined, or why the machine cannot do that. */
async function putRules(ctx: StepContext, host: Host, rules: string): Promise<string | undefined> {
  const { exit, stderr } = await runInNetworkOf(ctx.docker, ctx.lab, host, `iptables-restore -w --noflush <<'RULES'\n${rules}RULES`);
  return exit === 0 ? undefined : (stderr.trim().split('\n')[0] ?? `exit code ${exit}`);
}

async function takeRules(ctx: StepContext, host: Host, chain: string): Promise<void> {
  const { exit, stderr } = await runInNetworkOf(ctx.docker, ctx.lab, host, removeRules(chain));
  if (exit !== 0) throw new LabError(`the rules of the cut could not be taken from ${host.name}`, { detail: stderr.trim().split('\n') });
}
