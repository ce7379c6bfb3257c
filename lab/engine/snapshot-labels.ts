/** What the image of a snapshot's host remembers: a snapshot, like a lab, is found again from the engine alone. */
import type { HostName, ServiceName } from '../topology/blueprint.ts';

export const snapshotLabels = {
  /** The snapshot's name; the same on all of its images. */
  snapshot: 'pglab.snapshot',
  kind: 'pglab.snapshot.kind',
  host: 'pglab.snapshot.host',
  /** Bytes of the image that the host ran on, where that is not the image's parent. */
  base: 'pglab.snapshot.base',
  /** On the last image only, which makes the snapshot whole: the blueprint, and the id of every other image by host. */
  blueprint: 'pglab.snapshot.blueprint',
  images: 'pglab.snapshot.images',
  /** On the last image: hosts and services that were down, JSON. */
  down: 'pglab.snapshot.down',
  /** On the last image: leaders and streaming standbys by cluster, JSON. */
  clusters: 'pglab.snapshot.clusters',
} as const;

/** How much of a host was down: all of it, all of it but its memory (`docker pause`), or some services. */
export type HostDown = 'stopped' | 'frozen' | readonly ServiceName[];

/** `golden`: made by the lab for itself, named by a hash of all that made it. `named`: frozen by a person or a scenario. */
export type SnapshotKind = 'golden' | 'named';

/** How the names of golden snapshots begin, and no others. */
export const goldenPrefix = 'golden-';

export function isGolden(snapshot: string): boolean {
  return snapshot.startsWith(goldenPrefix);
}

/** How each cluster that had a leader stood at the snapshot; a fork is healthy once it stands so again. */
export type ClusterStanding = Readonly<Record<string, Standing>>;

export interface Standing {
  readonly leader: HostName;
  /** Standbys that streamed from it. */
  readonly streaming: readonly HostName[];
  /** Whether its WAL reached the archive. */
  readonly archiving: boolean;
}
