/** What selectors mean, from the looks at clusters that the history has. Never the DCS: a leader is what Patroni's REST API says leads. */
import type { ClusterLook, RunStarted } from '../core/event.ts';
import { type ClusterView, clusterView, type SelectorView } from '../scenario/selector.ts';

/** `main` names the cluster that words without a cluster's name are about. */
export function selectorView(facts: RunStarted, seen: Pick<ReadonlyMap<string, ClusterLook>, 'get'>, main = 'main'): SelectorView {
  const repo = facts.repo ?? facts.hosts.filter((host) => host.startsWith('repo'));
  const clusters: Record<string, ClusterView> = {};
  for (const [name, members] of Object.entries(facts.clusters)) clusters[name] = clusterView(members, seen.get(name), repo[0]);
  const meant = clusters[main];
  return {
    clusters: meant ? { ...clusters, main: meant } : clusters,
    etcd: facts.etcd ?? facts.hosts.filter((host) => host.startsWith('etcd')),
    repo,
    hosts: facts.hosts,
  };
}
