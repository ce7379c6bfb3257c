/**
 * Golden labs: a lab brought up once, stopped cleanly and kept as a snapshot under a hash of everything that made it, so that the
 * next one like it is a fork. Decides which labs have one; how a snapshot is kept is the engine's business.
 */
import { createHash } from 'node:crypto';
import type { Problem } from '../core/problem.ts';
import { claim } from '../engine/claim.ts';
import { pausePatroni, resumeAtStart } from '../engine/commands.ts';
import type { Docker } from '../engine/connect.ts';
import type { NewLab } from '../engine/create-lab.ts';
import { ensureImages, type ImageProgress, imageKey } from '../engine/images.ts';
import { hostNamed, type Lab, listLabs, removeLab, stopHosts } from '../engine/lab.ts';
import { type ClusterStanding, goldenPrefix } from '../engine/snapshot-labels.ts';
import { findSnapshot, type Snapshot, takeSnapshot } from '../engine/snapshots.ts';
import { readTrains } from '../engine/trains.ts';
import type { Blueprint, ClusterSpec } from '../topology/blueprint.ts';
import { draft, placeholders } from '../topology/draft.ts';
import type { LabSpec } from '../topology/overlay.ts';
import type { TopologyProblem } from '../topology/topology-problem.ts';
import { type BringUp, bringUp, reaches } from './bring-up.ts';
import { draftLab } from './draft-lab.ts';
import { pruneGolden } from './prune.ts';

/** What a lab is started from: a blueprint with its passwords, and images that are fresh or those of a snapshot. */
export interface Origin extends Pick<NewLab, 'images' | 'forkOf' | 'down'>, Pick<BringUp, 'standing' | 'asFound'> {
  readonly blueprint: Blueprint;
  /** What was asked for, where it was: labs of the pool that were made for the same can be taken instead. */
  readonly spec?: LabSpec;
}

/** `make`: a golden lab is made where there is none; `take`: used where there is one; `never`: brought up from nothing. */
export type GoldenUse = 'make' | 'take' | 'never';

/**
 * As a command's options say. `keep`: a lab that fails to come up is to stay for a look, so it must not be a golden one that fails on
 * the way to it.
 */
export function goldenUse({ fresh, keep }: { readonly fresh?: true; readonly keep?: true }): GoldenUse {
  if (fresh) return 'never';
  return keep ? 'take' : 'make';
}

export interface OriginOptions extends Pick<BringUp, 'onFailed'> {
  readonly golden: GoldenUse;
  readonly bind: string;
  readonly signal: AbortSignal;
  readonly onImages: (progress: ImageProgress) => void;
  /** One line for people at the start of each phase. */
  readonly onPhase: (phase: string) => void;
  readonly locate?: (problem: TopologyProblem) => Problem;
}

/** Part of every golden lab's key: another way to bring a lab up makes other labs. */
const format = 4;

/** Throws UsageError with every mistake in the spec, and what `ensureImages` and `bringUp` throw. */
export async function originOf(docker: Docker, spec: LabSpec, options: OriginOptions): Promise<Origin> {
  const { golden, signal, locate } = options;
  const { blueprint: outline } = draft(spec, readTrains(), placeholders(spec));
  // Says what is wrong.
  if (!outline) return freshOrigin(await draftLab(spec, locate), {});
  const images = await imagesFor(docker, outline, options);
  if (golden === 'never' || !canBeGolden(outline)) return freshOrigin(await draftLab(spec, locate), images);
  const name = await goldenName(docker, outline, images);
  const known = await findSnapshot(docker, name);
  if (known) return { ...forkOf(known), spec };
  if (golden === 'take') return freshOrigin(await draftLab(spec, locate), images);
  const release = await claim(name, signal, (pid) => options.onPhase(`waiting for process ${pid}, which makes the golden lab`));
  try {
    const made = (await findSnapshot(docker, name)) ?? (await makeGolden(docker, name, await draftLab(spec, locate), images, options));
    return { ...forkOf(made), spec };
  } finally {
    await release();
  }
}

/**
 * For each of several labs that one command needs: whether making a golden lab pays. It takes longer than one bring-up, so a lab that
 * only one of many runs needs gets none, while the only one there is will be wanted again: somebody is trying things.
 */
export function goldenUses(specs: readonly LabSpec[]): GoldenUse[] {
  const outlines = specs.map((spec) => JSON.stringify(outlineOf(draft(spec, readTrains(), placeholders(spec)).blueprint)));
  return outlines.map((outline) => (specs.length === 1 || outlines.filter((other) => other === outline).length > 1 ? 'make' : 'take'));
}

/** The same lab can be asked for in several ways. */
function outlineOf(blueprint: Blueprint | undefined): Omit<Blueprint, 'asked'> | undefined {
  if (!blueprint) return undefined;
  const { asked: _, ...outline } = blueprint;
  return outline;
}

function freshOrigin(blueprint: Blueprint, images: Origin['images']): Origin {
  return { blueprint, images };
}

/** A fork of a snapshot. */
export function forkOf({ name, kind, blueprint, images, clusters, down }: Snapshot): Origin {
  return { blueprint, images, forkOf: name, standing: clusters, down, asFound: kind === 'named' };
}

/** A lab of bare hosts is made as quickly from nothing; one with disks of its own fits into no snapshot. */
export function canBeGolden(blueprint: Blueprint): boolean {
  return !blueprint.fresh && blueprint.clusters.some((cluster) => reaches(cluster, 'cluster'));
}

async function imagesFor(docker: Docker, blueprint: Blueprint, { onImages, signal }: OriginOptions): Promise<Record<string, string>> {
  const specs = blueprint.hosts.map(({ image }) => image);
  const tags = await ensureImages(docker, specs, onImages, { signal });
  return Object.fromEntries(blueprint.hosts.map((host) => [host.name, tags.get(imageKey(host.image)) ?? '']));
}

/** `outline` has placeholders for what is made at random, so that the same lab has the same name. */
async function goldenName(docker: Docker, outline: Blueprint, images: Readonly<Record<string, string>>): Promise<string> {
  const tags = [...new Set(Object.values(images))].sort();
  const ids = await Promise.all(tags.map(async (tag) => (await docker.getImage(tag).inspect()).Id));
  const hash = createHash('sha256').update(JSON.stringify({ format, outline: outlineOf(outline), ids }));
  return `${goldenPrefix}${hash.digest('hex').slice(0, 12)}`;
}

async function makeGolden(
  docker: Docker,
  name: string,
  blueprint: Blueprint,
  images: Origin['images'],
  { bind, signal, onPhase, onFailed }: OriginOptions,
): Promise<Snapshot> {
  const report = (phase: string) => onPhase(`golden lab: ${phase}`);
  // Nobody else makes it now: what has its name was left by a command that was killed.
  for (const left of (await listLabs(docker)).filter((lab) => lab.name === name)) await removeLab(docker, left.id);
  const watched = { report, signal, ...(onFailed ? { onFailed } : {}) };
  const lab = await bringUp(docker, blueprint, { name, purpose: 'replay', images, bind, keep: false, ...watched });
  try {
    report('stopping it cleanly');
    await stopInOrder(docker, lab);
    const running = blueprint.clusters.filter((cluster) => reaches(cluster, 'cluster')).flatMap(({ members }) => members);
    await Promise.all(running.map((name) => resumeAtStart(docker, hostNamed(lab, name).container)));
    signal.throwIfAborted();
    report(`keeping it as ${name}`);
    await takeSnapshot(docker, lab, { name, kind: 'golden', blueprint, down: {}, clusters: standingOf(blueprint.clusters) });
  } finally {
    await removeLab(docker, lab.id);
  }
  const made = await findSnapshot(docker, name);
  if (!made) throw new Error(`the engine lost the snapshot ${name}`);
  for (const line of await pruneGolden(docker, made)) report(line);
  return made;
}

/** As `bringUp` leaves it. */
function standingOf(clusters: readonly ClusterSpec[]): ClusterStanding {
  return Object.fromEntries(
    clusters.flatMap((cluster) => {
      const [leader, ...streaming] = cluster.members;
      return leader !== undefined && reaches(cluster, 'cluster')
        ? [[cluster.name, { leader, streaming, archiving: reaches(cluster, 'stanza') }]]
        : [];
    }),
  );
}

/**
 * Leaders first, so that standbys have all of their WAL and restart from its very end: a fork's restore none. Nobody takes over
 * meanwhile, since standbys' Patroni is held still; `sv down`, by which a host stops its services, sends TERM before CONT (sv(8)), so
 * that it never sees a cluster without a leader. What all of them need stops last.
 */
async function stopInOrder(docker: Docker, lab: Lab): Promise<void> {
  const leaders = new Set(lab.spec.clusters.map(({ members }) => members[0]));
  const standbys = lab.hosts.filter(({ kind, name }) => kind === 'patroni' && !leaders.has(name));
  await Promise.all(standbys.map((host) => pausePatroni(docker, host.container)));
  await stopHosts(
    docker,
    lab.hosts.filter(({ name }) => leaders.has(name)),
  );
  await stopHosts(docker, standbys);
  await stopHosts(
    docker,
    lab.hosts.filter(({ kind }) => kind !== 'patroni'),
  );
}
