/** What selectors mean, from the looks at clusters that the history has. Never the DCS: a leader is what Patroni's REST API says leads. */
import type { ClusterLook, RunStarted } from '../core/event.ts';
import type { ClusterView, SelectorView } from '../scenario/selector.ts';

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

function clusterView(members: readonly string[], look: ClusterLook | undefined, repo: string | undefined): ClusterView {
  const seen = Object.entries(look?.members ?? {});
  return {
    members,
    ...(look?.leader === undefined ? {} : { leader: look.leader }),
    streaming: seen.filter(([, member]) => member.role === 'replica' && member.state === 'streaming').map(([name]) => name),
    sync: seen.filter(([, member]) => member.sync === true && member.role === 'replica').map(([name]) => name),
    ...(repo === undefined ? {} : { repo }),
  };
}
