/** Who is in a lab: its hosts and clusters by name, before anything is rendered for them. */
import type { HostKind, HostName, ProgramName, Ready, ServiceName } from './blueprint.ts';
import type { ClusterLab, HostOverlay, LabObject, LabSpec, Overlay } from './overlay.ts';
import { labObject } from './overlay.ts';
import type { PresetName } from './presets/index.ts';
import { defaultPreset, presetNames, presets } from './presets/index.ts';
import type { Preset } from './presets/preset.ts';
import type { TopologyProblem } from './topology-problem.ts';
import { didYouMean } from './topology-problem.ts';

/** The cluster that a preset brings along. */
export const mainCluster = 'main';

/** Words that select hosts in scenarios, and names that machines already have. */
const reservedNames = ['leader', 'replica', 'replicas', 'sync', 'members', 'etcd', 'all', 'but', 'localhost'];

export const programsOf: Readonly<Record<HostKind, readonly ProgramName[]>> = {
  etcd: ['etcd'],
  patroni: ['postgresql', 'patroni', 'pgbackrest'],
  repo: ['pgbackrest'],
};

export const servicesOf: Readonly<Record<HostKind, readonly ServiceName[]>> = {
  etcd: ['etcd'],
  patroni: ['patroni', 'postgres', 'pgbackrest', 'sshd', 'async-log'],
  repo: ['pgbackrest', 'sshd'],
};

export interface LayoutCluster {
  readonly name: string;
  readonly scope: string;
  readonly members: readonly HostName[];
  readonly stanza: string;
  readonly ready: Ready;
  readonly lab: ClusterLab;
}

/** Changes that apply to a host, and where in the lab spec they stand. */
export interface Layer {
  readonly path: readonly string[];
  readonly overlay: Overlay | HostOverlay;
  /** `lab` and `cluster` layers hold for several hosts, and pass over what a host has no use for. */
  readonly scope: 'lab' | 'cluster' | 'host';
}

export interface LayoutHost {
  readonly name: HostName;
  readonly kind: HostKind;
  readonly cluster?: LayoutCluster;
  /** In the order in which they apply. */
  readonly layers: readonly Layer[];
}

export interface Layout {
  readonly preset: Preset;
  readonly lab: LabObject;
  readonly clusters: readonly LayoutCluster[];
  readonly hosts: readonly LayoutHost[];
}

/** Who is in the lab. Problems are pushed; undefined where the preset is unknown, so that nothing more can be said. */
export function layOut(spec: LabSpec, problems: TopologyProblem[]): Layout | undefined {
  const lab = labObject(spec);
  const wanted: string = lab.preset ?? defaultPreset;
  const preset = Object.hasOwn(presets, wanted) ? presets[wanted as PresetName] : undefined;
  if (!preset) {
    problems.push({
      message: `unknown preset "${wanted}"`,
      path: typeof spec === 'string' ? [] : ['preset'],
      hint: didYouMean(wanted, presetNames),
    });
    return undefined;
  }
  const clusters = layOutClusters(lab, preset, problems);
  const repo = preset.repository.kind === 'host' ? preset.repository.name : undefined;
  const hosts: LayoutHost[] = [
    ...preset.etcd.map((name) => ({ name, kind: 'etcd' as const, layers: layersFor(lab, name) })),
    ...clusters.flatMap((cluster) =>
      cluster.members.map((name) => ({ name, kind: 'patroni' as const, cluster, layers: layersFor(lab, name, cluster) })),
    ),
    ...(repo === undefined ? [] : [{ name: repo, kind: 'repo' as const, layers: layersFor(lab, repo) }]),
  ];
  checkHostNames(lab, clusters, hosts, problems);
  return { preset, lab, clusters, hosts };
}

function layOutClusters(lab: LabObject, preset: Preset, problems: TopologyProblem[]): readonly LayoutCluster[] {
  const main = lab.clusters?.[mainCluster] ?? {};
  const further = Object.entries(lab.clusters ?? {}).filter(([name]) => name !== mainCluster);
  const clusters: LayoutCluster[] = [
    {
      name: mainCluster,
      scope: preset.scope,
      members: main.members ?? preset.members,
      stanza: main.stanza ?? preset.stanza,
      ready: main.ready ?? lab.ready ?? 'stanza',
      lab: main,
    },
  ];
  for (const [name, cluster] of further) {
    if (!cluster.members) {
      problems.push({
        message: `cluster "${name}" has no members`,
        path: ['clusters', name],
        hint: `name its database hosts: members: [${name}1]`,
      });
    }
    const laidOut = {
      name,
      scope: name,
      members: cluster.members ?? [],
      stanza: cluster.stanza ?? name,
      ready: cluster.ready ?? lab.ready ?? 'stanza',
      lab: cluster,
    };
    if (name === preset.scope) {
      problems.push({
        message: `cluster "${name}" would share Patroni's scope "${name}" with the cluster ${mainCluster}`,
        path: ['clusters', name],
        hint: 'give it another name',
      });
    }
    const owner = clusters.find(({ stanza }) => stanza === laidOut.stanza);
    if (owner && (laidOut.ready === 'stanza' || laidOut.ready === 'backup')) {
      problems.push({
        message: `stanza "${laidOut.stanza}" belongs to the cluster ${owner.name}: "${name}" cannot have it created or backed up`,
        path: ['clusters', name, ...(cluster.stanza === undefined ? [] : ['stanza'])],
        hint: 'add ready: hosts (Patroni is not started), or ready: cluster',
      });
    }
    clusters.push(laidOut);
  }
  return clusters;
}

/** Changes for one host: the lab's, its cluster's, and last those of `hosts`. */
function layersFor(lab: LabObject, host: HostName, cluster?: LayoutCluster): readonly Layer[] {
  const layers: Layer[] = [{ path: [], overlay: lab, scope: 'lab' }];
  if (cluster) layers.push({ path: ['clusters', cluster.name], overlay: cluster.lab, scope: 'cluster' });
  const own = lab.hosts?.[host];
  if (own) layers.push({ path: ['hosts', host], overlay: own, scope: 'host' });
  const ownInCluster = cluster?.lab.hosts?.[host];
  if (cluster && ownInCluster) layers.push({ path: ['clusters', cluster.name, 'hosts', host], overlay: ownInCluster, scope: 'host' });
  return layers;
}

function checkHostNames(
  lab: LabObject,
  clusters: readonly LayoutCluster[],
  hosts: readonly LayoutHost[],
  problems: TopologyProblem[],
): void {
  const others = new Map(
    hosts
      .filter(({ kind }) => kind !== 'patroni')
      .map(({ name, kind }) => [name, kind === 'etcd' ? 'an etcd host' : 'the repository host']),
  );
  const taken = new Map<string, string>();
  for (const { name: cluster, members } of clusters) {
    for (const [index, member] of members.entries()) {
      const path = ['clusters', cluster, 'members', index];
      const owner = others.get(member) ?? taken.get(member);
      if (owner !== undefined)
        problems.push({
          message: `the name "${member}" is already that of ${owner}`,
          path,
          hint: 'every host of a lab has a name of its own',
        });
      if (reservedNames.includes(member))
        problems.push({ message: `"${member}" means hosts in scenarios and cannot name one`, path, hint: `such as ${cluster}1` });
      taken.set(member, `a member of the cluster ${cluster}`);
    }
  }
  const known = hosts.map(({ name }) => name);
  for (const name of Object.keys(lab.hosts ?? {})) {
    if (!known.includes(name))
      problems.push({ message: `no host is called "${name}"`, path: ['hosts', name], hint: didYouMean(name, known) });
  }
  for (const cluster of clusters) {
    for (const name of Object.keys(cluster.lab.hosts ?? {})) {
      if (cluster.members.includes(name)) continue;
      const hint = known.includes(name) ? `put it into the lab's hosts` : didYouMean(name, cluster.members);
      problems.push({
        message: `the cluster ${cluster.name} has no member "${name}"`,
        path: ['clusters', cluster.name, 'hosts', name],
        hint,
      });
    }
  }
}
