/**
 * Snapshots of labs: every host's container committed as an image. Made whole by the last image, which names all the others:
 * a snapshot without it, or with an image missing, is none. Knows nothing of Patroni.
 */
import type Docker from 'dockerode';
import { LabError, UsageError } from '../core/problem.ts';
import type { Blueprint, HostName } from '../topology/blueprint.ts';
import { givenTag, label } from './build.ts';
import { statusOf } from './connect.ts';
import { anchorOf, type Host, type Lab } from './lab.ts';
import { type ClusterStanding, type HostDown, type SnapshotKind, snapshotLabels } from './snapshot-labels.ts';

export interface Snapshot {
  readonly name: string;
  readonly kind: SnapshotKind;
  /** Unix ms. */
  readonly created: number;
  /** Bytes that its images take beyond those they were made on. */
  readonly size: number;
  readonly blueprint: Blueprint;
  /** Image ids by host. */
  readonly images: Readonly<Record<HostName, string>>;
  /** Hosts of which something was down. */
  readonly down: Readonly<Record<HostName, HostDown>>;
  readonly clusters: ClusterStanding;
}

export interface NewSnapshot {
  readonly name: string;
  readonly kind: SnapshotKind;
  readonly blueprint: Blueprint;
  readonly clusters: ClusterStanding;
  readonly down: Readonly<Record<HostName, HostDown>>;
}

const repository = 'pglab/snapshot';

/** Every whole snapshot on the engine, the oldest first. */
export async function listSnapshots(docker: Docker): Promise<Snapshot[]> {
  const all = await docker.listImages();
  return snapshotsAmong(all);
}

/** The pure part. */
export function snapshotsAmong(images: readonly Docker.ImageInfo[]): Snapshot[] {
  const sizes = new Map(images.map(({ Id, Size }) => [Id, Size]));
  const baseSize = ({ Labels, ParentId }: Docker.ImageInfo) => Number(Labels[snapshotLabels.base] ?? sizes.get(ParentId) ?? 0);
  const own = images.filter((image) => image.Labels?.[snapshotLabels.snapshot] !== undefined && image.RepoTags?.some(isOurs));
  const present = new Set(own.map(({ Id }) => Id));
  return own
    .flatMap((image): Snapshot[] => {
      const { [snapshotLabels.blueprint]: blueprint, [snapshotLabels.snapshot]: name = '', ...labels } = image.Labels;
      if (!blueprint) return [];
      const host = labels[snapshotLabels.host] ?? '';
      const others = JSON.parse(labels[snapshotLabels.images] ?? '{}') as Record<HostName, string>;
      const ids = { ...others, [host]: image.Id };
      if (!Object.values(ids).every((id) => present.has(id))) return [];
      const parts = own.filter(({ Id }) => Object.values(ids).includes(Id));
      return [
        {
          name,
          kind: labels[snapshotLabels.kind] as SnapshotKind,
          created: image.Created * 1000,
          size: parts.reduce((sum, part) => sum + Math.max(0, part.Size - baseSize(part)), 0),
          blueprint: JSON.parse(blueprint) as Blueprint,
          images: ids,
          down: JSON.parse(labels[snapshotLabels.down] ?? '{}') as Record<HostName, HostDown>,
          clusters: JSON.parse(labels[snapshotLabels.clusters] ?? '{}') as ClusterStanding,
        },
      ];
    })
    .sort((a, b) => a.created - b.created);
}

const isOurs = (tag: string) => givenTag(tag).startsWith(`${repository}:`);

/** Names of all there is, whole or not. */
export async function snapshotNames(docker: Docker): Promise<string[]> {
  const images = await docker.listImages({ filters: { label: [snapshotLabels.snapshot] } });
  const own = images.filter(({ RepoTags }) => RepoTags?.some(isOurs));
  return [...new Set(own.flatMap(({ Labels }) => Labels[snapshotLabels.snapshot] ?? []))].sort();
}

/** Undefined where there is none, or where it is not whole. */
export async function findSnapshot(docker: Docker, name: string): Promise<Snapshot | undefined> {
  return (await listSnapshots(docker)).find((snapshot) => snapshot.name === name);
}

/** overlay2 takes 128 layers, and a fork's container is one of them (Docker, daemon/graphdriver/overlay2). */
const mostLayers = 126;

/**
 * Commits every host as it is; whoever calls has stopped or frozen them all. Throws UsageError where a host's data lives on a disk
 * of its own, which no commit holds, or where its image has as many layers as the engine can stack.
 */
export async function takeSnapshot(docker: Docker, lab: Lab, snapshot: NewSnapshot): Promise<void> {
  await Promise.all(lab.hosts.map((host) => checkHost(docker, host, snapshot.name)));
  await removeSnapshot(docker, snapshot.name);
  const anchor = anchorOf(lab);
  const others = lab.hosts.filter((host) => host !== anchor);
  try {
    const ids = await Promise.all(others.map(async (host) => [host.name, await commit(docker, host, snapshot, {})] as const));
    await commit(docker, anchor, snapshot, {
      [snapshotLabels.blueprint]: JSON.stringify(snapshot.blueprint),
      [snapshotLabels.images]: JSON.stringify(Object.fromEntries(ids)),
      [snapshotLabels.down]: JSON.stringify(snapshot.down),
      [snapshotLabels.clusters]: JSON.stringify(snapshot.clusters),
    });
  } catch (error) {
    await removeSnapshot(docker, snapshot.name);
    throw new LabError(`the snapshot ${snapshot.name} could not be made`, { cause: error });
  }
}

async function checkHost(docker: Docker, host: Host, name: string): Promise<void> {
  const { HostConfig: config, Image, Mounts = [] } = await docker.getContainer(host.container).inspect();
  const disks = [...Object.keys(config.Tmpfs ?? {}), ...Mounts.map(({ Destination }) => Destination)];
  if (disks.length > 0) {
    throw new UsageError(`${host.name} has a disk of its own at ${disks.join(' and ')}, which no snapshot holds`, {
      hint: 'labs with sized or shared disks can only be brought up fresh',
    });
  }
  const { RootFS } = await docker.getImage(Image).inspect();
  if ((RootFS.Layers ?? []).length < mostLayers) return;
  throw new UsageError(`${name} would be a fork of forks ${mostLayers} layers deep, and the engine stacks no more`, {
    hint: 'snapshot a lab that was brought up fresh',
  });
}

async function commit(docker: Docker, host: Host, { name, kind }: NewSnapshot, last: Readonly<Record<string, string>>): Promise<string> {
  const labels = { [snapshotLabels.snapshot]: name, [snapshotLabels.kind]: kind, [snapshotLabels.host]: host.name, ...last };
  const tag = `${name}-${host.name}`;
  // The body is a container's configuration, laid over that of the host (Docker Engine API, ImageCommit).
  const request = { _query: { container: host.container, repo: repository, tag, pause: false }, _body: { Labels: labels } };
  const committed: unknown = await docker.getContainer(host.container).commit(request);
  const { Id: id } = committed as { Id: string };
  const { Config, Parent } = await docker.getImage(id).inspect();
  if (Config.Labels?.[snapshotLabels.snapshot] === name) return id;
  // Podman passes over the body. Labels make another image, whose parent is this one.
  const { Size: base } = await docker.getImage(Parent).inspect();
  return label(docker, id, { ...labels, [snapshotLabels.base]: String(base) }, { image: tag, args: {}, tag: `${repository}:${tag}` });
}

/** Removes what there is of a snapshot. False where a fork still uses it; then nothing is lost, and it may be removed later. */
export async function removeSnapshot(docker: Docker, name: string): Promise<boolean> {
  const images = await docker.listImages({ filters: { label: [`${snapshotLabels.snapshot}=${name}`] } });
  const makesWhole = (image: Docker.ImageInfo) => Boolean(image.Labels[snapshotLabels.blueprint]);
  // The image that makes it whole goes first, unless a fork runs on it: then all of them stay.
  const ordered = [...images.filter(makesWhole), ...images.filter((image) => !makesWhole(image))];
  for (const tag of ordered.flatMap(({ RepoTags }) => RepoTags?.filter(isOurs) ?? [])) if (!(await removeTag(docker, tag))) return false;
  return true;
}

async function removeTag(docker: Docker, tag: string): Promise<boolean> {
  try {
    await docker.getImage(tag).remove();
    return true;
  } catch (error) {
    if (statusOf(error) === 404) return true;
    if (statusOf(error) === 409) return false;
    throw error;
  }
}
