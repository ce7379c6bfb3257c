/** What selectors are resolved against: the blueprint's names and the last look at each cluster. */
import type { ClusterLook } from '../core/event.ts';
import type { Lab } from '../engine/lab.ts';
import type { ClusterView, SelectorView } from '../scenario/selector.ts';

export function selectorView(lab: Lab, looks: Readonly<Record<string, ClusterLook>>): SelectorView {
  const clusters = lab.spec.clusters.map((cluster): [string, ClusterView] => {
    const look = looks[cluster.name];
    const named = Object.entries(look?.members ?? {});
    return [
      cluster.name,
      {
        members: cluster.members,
        streaming: named.flatMap(([name, member]) => (member.role === 'replica' && member.state === 'streaming' ? [name] : [])),
        sync: named.flatMap(([name, member]) => (member.sync ? [name] : [])),
        ...(look?.leader === undefined ? {} : { leader: look.leader }),
        ...(cluster.repo === undefined ? {} : { repo: cluster.repo }),
      },
    ];
  });
  return {
    clusters: Object.fromEntries(clusters),
    etcd: lab.spec.etcd,
    repo: lab.hosts.flatMap((host) => (host.kind === 'repo' ? [host.name] : [])),
    hosts: lab.hosts.map((host) => host.name),
  };
}
