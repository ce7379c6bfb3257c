/** The event that every history begins with. */
import type { RunStarted } from '../core/event.ts';
import type { HostVersions } from '../observe/versions.ts';
import { unknownVersion } from '../scenario/version-range.ts';
import type { Blueprint, HostName, HostSpec } from '../topology/blueprint.ts';
import { programsOf } from '../topology/layout.ts';

interface Opening extends Pick<RunStarted, 'scenario' | 'variant' | 'lab' | 'offset'> {
  readonly versions: Readonly<Record<HostName, HostVersions>>;
  readonly clusters: Blueprint['clusters'];
  readonly etcd: Blueprint['etcd'];
  readonly hosts: readonly Pick<HostSpec, 'name' | 'kind'>[];
}

export function openingOf({ scenario, variant, lab, offset, versions, clusters, etcd, hosts }: Opening): RunStarted {
  return {
    type: 'run-started',
    format: 1,
    scenario,
    variant,
    lab,
    offset,
    versions: Object.fromEntries(hosts.flatMap(({ name, kind }) => (versions[name] ? [[name, told(kind, versions[name])]] : []))),
    clusters: Object.fromEntries(clusters.map((cluster) => [cluster.name, cluster.members])),
    hosts: hosts.map((host) => host.name),
    etcd,
    repo: hosts.flatMap((host) => (host.kind === 'repo' ? [host.name] : [])),
  };
}

/** Every program that a host of its kind has, by the name that its log lines have in scenarios. */
function told(kind: HostSpec['kind'], versions: HostVersions): Readonly<Record<string, string>> {
  return Object.fromEntries(
    programsOf[kind].map((program) => [program === 'postgresql' ? 'postgres' : program, versions[program] ?? unknownVersion]),
  );
}
