/** A lab on the engine: found again from its containers, removed whole. Knows nothing of Patroni. */
import type Docker from 'dockerode';
import { poll } from '../core/deadline.ts';
import { type Millis, seconds } from '../core/duration.ts';
import { LabError, UnsupportedError, UsageError } from '../core/problem.ts';
import { settle } from '../core/settle.ts';
import type { HostKind, HostName } from '../topology/blueprint.ts';
import { packFiles } from './archive.ts';
import { statusOf } from './connect.ts';
import { type HostLabels, isAlive, type LabSpecLabel, labelKeys, type Owner, type Purpose, readLabels, readPoolName } from './labels.ts';

/** The engine's words for a container, as far as they matter here. */
export type HostState = 'created' | 'running' | 'paused' | 'restarting' | 'exited' | 'dead' | 'removing';

export interface Host {
  readonly name: HostName;
  readonly kind: HostKind;
  /** The container's name: whatever takes its place has it too. */
  readonly container: string;
  readonly image: string;
  readonly address: string;
  /** Container port -> port at `at`. */
  readonly ports: Readonly<Record<number, number>>;
  /** Where its ports are reached: where they are published, or in a lab that publishes none the host itself. */
  readonly at: string;
  readonly state: HostState;
}

/** Where a program is reached from here. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
  /** How long a connection may take, ms. */
  readonly patience: number;
}

/** A kernel beside this one takes a connection at once, whatever its programs do. Nobody refuses it for a host that is gone. */
const patience = { direct: 250, published: 1000 } as const;

/** Of what listens on a host's `port`; undefined where nothing of that kind runs there. */
export function endpointOf({ address, at, ports }: Pick<Host, 'address' | 'at' | 'ports'>, port: number): Endpoint | undefined {
  const reached = ports[port];
  if (reached === undefined) return undefined;
  return { address: at, port: reached, patience: at === address ? patience.direct : patience.published };
}

export interface Lab {
  readonly id: string;
  readonly name: string;
  readonly purpose: Purpose;
  readonly owner: Owner;
  /** Unix ms at which the first container was created. */
  readonly created: number;
  /** When the engine was asked for it, Unix ms by this machine's clock: its hosts' states are of then or later. */
  readonly seen: number;
  readonly spec: LabSpecLabel;
  readonly hosts: readonly Host[];
  /** Where published ports are reached. */
  readonly bind: string;
}

/** What names of labs and snapshots look like: they become part of containers' names and images' tags. */
export const namePattern = /^[a-z0-9][a-z0-9-]{0,30}$/;

/** Throws UsageError where the name cannot be a lab's. */
export function checkName(name: string): void {
  if (!namePattern.test(name)) {
    throw new UsageError(`${JSON.stringify(name)} cannot name a lab`, {
      hint: 'use 1 to 31 lower-case letters, digits and hyphens, beginning with a letter or digit',
    });
  }
}

const namePrefix = 'pglab-';
export const containerName = (lab: string, host: HostName) => `${namePrefix}${lab}-${host}`;
export const networkName = (id: string) => `pglab-${id}`;

/**
 * Containers of all labs, or of one, helpers too. One that somebody else made and gave one of our labels is none of them; nor one that
 * was run from a snapshot's image, which has its host's labels and not its name.
 */
async function ourContainers(docker: Docker, id?: string): Promise<Docker.ContainerInfo[]> {
  const lab = id === undefined ? labelKeys.lab : `${labelKeys.lab}=${id}`;
  const containers = await docker.listContainers({ all: true, filters: { label: [lab, labelKeys.host] } });
  return containers.filter(({ Names, Labels }) => Names[0]?.startsWith(`/${namePrefix}`) || Labels[labelKeys.purpose] === 'helper');
}

/** Every lab on the engine, by name; half-made ones too. */
export async function listLabs(docker: Docker): Promise<Lab[]> {
  const seen = Date.now();
  const containers = await ourContainers(docker);
  const byLab = new Map<string, { labels: HostLabels; info: Docker.ContainerInfo }[]>();
  for (const info of containers) {
    const labels = readLabels(info.Labels, info.Names[0]?.slice(1) ?? info.Id);
    if (labels.purpose === 'helper') continue;
    byLab.set(labels.lab, [...(byLab.get(labels.lab) ?? []), { labels, info }]);
  }
  return [...byLab.values()].map((parts) => readLab(parts, seen)).sort((a, b) => a.name.localeCompare(b.name));
}

function readLab(parts: { labels: HostLabels; info: Docker.ContainerInfo }[], seen: number): Lab {
  const [first] = parts as [(typeof parts)[number]];
  const name = (first.info.Names[0] ?? '').slice(1 + namePrefix.length, -(first.labels.host.length + 1));
  const bound = parts.flatMap(({ info }) => info.Ports.flatMap((port) => port.IP ?? []))[0] ?? '127.0.0.1';
  // Ports bound to every address are reached at this machine's own.
  const bind = ['0.0.0.0', '::'].includes(bound) ? '127.0.0.1' : bound;
  const hosts = parts
    .map(({ labels, info }): Host => {
      const network = Object.values(info.NetworkSettings.Networks)[0];
      const address = network?.IPAMConfig?.IPv4Address ?? network?.IPAddress ?? '';
      return {
        name: labels.host,
        kind: labels.kind,
        container: (info.Names[0] ?? '').slice(1),
        image: info.Image,
        address,
        ports: labels.ports,
        at: labels.spec.direct ? address : bind,
        state: info.State as HostState,
      };
    })
    .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
  return {
    id: first.labels.lab,
    name,
    ...(first.labels.purpose === 'pool'
      ? readPoolName(name, first.labels.owner)
      : { purpose: first.labels.purpose, owner: first.labels.owner }),
    created: Math.min(...parts.map(({ info }) => info.Created)) * 1000,
    seen,
    spec: first.labels.spec,
    hosts,
    bind,
  };
}

/** Whether it is gone, or on its way: the engine stops a host before it removes it. */
export async function isBeingRemoved(docker: Docker, { container }: Host): Promise<boolean> {
  try {
    const { Status } = (await docker.getContainer(container).inspect()).State;
    return Status === 'removing' || Status === 'dead';
  } catch (error) {
    if (isRemoved(error)) return true;
    throw error;
  }
}

/** Whether any host of the lab is left: hosts that are removed may be about to be made anew under another name. */
export async function isThere(docker: Docker, { id }: Pick<Lab, 'id'>): Promise<boolean> {
  return (await listLabs(docker)).some((lab) => lab.id === id);
}

/** Throws LabError, naming the labs there are, where none has that name. */
export async function findLab(docker: Docker, name: string): Promise<Lab> {
  const labs = await listLabs(docker);
  const lab = labs.find((each) => each.name === name);
  if (lab) return lab;
  // Those of a replay or of the pool are nobody's to work with.
  const hands = labs.filter(({ purpose }) => purpose === 'hands');
  const ours = (hands.length > 0 ? hands : labs).map((each) => each.name);
  throw new UsageError(`there is no lab named ${name}`, {
    hint: ours.length === 0 ? 'npm run lab:up' : `labs here: ${ours.join(', ')}; --name says which is meant`,
  });
}

/**
 * Written last into a lab's anchor; a lab of `hands` without it was left half-made by a command that died. It names the lab, since a
 * fork begins with the files of the lab that it was made of.
 */
const readyFile = ({ id }: Pick<Lab, 'id'>) => `/etc/lab/ready-${id}`;

/** The container whose name claims the lab's name, and which carries the marks of the whole lab. */
export function anchorOf(lab: Lab): Host {
  const [first] = lab.spec.etcd;
  const anchor = lab.hosts.find((host) => host.name === first);
  if (!anchor) throw new LabError(`lab ${lab.name} has lost its anchor, ${first}`, { hint: `npm run lab:down -- --name ${lab.name}` });
  return anchor;
}

/** Says that the lab's bring-up is over. */
export async function markReady(docker: Docker, lab: Lab): Promise<void> {
  const tar = await packFiles([{ path: readyFile(lab), text: `${new Date().toISOString()}\n`, mode: 0o644, owner: 'root' }]);
  await docker.getContainer(anchorOf(lab).container).putArchive(tar, { path: '/' });
}

/**
 * Gives a lab another name. False where another process was quicker: whoever renames the anchor from its old name has the lab.
 * Throws UsageError where the new name is taken.
 */
export async function renameLab(docker: Docker, lab: Lab, name: string): Promise<boolean> {
  const anchor = anchorOf(lab);
  try {
    await docker.getContainer(containerName(lab.name, anchor.name)).rename({ name: containerName(name, anchor.name) });
  } catch (error) {
    if (statusOf(error) === 404) return false;
    if (statusOf(error) === 409) throw await nameTaken(docker, name);
    throw error;
  }
  const others = lab.hosts.filter((host) => host !== anchor);
  await Promise.all(others.map((host) => docker.getContainer(host.container).rename({ name: containerName(name, host.name) })));
  return true;
}

/** Stops every process of hosts where it is, or lets them go on. */
export async function freezeHosts(docker: Docker, hosts: readonly Host[]): Promise<void> {
  await settle(hosts.map(({ container }) => freezeContainer(docker.getContainer(container))));
}
export async function thawHosts(docker: Docker, hosts: readonly Host[]): Promise<void> {
  await Promise.all(hosts.map(({ container }) => docker.getContainer(container).unpause()));
}

/** Throws UnsupportedError where the engine has no freezer: a rootless one is given none under cgroups v1. */
export async function freezeContainer(container: Docker.Container): Promise<void> {
  try {
    await pause(container);
  } catch (error) {
    if (!/freezer|cgroup/i.test(String(error))) throw error;
    throw new UnsupportedError('this engine cannot freeze hosts: it has no cgroups of its own', {
      detail: [String((error as Error).message).trim()],
      hint: 'a rootless engine can where systemd gives it cgroups v2, any other where it runs as root',
    });
  }
}

/**
 * runc lets everything go on, and says that it is unable to freeze, where a process forks or waits for the disk whenever it looks
 * (cgroups v1; libcontainer/cgroups/fs/freezer.go). A busy host takes it several tries.
 */
async function pause(container: Docker.Container): Promise<void> {
  let refusal: unknown;
  const tried = async () => {
    try {
      await container.pause();
      return true;
    } catch (error) {
      if (!/unable to freeze/.test(String(error))) throw error;
      refusal = error;
      return false;
    }
  };
  if (!(await poll(tried, Boolean, { within: seconds(10) })).met) throw refusal;
}

/** Throws LabError where there is none. */
export function hostNamed(lab: Lab, name: string): Host {
  const host = lab.hosts.find((each) => each.name === name);
  if (!host) throw new LabError(`lab ${lab.name} has no host ${name}`);
  return host;
}

export type Standing = 'up' | 'coming-up' | 'half-made' | 'orphaned';

/** Where a lab stands: finished, being made, or left behind by a process that is no more. */
export async function standing(docker: Docker, lab: Lab): Promise<Standing> {
  const alive = isAlive(lab.owner);
  if (lab.purpose === 'replay') return alive ? 'up' : 'orphaned';
  const anchor = lab.hosts.find((host) => host.name === lab.spec.etcd[0]);
  if (anchor && (await hasFile(docker, anchor, readyFile(lab)))) return 'up';
  return alive ? 'coming-up' : 'half-made';
}

async function hasFile(docker: Docker, host: Host, path: string): Promise<boolean> {
  try {
    await docker.getContainer(host.container).infoArchive({ path });
    return true;
  } catch (error) {
    // One that is being removed has lost its files already, and the engine does not call that "not found".
    if (statusOf(error) === 404 || (await isBeingRemoved(docker, host))) return false;
    throw error;
  }
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

/** Stops hosts as `docker stop` would, all at once: their services end in order. Throws LabError where one had to be killed. */
export async function stopHosts(docker: Docker, hosts: readonly Host[]): Promise<void> {
  await Promise.all(
    hosts.map(async ({ name, container }) => {
      const host = docker.getContainer(container);
      await host.stop().catch((error: unknown) => {
        if (statusOf(error) !== 304) throw error;
      });
      const { State } = await host.inspect();
      if (State.ExitCode !== 0) throw new LabError(`host ${name} did not stop cleanly (exit code ${State.ExitCode})`);
    }),
  );
}

/** How long somebody else may take to remove the same containers. */
const othersPatience = seconds(20);

/** The same where the engine has none of them any more: it is at the last of it, or has lost count (`removeLab`). */
const strayPatience = seconds(2);

/**
 * Removes containers, volumes and network of a lab, whatever state it is in. Does nothing where there is none. Returns names of
 * networks that stay: once in some thousand labs Docker 20.10 counts an endpoint in a network that it lists nobody in, and lets go of
 * the network only when it is restarted.
 */
export async function removeLab(docker: Docker, id: string): Promise<readonly string[]> {
  const filters = { label: [`${labelKeys.lab}=${id}`] };
  const list = () => ourContainers(docker, id);
  const containers = await list();
  await removeContainers(
    docker,
    containers.map(({ Id }) => Id),
  );
  // Where another process is at it too, the network is in use, and the names taken, until it has finished.
  if (containers.length > 0) await poll(list, (left) => left.length === 0, { within: othersPatience });
  const [networks, { Volumes: volumes }] = await Promise.all([
    docker.listNetworks({ filters }),
    docker.listVolumes({ filters: JSON.stringify(filters) as never }),
  ]);
  const patience = containers.length > 0 ? othersPatience : strayPatience;
  const [stuck] = await Promise.all([
    Promise.all(networks.map(async ({ Id, Name }) => ((await removeNetwork(docker, Id, patience)) ? [] : [Name]))),
    ...volumes.map(({ Name }) => gone(docker.getVolume(Name).remove())),
  ]);
  return stuck.flat();
}

/** Removes containers whatever they do, with the volumes that are theirs alone. */
export async function removeContainers(docker: Docker, ids: readonly string[]): Promise<void> {
  const containers = ids.map((id) => docker.getContainer(id));
  // Podman stops them first as `docker stop` would, which takes a minute without the lab's etcd; Docker kills them itself.
  if (await isPodman(docker)) await Promise.allSettled(containers.map((container) => container.kill()));
  await Promise.all(containers.map((container) => gone(container.remove({ force: true, v: true }))));
}

const podmans = new WeakMap<Docker, Promise<boolean>>();

/** An engine stays what it is: it is asked once. */
export function isPodman(docker: Docker): Promise<boolean> {
  const known = podmans.get(docker) ?? askWhetherPodman(docker);
  podmans.set(docker, known);
  known.catch(() => podmans.delete(docker));
  return known;
}

async function askWhetherPodman(docker: Docker): Promise<boolean> {
  const { Components } = (await docker.version()) as { readonly Components?: readonly { readonly Name: string }[] };
  return Components?.some(({ Name }) => Name === 'Podman Engine') ?? false;
}

/** Whether it is gone. The engine refuses (403) while it still takes the last container off, which another process may have removed. */
async function removeNetwork(docker: Docker, id: string, within: Millis): Promise<boolean> {
  const removed = async () => {
    try {
      await gone(docker.getNetwork(id).remove());
      return true;
    } catch (error) {
      if (statusOf(error) === 403) return false;
      throw error;
    }
  };
  return (await poll(removed, Boolean, { within })).met;
}

/** Ids of labs of which only a network is left, because the command that made it died before the first container. */
export async function strayNetworks(docker: Docker): Promise<string[]> {
  const [networks, containers] = await Promise.all([docker.listNetworks({ filters: { label: [labelKeys.lab] } }), ourContainers(docker)]);
  const inUse = new Set(containers.map((container) => container.Labels[labelKeys.lab]));
  return networks.flatMap((network) => {
    const lab = network.Labels?.[labelKeys.lab];
    const owner = network.Labels?.[labelKeys.owner];
    return lab === undefined || inUse.has(lab) || (owner !== undefined && isAlive(JSON.parse(owner) as Owner)) ? [] : [lab];
  });
}

/** Ids of everything that any lab has on the engine: hosts and helpers, and networks without hosts whose maker is no more. */
export async function everyLabId(docker: Docker): Promise<string[]> {
  const containers = await ourContainers(docker);
  return [...new Set([...containers.flatMap(({ Labels }) => Labels[labelKeys.lab] ?? []), ...(await strayNetworks(docker))])];
}

/** What the engine answers of a container that is gone, or going. */
export function isRemoved(error: unknown): boolean {
  return statusOf(error) === 404 || (statusOf(error) === 409 && /dead or marked for removal/.test(String(error)));
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
