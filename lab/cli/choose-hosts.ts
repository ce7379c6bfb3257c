/** Finds the hosts that somebody means: `pg1`, `leader`, `replica`, `members`, `scratch.leader`, as in scenarios. */
import type { ClusterLook } from '../core/event.ts';
import { LabError, UsageError } from '../core/problem.ts';
import type { Host, Lab } from '../engine/lab.ts';
import { lookAtCluster } from '../observe/cluster.ts';
import { clusterView, resolveSelector, type SelectorView, selectorMeanings } from '../scenario/selector.ts';
import { didYouMean } from '../topology/topology-problem.ts';
import { npmCommand } from './lab-options.ts';

/** Throws UsageError for a host that the lab does not have, and LabError where nobody is meant just now. */
export async function chooseHosts(lab: Lab, selector: string): Promise<readonly Host[]> {
  const named = lab.hosts.find(({ name }) => name === selector);
  if (named) return [named];
  // A frozen host would be waited for.
  const awake: Lab = { ...lab, hosts: lab.hosts.filter(({ state }) => state === 'running') };
  const looks = await Promise.all(lab.spec.clusters.map(async (cluster) => [cluster.name, await lookAtCluster(awake, cluster)] as const));
  const resolved = resolveSelector(selector, viewOf(lab, new Map(looks)));
  if (resolved.ok) return lab.hosts.filter(({ name }) => resolved.hosts.includes(name));
  if (!resolved.reason.startsWith('no host is named'))
    throw new LabError(`lab ${lab.name}: ${resolved.reason}`, { hint: npmCommand('status', lab.name) });
  throw new UsageError(`lab ${lab.name} has no host ${selector}`, {
    hint: didYouMean(selector, [...lab.hosts.map(({ name }) => name), ...Object.keys(selectorMeanings)]),
  });
}

/** The one host that a command can run on. */
export async function chooseHost(lab: Lab, selector: string): Promise<Host> {
  const hosts = await chooseHosts(lab, selector);
  const [only] = hosts;
  if (only && hosts.length === 1) return only;
  throw new UsageError(`${selector} means ${hosts.map(({ name }) => name).join(', ')}: name one of them`);
}

function viewOf(lab: Lab, looks: ReadonlyMap<string, ClusterLook>): SelectorView {
  const clusters = lab.spec.clusters.map(({ name, members, repo }) => [name, clusterView(members, looks.get(name), repo)] as const);
  return {
    clusters: Object.fromEntries(clusters),
    etcd: lab.spec.etcd,
    repo: lab.hosts.flatMap(({ kind, name }) => (kind === 'repo' ? [name] : [])),
    hosts: lab.hosts.map(({ name }) => name),
  };
}
