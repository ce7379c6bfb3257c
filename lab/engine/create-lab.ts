/** Makes a lab on the engine from a Blueprint: network, containers, files, disks. Knows nothing of Patroni. */
import { randomBytes } from 'node:crypto';
import type Docker from 'dockerode';
import { LabError } from '../core/problem.ts';
import { settle } from '../core/settle.ts';
import type { Blueprint, FileSpec, HostName, HostSpec } from '../topology/blueprint.ts';
import { addressAt, formatSubnet, freePorts, freeSubnets, hasBridge, parseSubnet, routedSubnets, type Subnet } from './addresses.ts';
import { packFiles, userIds } from './archive.ts';
import { statusOf } from './connect.ts';
import { checkName, containerName, findLab, freezeContainer, isPodman, type Lab, nameTaken, networkName, removeLab } from './lab.ts';
import { type LabSpecLabel, labelKeys, type PoolLabel, type Purpose, thisOwner, writeLabels } from './labels.ts';
import { type HostDown, snapshotLabels } from './snapshot-labels.ts';

export interface NewLab {
  readonly name: string;
  readonly purpose: Purpose;
  /** Image references by host. */
  readonly images: Readonly<Record<HostName, string>>;
  /** What `images` are of, where they are hosts of a snapshot, for people; these have their files already. */
  readonly forkOf?: string;
  /** What was down at the snapshot and stays so. */
  readonly down?: Readonly<Record<HostName, HostDown>>;
  readonly bind: string;
  readonly pool?: PoolLabel;
  /** Hosts whose Patroni is held back at the first start: whoever brings the lab up starts it. */
  readonly hold: (host: HostSpec) => boolean;
  readonly signal?: AbortSignal;
}

/**
 * Creates and starts every host of a blueprint. Throws UsageError where the name is taken (nothing of the other lab is
 * touched) and LabError where the engine refuses; whatever was made by then is removed again.
 */
export async function createLab(docker: Docker, blueprint: Blueprint, options: NewLab): Promise<Lab> {
  checkName(options.name);
  const id = randomBytes(6).toString('hex');
  try {
    const network = await createNetwork(docker, id, blueprint.hosts.length);
    // Nobody is told the way to a replay's hosts, and each published port costs the engine a dozen iptables and a proxy.
    const direct = options.purpose === 'replay' && hasBridge(network.id);
    const podman = await isPodman(docker);
    const ctx: Making = { docker, podman, blueprint, options, id, direct, addresses: placeHosts(blueprint, network.subnet) };
    const anchorName = blueprint.etcd[0];
    const anchor = blueprint.hosts.find((host) => host.name === anchorName);
    if (!anchor) throw new LabError('a lab needs at least one etcd host');
    // Claims the name before anything else is made.
    const claimed = await createContainer(ctx, anchor, await choosePorts(ctx, anchor));
    await createVolumes(ctx);
    // The first members' way to a leader is the longest: hosts that have to wait for it are started after them.
    const waits = (host: HostSpec) => host.kind !== 'etcd' && options.hold(host);
    // All of them, or some would be made when the lab is removed already.
    await settle(blueprint.hosts.filter((host) => !waits(host)).map((host) => startHost(ctx, host, host === anchor ? claimed : undefined)));
    await settle(blueprint.hosts.filter(waits).map((host) => startHost(ctx, host)));
    options.signal?.throwIfAborted();
    return await findLab(docker, options.name);
  } catch (error) {
    await removeLab(docker, id);
    throw error;
  }
}

interface Making {
  readonly docker: Docker;
  readonly podman: boolean;
  readonly blueprint: Blueprint;
  readonly options: NewLab;
  readonly id: string;
  /** Ports are not published. */
  readonly direct: boolean;
  readonly addresses: Readonly<Record<HostName, string>>;
}

/** Addresses by order in the blueprint, from the second one: the first is the gateway's. */
function placeHosts(blueprint: Blueprint, subnet: Subnet): Record<HostName, string> {
  return Object.fromEntries(blueprint.hosts.map((host, index) => [host.name, addressAt(subnet, index + 2)]));
}

async function createNetwork(docker: Docker, id: string, hosts: number): Promise<{ readonly id: string; readonly subnet: Subnet }> {
  const networks = await docker.listNetworks();
  const taken = networks.flatMap((network) => (network.IPAM?.Config ?? []).flatMap((config) => parseSubnet(config.Subnet ?? '') ?? []));
  const candidates = freeSubnets([...taken, ...routedSubnets()], Math.random());
  for (const subnet of candidates) {
    if (hosts > 2 ** (32 - subnet.bits) - 4) throw new LabError(`a lab of ${hosts} hosts does not fit a /${subnet.bits} network`);
    try {
      const network = await docker.createNetwork({
        Name: networkName(id),
        Driver: 'bridge',
        CheckDuplicate: true,
        IPAM: { Driver: 'default', Config: [{ Subnet: formatSubnet(subnet), Gateway: addressAt(subnet, 1) }] },
        Labels: { [labelKeys.lab]: id, [labelKeys.owner]: JSON.stringify(thisOwner()) },
      });
      return { id: network.id, subnet };
    } catch (error) {
      // Another lab took the range between the look and the claim.
      if (!/overlap|already used/i.test(String(error))) throw new LabError('the engine refused a network for the lab', { cause: error });
    }
  }
  throw new LabError('no subnet is free for another lab', {
    hint: 'npm run lab:status -- --all shows the labs there are; PGLAB_SUBNETS sets another private range',
  });
}

/** The volume of a disk that several hosts see: its owner's name for it decides. */
function sharedVolume(id: string, owner: HostName, path: string): string {
  return `${networkName(id)}-${owner}${path.replaceAll('/', '-')}`;
}

/** Disks that are volumes, which other hosts see as well, and their sizes. On Podman it is all of them: a host's own tmpfs would be root's. */
function volumes({ blueprint, id, podman }: Making): Map<string, string> {
  const shared = blueprint.hosts.flatMap((host) =>
    host.disks.flatMap((disk) => (disk.from ? [sharedVolume(id, disk.from.host, disk.from.path)] : [])),
  );
  return new Map(
    blueprint.hosts.flatMap((host) =>
      host.disks.flatMap((disk): [string, string][] => {
        const volume = sharedVolume(id, host.name, disk.path);
        return disk.size !== undefined && (podman || shared.includes(volume)) ? [[volume, disk.size]] : [];
      }),
    ),
  );
}

/** A tmpfs that is there as long as one of its hosts runs (Docker documentation, "local" volume driver). */
async function createVolumes(ctx: Making): Promise<void> {
  for (const [volume, size] of volumes(ctx)) {
    await ctx.docker.createVolume({
      Name: volume,
      Driver: 'local',
      DriverOpts: { type: 'tmpfs', device: 'tmpfs', o: ctx.podman ? tmpfsBlocks(size) : tmpfsOptions(size) },
      Labels: { [labelKeys.lab]: ctx.id },
    });
  }
}

function mountsOf(ctx: Making, host: HostSpec): Pick<Docker.HostConfig, 'Tmpfs' | 'Mounts'> {
  const shared = volumes(ctx);
  const own = host.disks.flatMap(({ path, size }) =>
    size === undefined ? [] : [{ path, size, volume: sharedVolume(ctx.id, host.name, path) }],
  );
  return {
    Tmpfs: Object.fromEntries(own.flatMap(({ path, size, volume }) => (shared.has(volume) ? [] : [[path, tmpfsOptions(size)]]))),
    Mounts: [
      ...own.flatMap(({ path, volume }) => (shared.has(volume) ? [{ Type: 'volume' as const, Source: volume, Target: path }] : [])),
      ...host.disks.flatMap(({ path, from }) =>
        from
          ? [{ Type: 'volume' as const, Source: sharedVolume(ctx.id, from.host, from.path), Target: path, ReadOnly: from.mode === 'ro' }]
          : [],
      ),
    ],
  };
}

type Ports = Readonly<Record<number, number>>;

async function choosePorts(ctx: Making, host: HostSpec): Promise<Ports> {
  if (ctx.direct) return Object.fromEntries(host.publish.map((port) => [port, port]));
  const free = await freePorts(host.publish.length, ctx.options.bind);
  return Object.fromEntries(host.publish.map((port, n) => [port, free[n] ?? 0]));
}

async function startHost(ctx: Making, host: HostSpec, claimed?: Docker.Container): Promise<void> {
  let container = claimed;
  // A port that was free when chosen can be taken by another program before the container starts: choose again.
  for (let attempt = 1; ; attempt += 1) {
    ctx.options.signal?.throwIfAborted();
    container ??= await createContainer(ctx, host, await choosePorts(ctx, host));
    try {
      ctx.options.signal?.throwIfAborted();
      const files = filesFor(ctx.options, host);
      if (files.length > 0) await container.putArchive(await packFiles(files), { path: '/' });
      const down = ctx.options.down?.[host.name];
      if (down !== 'stopped') await container.start();
      if (down === 'frozen') await freezeContainer(container);
      return;
    } catch (error) {
      const portTaken = /port is already allocated|address already in use/i.test(String(error));
      if (!portTaken || attempt === 5) throw new LabError(`host ${host.name} could not be started`, { cause: error });
      await container.remove({ force: true, v: true });
      container = undefined;
    }
  }
}

/** A fork has its files, and what was not to start; whose Patroni is held back is decided anew. */
function filesFor({ forkOf, down, hold }: NewLab, host: HostSpec): readonly FileSpec[] {
  if (forkOf !== undefined) return downFiles(down?.[host.name], hold(host));
  const asked = Object.entries(host.services).flatMap(([service, state]) => (state === 'down' ? [service] : []));
  return [...host.files, ...downFiles(undefined, hold(host), asked)];
}

/**
 * For the services that do not start with their host: runit starts none whose folder holds a file named `down` (runsv(8)).
 * `held`: its Patroni, which whoever brings the lab up starts.
 */
export function downFiles(down: HostDown | undefined, held: boolean, asked: readonly string[] = []): FileSpec[] {
  const services = new Set([...asked, ...(Array.isArray(down) ? down : []), ...(held ? ['patroni'] : [])]);
  return [...services].map((service) => ({ path: `/etc/lab/services/${service}/down`, text: '', mode: 0o644, owner: 'root' }));
}

async function createContainer(ctx: Making, host: HostSpec, ports: Ports): Promise<Docker.Container> {
  const { blueprint, options, id, direct, addresses } = ctx;
  const image = options.images[host.name];
  const address = addresses[host.name];
  if (image === undefined || address === undefined) throw new LabError(`host ${host.name} has no image or address`);
  const spec: LabSpecLabel = {
    ...(blueprint.asked ? { asked: blueprint.asked } : {}),
    preset: blueprint.preset,
    profile: blueprint.profile,
    clusters: blueprint.clusters,
    etcd: blueprint.etcd,
    secrets: blueprint.secrets,
    ...(direct ? { direct } : {}),
    ...(options.forkOf === undefined ? {} : { forkOf: options.forkOf }),
    ...(options.pool ? { pool: options.pool } : {}),
  };
  try {
    return await ctx.docker.createContainer({
      name: containerName(options.name, host.name),
      Hostname: host.name,
      Image: image,
      Labels: {
        // A snapshot's image would pass its labels on: a blueprint to each, whenever containers are listed.
        ...(options.forkOf === undefined ? {} : { [snapshotLabels.blueprint]: '' }),
        ...writeLabels({ lab: id, host: host.name, kind: host.kind, purpose: options.purpose, owner: thisOwner(), ports, spec }),
      },
      ExposedPorts: Object.fromEntries(host.publish.map((port) => [`${port}/tcp`, {}])),
      StopSignal: 'SIGTERM',
      StopTimeout: 90,
      HostConfig: {
        NetworkMode: networkName(id),
        // Fixed for the lab's life: the engine would choose anew at each start, which breaks a printed connection string.
        PortBindings: Object.fromEntries(
          direct ? [] : Object.entries(ports).map(([port, on]) => [`${port}/tcp`, [{ HostIp: options.bind, HostPort: String(on) }]]),
        ),
        ExtraHosts: Object.entries(addresses).map(([name, at]) => `${name}:${at}`),
        LogConfig: { Type: 'json-file', Config: {} },
        ...mountsOf(ctx, host),
        ShmSize: 256 * 1024 * 1024,
      },
      NetworkingConfig: { EndpointsConfig: { [networkName(id)]: { IPAMConfig: { IPv4Address: address } } } },
    });
  } catch (error) {
    if (statusOf(error) === 409) throw await nameTaken(ctx.docker, options.name);
    throw new LabError(`host ${host.name} could not be created`, { cause: error });
  }
}

const ownership = `mode=0700,uid=${userIds.postgres},gid=${userIds.postgres}`;

function tmpfsOptions(size: string): string {
  return `size=${size},${ownership}`;
}

/** The same for Podman, which takes `size` of any volume for a quota. In pages (tmpfs(5)), 4 KiB on most machines. */
export function tmpfsBlocks(size: string): string {
  const bytes = Number(size.slice(0, -1)) * 1024 ** (1 + 'kmg'.indexOf(size.slice(-1).toLowerCase()));
  return `nr_blocks=${Math.ceil(bytes / 4096)},${ownership}`;
}
