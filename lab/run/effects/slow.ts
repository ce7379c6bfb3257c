/**
 * slow: a netem queue delays what a host sends to the lab's other hosts; whoever observes it from outside is spared. Proven by the
 * time that a connection from it to another host takes, before and after. Unsupported where the kernel has no sch_netem.
 */
import { type Millis, parseDuration } from '../../core/duration.ts';
import { LabError } from '../../core/problem.ts';
import { type CommandResult, runCommand } from '../../engine/commands.ts';
import type { Host } from '../../engine/lab.ts';
import { runInNetworkOf } from '../../engine/netns.ts';
import { knock, type Probe, portsOf } from '../probes.ts';
import { allProven, doneBy, type Proof, proven, unproven } from '../proofs.ts';
import type { Effect, StepContext } from './effect.ts';

export const slow: Effect<'slow'> = {
  selectors: (args) => [args.on],
  run: async (ctx, args) => {
    const on = ctx.hosts(args.on);
    const by = parseDuration(args.by);
    const targets = await Promise.all(on.map((host) => targetOf(ctx, host)));
    const before = await Promise.all(targets.map((target) => connectTime(ctx, target)));
    ctx.faults.add(ctx, {
      hosts: on,
      reapply: async (host) => void (await delayPackets(ctx, host, by)),
      heal: async () => {
        await Promise.all(on.filter((host) => ctx.streams.stateOf(host.name) !== 'stopped').map((host) => letPacketsGo(ctx, host)));
        return allProven(await Promise.all(targets.map((target, index) => healProof(ctx, target, by, before[index] ?? 0))));
      },
    });
    const tried = await Promise.allSettled(on.map((host) => delayPackets(ctx, host, by)));
    const failed = tried.find((result) => result.status === 'rejected');
    if (failed) {
      // What was slowed here is slowed no more; whoever was slowed before stays so.
      ctx.faults.remove(ctx);
      await Promise.all(on.filter((_, index) => tried[index]?.status === 'fulfilled').map((host) => letPacketsGo(ctx, host)));
      throw failed.reason;
    }
    const refused = tried.flatMap((result) => (result.status === 'fulfilled' ? (result.value ?? []) : []))[0];
    if (refused !== undefined) {
      ctx.faults.remove(ctx);
      return { on, outcome: 'unsupported', reason: `this kernel cannot delay packets (sch_netem): ${refused}` };
    }
    return doneBy(
      on,
      await Promise.all(targets.map(async (target, index) => slowProof(by, before[index] ?? 0, await connectTime(ctx, target)))),
    );
  },
};

/** The port that was measured before may be gone by now, with its host or without; then another one tells as much. */
async function healProof(ctx: StepContext, target: Probe, by: Millis, was: number): Promise<Proof> {
  const { from } = target;
  const state = ctx.streams.stateOf(from.name);
  if (state === 'stopped') return proven(`${from.name} is stopped, and what held its packets back is gone`);
  if (state === 'paused') return unproven(`${from.name} is paused, so a round trip cannot be measured`);
  const now = (await roundTrip(ctx, target)) ?? (await connectTime(ctx, await targetOf(ctx, from)));
  return now - was < by / 2 ? proven(`a round trip takes ${shown(now)} again`) : unproven(`a round trip still takes ${shown(now)}`);
}

const shown = (ms: number) => `${ms.toFixed(1)} ms`;

/** Nine tenths of the delay: the queue's timer is the kernel's. */
export function slowProof(by: Millis, before: number, now: number): Proof {
  const seen = `a round trip took ${shown(before)} and takes ${shown(now)}`;
  return now - before >= by * 0.9 ? proven(seen) : unproven(`${seen}, which is not ${by} ms more`);
}

/**
 * A tree whose only queue is for the lab's addresses: what no filter catches passes through htb untouched (tc-htb(8), default 0).
 * netem on the root would hold the observers' packets back as well.
 */
export function delayRules(by: Millis, peers: readonly string[]): string {
  return [
    'set -e',
    'tc qdisc add dev eth0 root handle 1: htb',
    "trap 'tc qdisc del dev eth0 root' EXIT",
    'tc class add dev eth0 parent 1: classid 1:4 htb rate 10gbit quantum 60000',
    `tc qdisc add dev eth0 parent 1:4 handle 40: netem delay ${by}ms limit 100000`,
    ...peers.map((peer) => `tc filter add dev eth0 parent 1: protocol ip u32 match ip dst ${peer}/32 flowid 1:4`),
    'trap - EXIT',
  ].join('\n');
}

async function letPacketsGo(ctx: StepContext, host: Host): Promise<void> {
  await runInNetworkOf(ctx.docker, ctx.lab, host, 'tc qdisc del dev eth0 root');
}

/** Undefined, or why this kernel cannot. Throws LabError where the host is slowed already. */
async function delayPackets(ctx: StepContext, host: Host, by: Millis): Promise<string | undefined> {
  const peers = ctx.lab.hosts.flatMap(({ name, address }) => (name === host.name ? [] : [address]));
  const result: CommandResult = await runInNetworkOf(ctx.docker, ctx.lab, host, delayRules(by, peers));
  if (result.exit === 0) return undefined;
  const words = result.stderr.trim();
  if (/File exists|Exclusivity flag/.test(words)) throw new LabError(`${host.name} is slowed already`, { hint: 'heal that fault first' });
  return words.split('\n')[0] ?? `exit code ${result.exit}`;
}

/** A port of another host that takes connections from this one. */
async function targetOf(ctx: StepContext, host: Host): Promise<Probe> {
  const up = ctx.lab.hosts.filter(({ name }) => name !== host.name && ctx.streams.stateOf(name) === 'running');
  const [open] = await knock(
    ctx.docker,
    up.flatMap((to) => portsOf[to.kind].map((port) => ({ from: host, to, port }))),
  );
  if (!open)
    throw new LabError(`no host takes a connection from ${host.name}, so its round trip cannot be measured`, {
      hint: 'it may be cut off, or slowed by more than a second',
    });
  return open;
}

/** Three times, µs. Only the connection is timed: on a busy machine, starting a shell can take longer than many a delay. */
const script = `
for try in 1 2 3; do
  timeout 30 bash -c '
    start=\${EPOCHREALTIME/./}
    : < "/dev/tcp/$1" || exit
    echo "$((\${EPOCHREALTIME/./} - start))"' connect "$1" || exit
done`;

/** How long making a connection takes, which is one round trip: ms, the quickest of three. Undefined where none is let in. */
async function roundTrip(ctx: StepContext, { from, to, port }: Probe): Promise<number | undefined> {
  const { exit, stdout } = await runCommand(ctx.docker, from.container, {
    argv: ['bash', '-c', script, 'round-trip', `${to.address}/${port}`],
  });
  return exit === 0 ? Math.min(...stdout.trim().split('\n').map(Number)) / 1000 : undefined;
}

async function connectTime(ctx: StepContext, target: Probe): Promise<number> {
  const took = await roundTrip(ctx, target);
  if (took !== undefined) return took;
  throw new LabError(`${target.to.name} no longer takes connections from ${target.from.name}, so the round trip cannot be measured`);
}
