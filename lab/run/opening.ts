/** The event that every history begins with. */
import type { RunStarted } from '../core/event.ts';
import type { HostVersions } from '../observe/versions.ts';
import type { Blueprint, HostName, HostSpec } from '../topology/blueprint.ts';

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
    // Scenarios name programs as their log lines do.
    versions: Object.fromEntries(
      Object.entries(versions).map(([host, { postgresql, ...others }]) => [
        host,
        { ...others, ...(postgresql === undefined ? {} : { postgres: postgresql }) },
      ]),
    ),
    clusters: Object.fromEntries(clusters.map((cluster) => [cluster.name, cluster.members])),
    hosts: hosts.map((host) => host.name),
    etcd,
    repo: hosts.flatMap((host) => (host.kind === 'repo' ? [host.name] : [])),
  };
}
