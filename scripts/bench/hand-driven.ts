/**
 * The same lab as `lab:up` makes, driven by hand: a person's script around the docker client, with the configuration files
 * already written. What can start at once does, and what must be waited for is asked of Patroni's REST API.
 */
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { LabError } from '../../lab/core/problem.ts';
import { freePorts } from '../../lab/engine/addresses.ts';
import { packFiles } from '../../lab/engine/archive.ts';
import { askPatroni } from '../../lab/observe/patroni.ts';
import type { Blueprint, HostSpec } from '../../lab/topology/blueprint.ts';

/** Marks what the script by hand made. */
export const handLabel = 'pglab-bench';

/** The value of `handLabel`: machine and process. */
export const handOwner = `${hostname()}:${process.pid}`;

export interface HandLab {
  /** Prefix of container names, and the network's name. */
  readonly name: string;
  readonly hosts: readonly HandHost[];
  /** Container names of the members that are not the first. */
  readonly standbys: readonly string[];
  readonly repo: string;
  readonly stanza: string;
}

interface HandHost {
  readonly name: string;
  readonly spec: HostSpec;
  readonly image: string;
  readonly tar: Buffer;
  /** Container port -> port on 127.0.0.1. */
  readonly ports: ReadonlyMap<number, number>;
}

/** What a person has ready on disk before the clock starts: files, and an idea of which ports are free. */
export async function prepareByHand(name: string, blueprint: Blueprint, imageOf: (host: HostSpec) => string): Promise<HandLab> {
  const ports = await freePorts(blueprint.hosts.flatMap(({ publish }) => publish).length, '127.0.0.1');
  const hosts: HandHost[] = [];
  for (const spec of blueprint.hosts) {
    const down = Object.entries(spec.services).flatMap(([service, state]) =>
      state === 'down' ? [`/etc/lab/services/${service}/down`] : [],
    );
    const tar = await packFiles([...spec.files, ...down.map((path) => ({ path, text: '', mode: 0o644, owner: 'root' }) as const)]);
    hosts.push({
      name: `${name}-${spec.name}`,
      spec,
      image: imageOf(spec),
      tar,
      ports: new Map(spec.publish.map((port) => [port, ports.shift() ?? 0])),
    });
  }
  const [cluster] = blueprint.clusters;
  if (!cluster?.repo) throw new LabError('the lab to drive by hand needs a cluster with a repository host');
  const standbys = cluster.members.slice(1).map((member) => `${name}-${member}`);
  return { name, hosts, standbys, repo: `${name}-${cluster.repo}`, stanza: cluster.stanza };
}

/**
 * `from-backup`: standbys are built from the first backup, as in the lab. `all-at-once`: everything starts together, so that standbys
 * are copies of the leader (pg_basebackup); the backup is taken when they stream.
 */
export type HandOrder = 'from-backup' | 'all-at-once';

/** To one leader, two standbys streaming, and a first full backup. */
export async function driveByHand(lab: HandLab, order: HandOrder, signal: AbortSignal): Promise<void> {
  await docker(signal, ['network', 'create', '--label', `${handLabel}=${handOwner}`, lab.name]);
  const waits = ({ name }: HandHost) => order === 'from-backup' && lab.standbys.includes(name);
  // A script would put `&` behind each: one host after the other is 2 s slower.
  await allOf(
    lab.hosts.map(async (host) => {
      await createByHand(lab, host, signal);
      if (!waits(host)) await docker(signal, ['start', host.name]);
    }),
  );
  const rest = lab.hosts.flatMap(({ ports }) => ports.get(8008) ?? []);
  const leader = await until(signal, 'a leader', async () => (await leadersAmong(rest)).at(0));
  const pgbackrest = ['exec', '-u', 'postgres', lab.repo, 'pgbackrest', `--stanza=${lab.stanza}`];
  await docker(signal, [...pgbackrest, 'stanza-create']);
  const backup = () => docker(signal, [...pgbackrest, '--type=full', 'backup']);
  if (order === 'from-backup') {
    await backup();
    await allOf(lab.standbys.map((name) => docker(signal, ['start', name])));
  }
  await until(signal, 'two streaming standbys', async () => {
    const answer = await askPatroni(onLoopback(leader));
    return answer?.streamingStandbys.length === lab.standbys.length ? true : undefined;
  });
  if (order === 'all-at-once') await backup();
}

async function createByHand(lab: HandLab, { name, spec, image, tar, ports }: HandHost, signal: AbortSignal): Promise<void> {
  await docker(signal, [
    'create',
    ...['--name', name, '--hostname', spec.name, '--label', `${handLabel}=${handOwner}`],
    ...['--network', lab.name, '--network-alias', spec.name, '--shm-size', '256m', '--log-driver', 'json-file'],
    ...[...ports].flatMap(([port, on]) => ['-p', `127.0.0.1:${on}:${port}`]),
    image,
  ]);
  await docker(signal, ['cp', '-', `${name}:/`], tar);
}

/** Every one is waited for, so that nothing is still being made when the first failure is dealt with. */
export async function allOf<T>(work: readonly Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(work);
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}

async function docker(signal: AbortSignal, args: readonly string[], input?: Buffer): Promise<void> {
  signal.throwIfAborted();
  const result = await execa('docker', args, { reject: false, cancelSignal: signal, ...(input ? { input } : { stdin: 'ignore' }) });
  signal.throwIfAborted();
  if (result.exitCode === 0) return;
  throw new LabError(`by hand: docker ${args.slice(0, 2).join(' ')} failed`, {
    detail: `${result.stdout}\n${result.stderr}\n${result.originalMessage ?? ''}`.trim().split('\n').slice(-12),
  });
}

const patience = 120_000;

const onLoopback = (port: number) => ({ address: '127.0.0.1', port, patience: 1000 });

async function until<T>(signal: AbortSignal, what: string, look: () => Promise<T | undefined>): Promise<T> {
  const end = performance.now() + patience;
  while (performance.now() < end) {
    const seen = await look();
    if (seen !== undefined) return seen;
    await delay(200, undefined, { signal });
  }
  throw new LabError(`by hand: no sign of ${what} after ${patience / 1000} s`);
}

/** The ports, of these, whose Patroni says that it leads. */
export async function leadersAmong(ports: readonly number[]): Promise<number[]> {
  const answers = await Promise.all(ports.map((port) => askPatroni(onLoopback(port))));
  return ports.filter((_, n) => answers[n]?.role === 'leader' && answers[n]?.state === 'running');
}
