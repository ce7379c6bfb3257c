/** A lab on the engine: made from a Blueprint, found again from its containers, removed whole. Knows nothing of Patroni. */
import { randomBytes } from 'node:crypto';
import type Docker from 'dockerode';
import { poll } from '../core/deadline.ts';
import { seconds } from '../core/duration.ts';
import { LabError, UsageError } from '../core/problem.ts';
import type { Blueprint, HostKind, HostName, HostSpec } from '../topology/blueprint.ts';
import { addressAt, formatSubnet, freePorts, freeSubnets, parseSubnet, routedSubnets, type Subnet } from './addresses.ts';
import { packFiles, userIds } from './archive.ts';
import {
  type HostLabels,
  isAlive,
  type LabSpecLabel,
  labelKeys,
  type Owner,
  type Purpose,
  readLabels,
  thisOwner,
  writeLabels,
} from './labels.ts';

/** The engine's words for a container, as far as they matter here. */
export type HostState = 'created' | 'running' | 'paused' | 'restarting' | 'exited' | 'dead' | 'removing';

export interface Host {
  readonly name: HostName;
  readonly kind: HostKind;
  readonly container: string;
  readonly image: string;
  readonly address: string;
  /** Container port -> port on `bind`. */
  readonly ports: Readonly<Record<number, number>>;
  readonly state: HostState;
}

/** Where a host's port is published. Throws LabError where it is not: then nothing of that kind runs there. */
export function publishedPort(host: Host, port: number): number {
  const published = host.ports[port];
  if (published === undefined) throw new LabError(`host ${host.name} publishes no port ${port}`);
  return published;
}

export interface Lab {
  readonly id: string;
  readonly name: string;
  readonly purpose: Purpose;
  readonly owner: Owner;
  /** Unix ms at which the first container was created. */
  readonly created: number;
  readonly spec: LabSpecLabel;
  readonly hosts: readonly Host[];
  /** Where published ports are reached. */
  readonly bind: string;
}

export interface NewLab {
  readonly name: string;
  readonly purpose: Purpose;
  /** Image references by host. */
  readonly images: Readonly<Record<HostName, string>>;
  readonly bind: string;
  /** Hosts whose Patroni is held back at the first start: whoever brings the lab up starts it. */
  readonly hold: (host: HostSpec) => boolean;
  readonly signal?: AbortSignal;
}

const namePattern = /^[a-z0-9][a-z0-9-]{0,30}$/;

/** Throws UsageError where the name cannot be a lab's. */
export function checkName(name: string): void {
  if (!namePattern.test(name)) {
    throw new UsageError(`${JSON.stringify(name)} cannot name a lab`, {
      hint: 'use 1 to 31 lower-case letters, digits and hyphens, beginning with a letter or digit',
    });
  }
}

const containerName = (lab: string, host: HostName) => `pglab-${lab}-${host}`;
const networkName = (id: string) => `pglab-${id}`;

/** Every lab on the engine, by name; half-made ones too. */
export async function listLabs(docker: Docker): Promise<Lab[]> {
  const containers = await docker.listContainers({ all: true, filters: { label: [labelKeys.lab] } });
  const byLab = new Map<string, { labels: HostLabels; info: Docker.ContainerInfo }[]>();
  for (const info of containers) {
    const labels = readLabels(info.Labels);
    if (labels.purpose === 'helper') continue;
    byLab.set(labels.lab, [...(byLab.get(labels.lab) ?? []), { labels, info }]);
  }
  return [...byLab.values()].map(readLab).sort((a, b) => a.name.localeCompare(b.name));
}

function readLab(parts: { labels: HostLabels; info: Docker.ContainerInfo }[]): Lab {
  const [first] = parts as [(typeof parts)[number]];
  const prefix = containerName('', '').length - 1;
  const name = (first.info.Names[0] ?? '').slice(1 + prefix, -(first.labels.host.length + 1));
  const bound = parts.flatMap(({ info }) => info.Ports.flatMap((port) => port.IP ?? []))[0] ?? '127.0.0.1';
  // Ports bound to every address are reached at this machine's own.
  const bind = ['0.0.0.0', '::'].includes(bound) ? '127.0.0.1' : bound;
  const hosts = parts
    .map(({ labels, info }): Host => {
      const endpoint = Object.values(info.NetworkSettings.Networks)[0];
      return {
        name: labels.host,
        kind: labels.kind,
        container: info.Id,
        image: info.Image,
        address: endpoint?.IPAMConfig?.IPv4Address ?? endpoint?.IPAddress ?? '',
        ports: labels.ports,
        state: info.State as HostState,
      };
    })
    .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
  return {
    id: first.labels.lab,
    name,
    purpose: first.labels.purpose,
    owner: first.labels.owner,
    created: Math.min(...parts.map(({ info }) => info.Created)) * 1000,
    spec: first.labels.spec,
    hosts,
    bind,
  };
}

/** Throws LabError, naming the labs there are, where none has that name. */
export async function findLab(docker: Docker, name: string): Promise<Lab> {
  const labs = await listLabs(docker);
  const lab = labs.find((each) => each.name === name);
  if (lab) return lab;
  throw new UsageError(`there is no lab named ${name}`, {
    hint: labs.length === 0 ? 'npm run lab:up' : `labs here: ${labs.map((each) => each.name).join(', ')}`,
  });
}

/** Written last into a lab's anchor; a lab of `hands` without it was left half-made by a command that died. */
const readyFile = '/etc/lab/ready';

/** The container whose name claims the lab's name, and which carries the marks of the whole lab. */
function anchorOf(lab: Lab): Host {
  const [first] = lab.spec.etcd;
  const anchor = lab.hosts.find((host) => host.name === first);
  if (!anchor) throw new LabError(`lab ${lab.name} has lost its anchor, ${first}`, { hint: `npm run lab:down -- --name ${lab.name}` });
  return anchor;
}

/** Says that the lab's bring-up is over. */
export async function markReady(docker: Docker, lab: Lab): Promise<void> {
  const tar = await packFiles([{ path: readyFile, text: `${new Date().toISOString()}\n`, mode: 0o644, owner: 'root' }]);
  await docker.getContainer(anchorOf(lab).container).putArchive(tar, { path: '/' });
}

export type Standing = 'up' | 'coming-up' | 'half-made' | 'orphaned';

/** Where a lab stands: finished, being made, or left behind by a process that is no more. */
export async function standing(docker: Docker, lab: Lab): Promise<Standing> {
  const alive = isAlive(lab.owner);
  if (lab.purpose === 'replay') return alive ? 'up' : 'orphaned';
  const anchor = lab.hosts.find((host) => host.name === lab.spec.etcd[0]);
  if (anchor && (await hasFile(docker, anchor.container, readyFile))) return 'up';
  return alive ? 'coming-up' : 'half-made';
}

async function hasFile(docker: Docker, container: string, path: string): Promise<boolean> {
  try {
    await docker.getContainer(container).infoArchive({ path });
    return true;
  } catch (error) {
    if (statusOf(error) === 404) return false;
    throw error;
  }
}

function statusOf(error: unknown): number | undefined {
  return (error as { statusCode?: number }).statusCode;
}

/**
 * Creates and starts every host of a blueprint. Throws UsageError where the name is taken (nothing of the other lab is
 * touched) and LabError where the engine refuses; whatever was made by then is removed again.
 */
export async function createLab(docker: Docker, blueprint: Blueprint, options: NewLab): Promise<Lab> {
  checkName(options.name);
  const id = randomBytes(6).toString('hex');
  try {
    const subnet = await createNetwork(docker, id, blueprint.hosts.length);
    const ctx: Making = { docker, blueprint, options, id, addresses: placeHosts(blueprint, subnet) };
    const anchorName = blueprint.etcd[0];
    const anchor = blueprint.hosts.find((host) => host.name === anchorName);
    if (!anchor) throw new LabError('a lab needs at least one etcd host');
    // Claims the name before anything else is made.
    const claimed = await createContainer(ctx, anchor, await choosePorts(ctx, anchor));
    await createSharedDisks(ctx);
    // The first members' way to a leader is the longest: hosts that have to wait for it are started after them.
    const waits = (host: HostSpec) => host.kind !== 'etcd' && options.hold(host);
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
  readonly blueprint: Blueprint;
  readonly options: NewLab;
  readonly id: string;
  readonly addresses: Readonly<Record<HostName, string>>;
}

/** Addresses by order in the blueprint, from the second one: the first is the gateway's. */
function placeHosts(blueprint: Blueprint, subnet: Subnet): Record<HostName, string> {
  return Object.fromEntries(blueprint.hosts.map((host, index) => [host.name, addressAt(subnet, index + 2)]));
}

async function createNetwork(docker: Docker, id: string, hosts: number): Promise<Subnet> {
  const networks = await docker.listNetworks();
  const taken = networks.flatMap((network) => (network.IPAM?.Config ?? []).flatMap((config) => parseSubnet(config.Subnet ?? '') ?? []));
  const candidates = freeSubnets([...taken, ...routedSubnets()], Math.random());
  for (const subnet of candidates) {
    if (hosts > 2 ** (32 - subnet.bits) - 4) throw new LabError(`a lab of ${hosts} hosts does not fit a /${subnet.bits} network`);
    try {
      await docker.createNetwork({
        Name: networkName(id),
        Driver: 'bridge',
        CheckDuplicate: true,
        IPAM: { Driver: 'default', Config: [{ Subnet: formatSubnet(subnet), Gateway: addressAt(subnet, 1) }] },
        Labels: { [labelKeys.lab]: id, [labelKeys.owner]: JSON.stringify(thisOwner()) },
      });
      return subnet;
    } catch (error) {
      // Another lab took the range between the look and the claim.
      if (!/overlap/i.test(String(error))) throw new LabError('the engine refused a network for the lab', { cause: error });
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

/** Disks that other hosts see as well, by volume. */
function sharedDisks({ blueprint, id }: Making): Map<string, string> {
  const volumes = blueprint.hosts.flatMap((host) =>
    host.disks.flatMap((disk) => (disk.from ? [sharedVolume(id, disk.from.host, disk.from.path)] : [])),
  );
  return new Map(
    blueprint.hosts.flatMap((host) =>
      host.disks.flatMap((disk): [string, string][] => {
        const volume = sharedVolume(id, host.name, disk.path);
        return disk.size !== undefined && volumes.includes(volume) ? [[volume, disk.size]] : [];
      }),
    ),
  );
}

/** A tmpfs that is there as long as one of its hosts runs (Docker documentation, "local" volume driver). */
async function createSharedDisks(ctx: Making): Promise<void> {
  for (const [volume, size] of sharedDisks(ctx)) {
    await ctx.docker.createVolume({
      Name: volume,
      Driver: 'local',
      DriverOpts: { type: 'tmpfs', device: 'tmpfs', o: tmpfsOptions(size) },
      Labels: { [labelKeys.lab]: ctx.id },
    });
  }
}

function mountsOf(ctx: Making, host: HostSpec): Pick<Docker.HostConfig, 'Tmpfs' | 'Mounts'> {
  const shared = sharedDisks(ctx);
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

/** Waits for all of them, whatever becomes of one: nothing may be made any more when the lab is removed. */
async function settle(work: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(work)) if (result.status === 'rejected') throw result.reason;
}

type Ports = Readonly<Record<number, number>>;

async function choosePorts(ctx: Making, host: HostSpec): Promise<Ports> {
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
      const down = Object.entries(host.services).flatMap(([service, state]) =>
        state === 'down' || (service === 'patroni' && ctx.options.hold(host)) ? [service] : [],
      );
      const files = [...host.files, ...down.map((service) => downFile(service))];
      await container.putArchive(await packFiles(files), { path: '/' });
      await container.start();
      return;
    } catch (error) {
      const portTaken = /port is already allocated|address already in use/i.test(String(error));
      if (!portTaken || attempt === 5) throw new LabError(`host ${host.name} could not be started`, { cause: error });
      await container.remove({ force: true, v: true });
      container = undefined;
    }
  }
}

/** runit starts no service whose folder holds a file named `down` (runsv(8)). */
function downFile(service: string) {
  return { path: `/etc/lab/services/${service}/down`, text: '', mode: 0o644, owner: 'root' } as const;
}

async function createContainer(ctx: Making, host: HostSpec, ports: Ports): Promise<Docker.Container> {
  const { blueprint, options, id, addresses } = ctx;
  const image = options.images[host.name];
  const address = addresses[host.name];
  if (image === undefined || address === undefined) throw new LabError(`host ${host.name} has no image or address`);
  const spec: LabSpecLabel = {
    preset: blueprint.preset,
    profile: blueprint.profile,
    clusters: blueprint.clusters,
    etcd: blueprint.etcd,
    secrets: blueprint.secrets,
  };
  try {
    return await ctx.docker.createContainer({
      name: containerName(options.name, host.name),
      Hostname: host.name,
      Image: image,
      Labels: writeLabels({ lab: id, host: host.name, kind: host.kind, purpose: options.purpose, owner: thisOwner(), ports, spec }),
      ExposedPorts: Object.fromEntries(host.publish.map((port) => [`${port}/tcp`, {}])),
      StopSignal: 'SIGTERM',
      StopTimeout: 90,
      HostConfig: {
        NetworkMode: networkName(id),
        // Fixed for the lab's life: the engine would choose anew at each start, which breaks a printed connection string.
        PortBindings: Object.fromEntries(
          Object.entries(ports).map(([port, on]) => [`${port}/tcp`, [{ HostIp: options.bind, HostPort: String(on) }]]),
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

function tmpfsOptions(size: string): string {
  return `size=${size},mode=0700,uid=${userIds.postgres},gid=${userIds.postgres}`;
}

/** What to tell somebody who wants a name that a lab has. */
export async function nameTaken(docker: Docker, name: string): Promise<LabError> {
  const other = (await listLabs(docker)).find((lab) => lab.name === name);
  const comingUp = other !== undefined && (await standing(docker, other)) === 'coming-up';
  return new UsageError(
    comingUp ? `a lab named ${name} is being brought up by process ${other.owner.pid}` : `a lab named ${name} is already up`,
    {
      hint: `npm run lab:status -- --name ${name} shows it, npm run lab:down -- --name ${name} removes it; --name gives a new lab another name`,
    },
  );
}

/** How long somebody else may take to remove the same containers. */
const othersPatience = seconds(20);

/** Removes containers, volumes and network of a lab, whatever state it is in. Does nothing where there is none. */
export async function removeLab(docker: Docker, id: string): Promise<void> {
  const filters = { label: [`${labelKeys.lab}=${id}`] };
  const list = () => docker.listContainers({ all: true, filters });
  const containers = await list();
  await Promise.all(containers.map(({ Id }) => gone(docker.getContainer(Id).remove({ force: true, v: true }))));
  // Where another process is at it too, the network is in use, and the names taken, until it has finished.
  if (containers.length > 0) await poll(list, (left) => left.length === 0, { within: othersPatience });
  const [networks, { Volumes: volumes }] = await Promise.all([
    docker.listNetworks({ filters }),
    docker.listVolumes({ filters: JSON.stringify(filters) as never }),
  ]);
  await Promise.all([
    ...networks.map(({ Id }) => gone(docker.getNetwork(Id).remove())),
    ...volumes.map(({ Name }) => gone(docker.getVolume(Name).remove())),
  ]);
}

/** Ids of labs of which only a network is left, because the command that made it died before the first container. */
export async function strayNetworks(docker: Docker): Promise<string[]> {
  const [networks, containers] = await Promise.all([
    docker.listNetworks({ filters: { label: [labelKeys.lab] } }),
    docker.listContainers({ all: true, filters: { label: [labelKeys.lab] } }),
  ]);
  const inUse = new Set(containers.map((container) => container.Labels[labelKeys.lab]));
  return networks.flatMap((network) => {
    const lab = network.Labels?.[labelKeys.lab];
    const owner = network.Labels?.[labelKeys.owner];
    return lab === undefined || inUse.has(lab) || (owner !== undefined && isAlive(JSON.parse(owner) as Owner)) ? [] : [lab];
  });
}

/** Ids of everything that any lab has on the engine: hosts and helpers, and networks without hosts whose maker is no more. */
export async function everyLabId(docker: Docker): Promise<string[]> {
  const containers = await docker.listContainers({ all: true, filters: { label: [labelKeys.lab] } });
  return [...new Set([...containers.flatMap(({ Labels }) => Labels[labelKeys.lab] ?? []), ...(await strayNetworks(docker))])];
}

/** Somebody else may be removing the same thing. */
async function gone(removal: Promise<unknown>): Promise<void> {
  try {
    await removal;
  } catch (error) {
    const status = statusOf(error);
    if (status !== 404 && !(status === 409 && /already in progress/.test(String(error)))) throw error;
  }
}
