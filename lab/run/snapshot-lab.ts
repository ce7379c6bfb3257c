/** Freezes a running lab as it is, broken or not: every host stops at one moment, is kept as an image, and goes on. */
import { UsageError } from '../core/problem.ts';
import { settle } from '../core/settle.ts';
import { runCommand } from '../engine/commands.ts';
import type { Docker } from '../engine/connect.ts';
import { trainOf } from '../engine/images.ts';
import { freezeContainer, type Host, type Lab, namePattern } from '../engine/lab.ts';
import { type ClusterStanding, type HostDown, isGolden, type Standing } from '../engine/snapshot-labels.ts';
import { removeSnapshot, snapshotNames, takeSnapshot } from '../engine/snapshots.ts';
import { lookAtCluster } from '../observe/cluster.ts';
import { ask, serverOf } from '../observe/postgres.ts';
import type { Blueprint, ClusterSpec, HostSpec, ServiceName } from '../topology/blueprint.ts';

/** What a run calls its own snapshots by: they are found, and removed, by the lab's name. */
export function snapshotName(lab: Pick<Lab, 'name'>, name: string): string {
  return `${lab.name}.${name}`;
}

/** Removes the snapshots that a run made of its lab. */
export async function removeSnapshotsOf(docker: Docker, lab: Pick<Lab, 'name'>): Promise<void> {
  const own = (await snapshotNames(docker)).filter((name) => name.startsWith(snapshotName(lab, '')));
  for (const name of own) await removeSnapshot(docker, name);
}

/** Throws UsageError where the lab cannot be kept in images, LabError where the engine refuses; the lab goes on either way. */
export async function snapshotLab(docker: Docker, lab: Lab, name: string): Promise<void> {
  const [clusters, down, hosts] = await Promise.all([
    standingOf(lab),
    Promise.all(lab.hosts.map(async (host) => [host.name, await downOn(docker, host)] as const)),
    Promise.all(lab.hosts.map((host) => specOf(docker, host))),
  ]);
  const running = lab.hosts.filter(({ state }) => state === 'running').map(({ container }) => docker.getContainer(container));
  const frozen: typeof running = [];
  try {
    // One moment for all, or a standby would be ahead of its leader.
    await settle(
      running.map(async (container) => {
        await freezeContainer(container);
        frozen.push(container);
      }),
    );
    await takeSnapshot(docker, lab, {
      name,
      kind: 'named',
      blueprint: blueprintOf(lab, hosts),
      clusters,
      down: Object.fromEntries(down.flatMap(([host, what]) => (what === undefined ? [] : [[host, what]]))),
    });
  } finally {
    await Promise.all(frozen.map((container) => container.unpause()));
  }
}

async function standingOf(lab: Lab): Promise<ClusterStanding> {
  const awake = { ...lab, hosts: lab.hosts.filter(({ state }) => state === 'running') };
  const all = await Promise.all(lab.spec.clusters.map(async (cluster) => [cluster.name, await clusterStanding(awake, cluster)] as const));
  return Object.fromEntries(all.flatMap(([name, standing]) => (standing ? [[name, standing]] : [])));
}

async function clusterStanding(lab: Lab, cluster: ClusterSpec): Promise<Standing | undefined> {
  const { leader, members } = await lookAtCluster(lab, cluster);
  const host = lab.hosts.find(({ name }) => name === leader);
  if (!host) return undefined;
  const streaming = Object.entries(members).flatMap(([name, { state }]) => (state === 'streaming' ? [name] : []));
  const [[archiving] = []] = await ask(serverOf(lab, host), archiverQuestion).catch(() => []);
  return { leader: host.name, streaming, archiving: archiving === true };
}

const archiverQuestion = "select coalesce(last_archived_time > coalesce(last_failed_time, '-infinity'), false) from pg_stat_archiver";

async function downOn(docker: Docker, host: Host): Promise<HostDown | undefined> {
  if (host.state === 'paused') return 'frozen';
  if (host.state !== 'running') return 'stopped';
  const look = 'cd /etc/lab/services && for s in *; do case $(sv status "./$s") in down:*) echo "$s" ;; esac; done';
  const { stdout } = await runCommand(docker, host.container, { user: 'root', argv: ['sh', '-c', look] });
  const services = stdout.split('\n').filter((line) => line !== '') as ServiceName[];
  return services.length === 0 ? undefined : services;
}

/** What a fork's host is made of; its files are in its image. */
async function specOf(docker: Docker, host: Host): Promise<HostSpec> {
  const image = { kind: host.kind, train: await trainOf(docker, host.image), versions: {} };
  return { name: host.name, kind: host.kind, image, services: {}, files: [], disks: [], publish: Object.keys(host.ports).map(Number) };
}

function blueprintOf({ spec }: Lab, hosts: readonly HostSpec[]): Blueprint {
  const { asked, preset, profile, clusters, etcd, secrets } = spec;
  return { ...(asked ? { asked } : {}), preset, profile, clusters, etcd, secrets, hosts };
}

/** Throws UsageError where the name cannot be a snapshot's. */
export function checkSnapshotName(name: string): void {
  if (namePattern.test(name) && !isGolden(name)) return;
  throw new UsageError(`${JSON.stringify(name)} cannot name a snapshot`, {
    hint: 'use 1 to 31 lower-case letters, digits and hyphens, not beginning with a hyphen or "golden-"',
  });
}
