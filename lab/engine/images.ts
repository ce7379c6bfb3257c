/**
 * Images by name: which recipe an image is made from, what it is called, and making the ones that are missing. An image's
 * tag carries a hash of its recipe, so that an unchanged recipe is never rebuilt and a changed one always is.
 */
import { join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import type Docker from 'dockerode';
import { extract } from 'tar-stream';
import { formatDuration } from '../core/duration.ts';
import { LabError } from '../core/problem.ts';
import type { HostKind, ImageSpec, ProgramName } from '../topology/blueprint.ts';
import { isWithin } from '../topology/host-images.ts';
import { debianImage, isPresent } from './base-image.ts';
import { build, givenTag, label, removeUntagged } from './build.ts';
import { claim } from './claim.ts';
import { statusOf } from './connect.ts';
import { debianMirror } from './mirror.ts';
import { imagesFolder, packRecipe, readRecipe, recipeHash } from './recipe.ts';
import { readTrains, type Train, trainCarrying, trainNamed } from './trains.ts';

/** `base` is no host: the others are made on it. */
type ImageKind = HostKind | 'base';

/** Kinds in building order. A database host is a pgBackRest host with more on it. */
const parents: Readonly<Record<ImageKind, ImageKind | undefined>> = { base: undefined, etcd: 'base', repo: 'base', patroni: 'repo' };

/** An image to make: a recipe, what is given to it, and what it is made on. */
interface Making {
  /** For people: `patroni (forky)`. */
  readonly title: string;
  readonly tag: string;
  /** Hash of everything the image is made of, its parents included. */
  readonly hash: string;
  readonly recipe: string;
  readonly args: Readonly<Record<string, string>>;
  readonly parent?: Making;
  readonly train: Train;
  readonly kind: ImageKind;
  /** Version prefixes that its programs should have. */
  readonly expected: Readonly<Partial<Record<ProgramName, string>>>;
}

export type ImageProgress =
  | { readonly type: 'build'; readonly image: string }
  | { readonly type: 'wait'; readonly image: string; readonly pid: number }
  | { readonly type: 'line'; readonly image: string; readonly line: string }
  | { readonly type: 'warning'; readonly image: string; readonly message: string }
  | { readonly type: 'done'; readonly image: string; readonly tag: string; readonly took: string };

export interface EnsureOptions {
  /** Makes every image anew from what the mirror has now, packages included. */
  readonly refresh?: boolean;
  readonly signal?: AbortSignal;
}

const labels = { kind: 'pglab.image', train: 'pglab.train', version: (program: string) => `pglab.version.${program}` } as const;

/** The same for specs that mean the same image: `patroni:forky`, `patroni:forky+pgbackrest=2.55.1`. */
export function imageKey(spec: ImageSpec): string {
  return [`${spec.kind}:${spec.train}`, ...borrowed(spec).map(([program, version]) => `${program}=${version}`)].join('+');
}

/** `pglab/<kind>:<train>[-<program>-<version>]-<hash12>`. Throws UsageError for a train or version that nobody has. */
export function imageTag(spec: ImageSpec): string {
  return making(spec).tag;
}

/** Removes every image that the lab made and no container uses; returns how many. A Debian that was pulled stays. */
export async function removeImages(docker: Docker): Promise<number> {
  const images = await docker.listImages();
  const tags = images.flatMap(({ RepoTags }) => RepoTags?.filter((tag) => givenTag(tag).startsWith('pglab/')) ?? []);
  let removed = 0;
  for (const tag of tags) {
    try {
      await docker.getImage(tag).remove();
      removed += 1;
    } catch (error) {
      if (![404, 409].includes(statusOf(error) ?? 0)) throw error;
    }
  }
  return removed;
}

/** The release train of an image that a host runs, snapshots included. Throws LabError where it is none of the lab's. */
export async function trainOf(docker: Docker, image: string): Promise<string> {
  const train = (await docker.getImage(image).inspect()).Config.Labels?.[labels.train];
  if (train === undefined) throw new LabError(`the image ${image} was not made by the lab`);
  return train;
}

/**
 * Makes what is missing and returns the tag of each spec by its `imageKey`. Throws LabError where a build fails; whatever was
 * made until then stays, since the next call needs it, but nothing unnamed does.
 */
export async function ensureImages(
  docker: Docker,
  specs: readonly ImageSpec[],
  report: (progress: ImageProgress) => void = () => {},
  options: EnsureOptions = {},
): Promise<ReadonlyMap<string, string>> {
  const wanted = new Map(specs.map((spec) => [imageKey(spec), making(spec)]));
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  const made = new Map<string, Promise<void>>();
  const make = (image: Making): Promise<void> => {
    const known = made.get(image.tag);
    if (known) return known;
    const promise = (async () => {
      if (!options.refresh && (await isPresent(docker, image.tag))) return;
      if (image.parent) await make(image.parent);
      await makeOne(docker, image, report, { ...options, signal });
    })();
    made.set(image.tag, promise);
    return promise;
  };
  const bases = [...wanted.values()].map(baseOf);
  const all = [...bases, ...wanted.values()].map(make);
  try {
    await Promise.all(all);
  } catch (error) {
    stop.abort(error);
    await Promise.allSettled([...made.values()]);
    throw error;
  }
  return new Map([...wanted].map(([key, image]) => [key, image.tag]));
}

async function makeOne(
  docker: Docker,
  image: Making,
  report: (progress: ImageProgress) => void,
  options: EnsureOptions & { readonly signal: AbortSignal },
): Promise<void> {
  const { title, tag } = image;
  const onLine = (line: string) => report({ type: 'line', image: title, line });
  const request = { image: title, onLine, anew: options.refresh ?? false, signal: options.signal };
  const release = await claim(tag, options.signal, (pid) => report({ type: 'wait', image: title, pid }));
  try {
    if (!options.refresh && (await isPresent(docker, tag))) return;
    report({ type: 'build', image: title });
    const started = performance.now();
    const before = await idOf(docker, tag);
    const on = image.parent ? { BASE: image.parent.tag } : { DEBIAN: await debianImage(docker, image.train.suite, request) };
    const context = packRecipe(readRecipe(join(imagesFolder(), image.recipe)));
    const built = await build(docker, context, { ...request, args: { ...image.args, ...on, MIRROR: debianMirror() } });
    try {
      const versions = await recordedVersions(docker, built);
      for (const message of unexpected(image, versions)) report({ type: 'warning', image: title, message });
      const found = Object.entries(versions).map(([program, version]) => [labels.version(program), version]);
      await label(
        docker,
        built,
        { [labels.kind]: image.kind, [labels.train]: image.train.name, ...Object.fromEntries(found) },
        { ...request, args: {}, tag },
      );
    } catch (error) {
      await removeUntagged(docker, built);
      throw error;
    }
    if (before !== undefined) await removeUntagged(docker, before);
    report({ type: 'done', image: title, tag, took: formatDuration(performance.now() - started) });
  } finally {
    await release();
  }
}

function unexpected(image: Making, versions: Readonly<Record<string, string>>): string[] {
  return Object.entries(image.expected).flatMap(([program, prefix]) => {
    const version = versions[program];
    if (version === undefined || isWithin(prefix, version)) return [];
    return `${image.train.name} is expected to carry ${program} ${prefix}, but its mirror has ${version} (images/versions.yaml)`;
  });
}

/** Reads /etc/lab/versions, lines of program and version, out of an image without running it. */
async function recordedVersions(docker: Docker, id: string): Promise<Readonly<Record<string, string>>> {
  const container = await docker.createContainer({ Image: id, Entrypoint: ['/bin/true'], NetworkDisabled: true });
  try {
    const archive = await container.getArchive({ path: '/etc/lab/versions' });
    const files = archive.pipe(extract());
    for await (const entry of files) {
      const lines = (await readAll(entry)).trim().split('\n');
      return Object.fromEntries(lines.map((line) => line.split(' ') as [string, string]));
    }
    return {};
  } catch (error) {
    if (statusOf(error) === 404) return {};
    throw error;
  } finally {
    await container.remove({ force: true });
  }
}

async function idOf(docker: Docker, name: string): Promise<string | undefined> {
  return (await isPresent(docker, name)) ? (await docker.getImage(name).inspect()).Id : undefined;
}

/** Programs that come from another train than the host's, by name. */
function borrowed({ versions }: Pick<ImageSpec, 'versions'>): readonly (readonly [ProgramName, string])[] {
  return (Object.entries(versions) as [ProgramName, string][]).sort(([a], [b]) => (a < b ? -1 : 1));
}

const memo = new Map<string, Making>();

function making(spec: Omit<ImageSpec, 'kind'> & { readonly kind: ImageKind }): Making {
  const key = `${spec.kind}:${spec.train}:${JSON.stringify(spec.versions)}`;
  const known = memo.get(key);
  if (known) return known;
  const train = trainNamed(spec.train);
  const parent = parents[spec.kind];
  let image = fromRecipe({
    kind: spec.kind,
    recipe: spec.kind,
    train,
    title: `${spec.kind} (${train.name})`,
    name: train.name,
    args: spec.kind === 'patroni' ? { POSTGRESQL: String(train.postgresql) } : {},
    expected: train.expected,
    ...(parent ? { parent: making({ kind: parent, train: spec.train, versions: {} }) } : {}),
  });
  for (const [program, version] of borrowed(spec)) {
    image = fromRecipe({
      kind: spec.kind,
      recipe: 'program',
      train,
      title: `${spec.kind} (${train.name}, ${program} ${version})`,
      name: `${train.name}-${program}-${version}`,
      args: { PROGRAM: program, VERSION: version, SUITE: trainCarrying(program, version).suite },
      expected: { [program]: version },
      parent: image,
    });
  }
  memo.set(key, image);
  return image;
}

interface RecipeUse extends Omit<Making, 'tag' | 'hash'> {
  readonly name: string;
}

function fromRecipe(use: RecipeUse): Making {
  const { name, ...rest } = use;
  // The mirror is no part of it: another mirror has the same packages.
  const inputs = { ...use.args, suite: use.train.suite, expected: JSON.stringify(use.expected), parent: use.parent?.hash ?? '' };
  const hash = recipeHash(readRecipe(join(imagesFolder(), use.recipe)), inputs);
  return { ...rest, hash, tag: `pglab/${use.kind}:${name}-${hash.slice(0, 12)}` };
}

function baseOf(image: Making): Making {
  return image.parent ? baseOf(image.parent) : image;
}

/** Every kind of host of a train, as specs. */
export function hostImages(train: string = readTrains().default): readonly ImageSpec[] {
  return (['etcd', 'repo', 'patroni'] as const).map((kind) => ({ kind, train, versions: {} }));
}
