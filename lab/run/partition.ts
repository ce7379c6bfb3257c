/** What a cut means, decided without any network: which rules stand on which host, which probes tell, and whether they prove it. */
import type { Host } from '../engine/lab.ts';
import { type Probe, portsOf } from './probes.ts';
import { type Proof, proven, unproven } from './proofs.ts';

export interface Partition {
  /** The rules stand on these. */
  readonly from: readonly Host[];
  readonly to: readonly Host[];
  readonly ways: 'both' | 'out' | 'in';
  /** Only these TCP ports; everything where there are none. */
  readonly ports: readonly number[];
}

/** A host is not cut off from itself. */
export function peersOf(partition: Partition, host: Host): readonly Host[] {
  return partition.to.filter((peer) => peer.name !== host.name);
}

/** Name of a fault's chain, at most 28 characters for iptables. */
export function chainName(step: string): string {
  return `PGLAB-${step.replace(/[^A-Za-z0-9.-]/g, '').slice(0, 20)}`;
}

/**
 * Input for `iptables-restore --noflush`: the fault's chain, which drops what goes to or comes from its peers. A port is that of
 * whichever side listens, so its answers are dropped with its questions. Everybody else, such as the engine's gateway through which
 * observers come, passes.
 */
export function dropRules(partition: Partition, host: Host, chain: string): string {
  const peers = peersOf(partition, host).map(({ address }) => address);
  const hooks = { both: ['INPUT', 'OUTPUT'], in: ['INPUT'], out: ['OUTPUT'] }[partition.ways];
  const matches =
    partition.ports.length === 0 ? [''] : partition.ports.flatMap((port) => [` -p tcp --sport ${port}`, ` -p tcp --dport ${port}`]);
  const rules = hooks.flatMap((hook) => {
    const side = hook === 'INPUT' ? '-s' : '-d';
    return peers.flatMap((peer) => matches.map((match) => `-A ${chain} ${side} ${peer}${match} -j DROP`));
  });
  return ['*filter', `:${chain} - [0:0]`, ...rules, ...hooks.map((hook) => `-I ${hook} -j ${chain}`), 'COMMIT', ''].join('\n');
}

/** Takes the chain away; exits 0 where there is none. */
export function removeRules(chain: string): string {
  return [
    ...['INPUT', 'OUTPUT'].map((hook) => `while iptables -w -D ${hook} -j ${chain} 2>/dev/null; do :; done`),
    `iptables -w -F ${chain} 2>/dev/null && iptables -w -X ${chain}`,
    `! iptables -w -S ${chain} 2>/dev/null`,
  ].join('\n');
}

/** Everything worth knocking at: between the sides in both directions, and on each host at its own ports. */
export function probesOf(partition: Partition): readonly Probe[] {
  const pairs = partition.from.flatMap((host) =>
    peersOf(partition, host).flatMap((peer) => [[host, peer] as const, [peer, host] as const]),
  );
  const hosts = [...partition.from, ...partition.to];
  const all = [...pairs, ...hosts.map((host) => [host, host] as const)].flatMap(([from, to]) =>
    knownPorts(partition, to).map((port) => ({ from, to, port })),
  );
  return [...new Map(all.map((probe) => [keyOf(probe), probe])).values()];
}

const knownPorts = (partition: Partition, host: Host) => [...new Set([...portsOf[host.kind], ...partition.ports])];

export const keyOf = ({ from, to, port }: Probe) => `${from.name}>${to.name}:${port}`;

/** Whether a probe should fail while the cut is in force. A connection needs both ways, so one way alone stops it too. */
function isCut(partition: Partition, { from, to, port }: Probe): boolean {
  return from.name !== to.name && (partition.ports.length === 0 || partition.ports.includes(port));
}

/** `before` and `now`: the probes that were let in. What was shut before proves nothing. */
export function cutProof(partition: Partition, before: readonly Probe[], now: readonly Probe[]): Proof {
  const open = new Set(now.map(keyOf));
  const cut = before.filter((probe) => isCut(partition, probe));
  const controls = before.filter((probe) => !isCut(partition, probe));
  const untested = partition.from.filter(
    (host) => peersOf(partition, host).length > 0 && !cut.some(({ from, to }) => from.name === host.name || to.name === host.name),
  );
  const passing = cut.filter((probe) => open.has(keyOf(probe)));
  const lost = controls.filter((probe) => !open.has(keyOf(probe)));
  if (untested.length > 0)
    return unproven(
      `nothing was let in between ${untested.map(({ name }) => name).join(', ')} and the other side before the cut, so nothing shows that it holds`,
    );
  if (cut.length === 0) return unproven('both sides are the same host');
  if (passing.length > 0) return unproven(`still let in: ${list(passing)}`);
  if (controls.length === 0) return unproven('no control probe was let in before the cut');
  if (lost.length > 0) return unproven(`cut off as well: ${list(lost)}`);
  return proven(`${count(cut)} between the sides (${list(cut)}) fail, ${count(controls)} that should pass do`);
}

/** A host that died or a program that ended since proves nothing: what does not answer itself is passed over. */
export function healProof(partition: Partition, before: readonly Probe[], now: readonly Probe[]): Proof {
  const open = new Set(now.map(keyOf));
  const cut = before.filter((probe) => isCut(partition, probe) && open.has(keyOf({ ...probe, from: probe.to })));
  const shut = cut.filter((probe) => !open.has(keyOf(probe)));
  if (shut.length > 0) return unproven(`still cut: ${list(shut)}`);
  return proven(
    cut.length > 0 ? `${count(cut)} between the sides are let in again (${list(cut)})` : 'the rules are gone; nobody is left to be let in',
  );
}

const count = (probes: readonly Probe[]) => `${probes.length} ${probes.length === 1 ? 'probe' : 'probes'}`;

function list(probes: readonly Probe[]): string {
  const names = probes.slice(0, 3).map(({ from, to, port }) => `${from.name} to ${to.name}:${port}`);
  return probes.length > 3 ? `${names.join(', ')}, …` : names.join(', ');
}
