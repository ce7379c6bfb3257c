/** Which image each host runs: its train, programs from other trains, and majors that go together. */
import type { HostName, ImageSpec, ProgramName } from './blueprint.ts';
import { type Layout, type LayoutHost, programsOf } from './layout.ts';
import { didYouMean, type TopologyProblem } from './topology-problem.ts';

/** Release trains, as `images/versions.yaml` has them. */
export interface TrainCatalogue {
  readonly default: string;
  readonly trains: Readonly<Record<string, CatalogueTrain>>;
}

interface CatalogueTrain {
  /** PostgreSQL's major version. */
  readonly postgresql: number;
  /** Version prefixes: `4.1` stands for 4.1 and every 4.1.x. */
  readonly expected: Readonly<Record<ProgramName, string>>;
}

export interface HostImage {
  readonly spec: ImageSpec;
  /** PostgreSQL's major version in the host's train. */
  readonly major: number;
}

/** Programs whose versions can be mixed: those that bring everything they need along. */
export const portable: readonly ProgramName[] = ['pgbackrest'];

/**
 * The image that a host runs. Unknown trains, unknown versions and what cannot come from another train are pushed; a version that the
 * host's own train carries is left out.
 */
export function imageFor(host: LayoutHost, catalogue: TrainCatalogue, problems: TopologyProblem[]): HostImage {
  const trainNames = Object.keys(catalogue.trains);
  for (const { overlay, path } of host.layers) {
    if (typeof overlay.train === 'string' && !trainNames.includes(overlay.train)) {
      problems.push({ message: `unknown train "${overlay.train}"`, path: [...path, 'train'], hint: didYouMean(overlay.train, trainNames) });
    }
  }
  const train = host.layers.findLast(({ overlay }) => overlay.train !== undefined)?.overlay.train ?? catalogue.default;
  const own = catalogue.trains[train];
  const versions: Partial<Record<ProgramName, string>> = {};
  for (const program of programsOf[host.kind]) {
    const layer = host.layers.findLast(({ overlay }) => overlay.versions?.[program] !== undefined);
    const version = layer?.overlay.versions?.[program];
    if (!layer || typeof version !== 'string') continue;
    if (own && carries(own, program, version)) continue;
    const path = [...layer.path, 'versions', program];
    const carriers = Object.entries(catalogue.trains).filter(([, each]) => carries(each, program, version));
    if (carriers.length === 0) {
      const known = Object.entries(catalogue.trains).map(([name, { expected }]) => `${expected[program]} (${name})`);
      problems.push({ message: `no train carries ${program} ${version}`, path, hint: `known: ${known.join(', ')}` });
    } else if (!portable.includes(program)) {
      const [carrier] = carriers.map(([name]) => name);
      const hint = `only ${portable.join(', ')} can come from another train; train: ${carrier} puts all of the host's programs there`;
      problems.push({ message: `${program} ${version} cannot be put on a host of train ${train}`, path, hint });
    }
    versions[program] = version;
  }
  return { spec: { kind: host.kind, train, versions }, major: own?.postgresql ?? 0 };
}

/** Whether a version is the prefix itself or one of its minor versions. */
export function isWithin(prefix: string, version: string): boolean {
  return version === prefix || version.startsWith(`${prefix}.`);
}

export function carries({ expected }: Pick<CatalogueTrain, 'expected'>, program: ProgramName, version: string): boolean {
  return isWithin(expected[program], version) || isWithin(version, expected[program]);
}

/** A standby replays its leader's WAL: one major version a cluster. Likewise for clusters that share a stanza. */
export function checkMajors(layout: Layout, images: ReadonlyMap<HostName, HostImage>, problems: TopologyProblem[]): void {
  const stanzas = new Map<string, { readonly major: number; readonly of: string }>();
  for (const cluster of layout.clusters) {
    const majors = cluster.members.map((name) => ({ name, major: images.get(name)?.major ?? 0 })).filter(({ major }) => major > 0);
    const first = majors[0];
    const other = majors.find(({ major }) => major !== first?.major);
    if (!first) continue;
    if (other) {
      problems.push({
        message: `the cluster ${cluster.name} mixes PostgreSQL ${first.major} (${first.name}) and ${other.major} (${other.name})`,
        path: majorPath(layout, other.name),
        hint: 'a standby needs its leader’s major version: put the whole cluster on one train',
      });
    }
    const before = stanzas.get(cluster.stanza);
    if (before && before.major !== first.major) {
      problems.push({
        message: `the stanza "${cluster.stanza}" is of PostgreSQL ${before.major} (${before.of}), and the cluster ${cluster.name} has ${first.major}`,
        path: ['clusters', cluster.name],
      });
    }
    if (!before) stanzas.set(cluster.stanza, { major: first.major, of: cluster.name });
  }
}

/** Where the spec chose the host's PostgreSQL. */
function majorPath(layout: Layout, name: HostName): readonly string[] {
  const layers = layout.hosts.find((host) => host.name === name)?.layers ?? [];
  const train = layers.findLast(({ overlay }) => typeof overlay.train === 'string');
  return train ? [...train.path, 'train'] : [];
}

/** Throws RangeError where the host has none. */
export function requireImage(images: ReadonlyMap<HostName, HostImage>, host: HostName | undefined): HostImage {
  const image = host === undefined ? undefined : images.get(host);
  if (!image) throw new RangeError(`no image was chosen for ${host}`);
  return image;
}
