/** Whether the hosts and clusters that a selector names are there, and what can be known of it before a run. */
import type { Blueprint, HostSpec } from '../topology/blueprint.ts';
import { whatIs } from '../topology/overlay-check.ts';
import { didYouMean } from '../topology/topology-problem.ts';
import type { WhenSource } from './scenario.ts';
import type { Mistake } from './schema-problems.ts';
import {
  parseSelector,
  resolveSelector,
  roleWords,
  type Selector,
  type SelectorView,
  selectorMeanings,
  selectorSynonyms,
} from './selector.ts';
import { isTemplate } from './template.ts';
import { type VersionedProgram, versionedPrograms } from './version-range.ts';
import type { Path } from './yaml-source.ts';

/** Syntax, hosts and clusters of a selector; what stands in `${...}` is the run's to find out. */
export function checkSelector(selector: string, path: Path, blueprint: Blueprint | undefined): readonly Mistake[] {
  const parsed = parseSelector(selector);
  if (!parsed.ok) return [{ message: parsed.message, path }];
  if (!blueprint) return [];
  const hosts = blueprint.hosts.map((host) => host.name);
  const clusters = blueprint.clusters.map((cluster) => cluster.name);
  const mistakes = leaves(parsed.selector).flatMap((leaf): readonly Mistake[] => {
    if (leaf.kind === 'host' && !hosts.includes(leaf.host))
      return [
        {
          message: `this lab has no host "${leaf.host}"`,
          path,
          hint: didYouMean(selectorSynonyms[leaf.host] ?? leaf.host, [...hosts, ...Object.keys(selectorMeanings)]),
        },
      ];
    if (leaf.kind === 'word' && leaf.cluster !== undefined && !clusters.includes(leaf.cluster))
      return [{ message: `this lab has no cluster "${leaf.cluster}"`, path, hint: didYouMean(leaf.cluster, clusters) }];
    return [];
  });
  if (mistakes.length > 0 || fixedHosts(selector, blueprint)?.length !== 0) return mistakes;
  return [{ message: `"${selector}" leaves no host of this lab`, path }];
}

export function leaves(selector: Selector): readonly Selector[] {
  if (selector.kind === 'list') return selector.items.flatMap(leaves);
  return selector.kind === 'but' ? [...leaves(selector.of), ...leaves(selector.without)] : [selector];
}

/**
 * Hosts of a selector that means the same hosts for a lab's whole life; undefined for roles and references. `main`: whose members
 * are meant where no cluster is named.
 */
export function fixedHosts(selector: string, blueprint: Blueprint, main = 'main'): readonly string[] | undefined {
  const parsed = parseSelector(selector);
  if (!parsed.ok || leaves(parsed.selector).some((leaf) => leaf.kind === 'reference' || (leaf.kind === 'word' && isRole(leaf.word))))
    return undefined;
  const clusters = Object.fromEntries(
    blueprint.clusters.map(({ name, members, repo }) => [
      name,
      { members, streaming: [], sync: [], ...(repo === undefined ? {} : { repo }) },
    ]),
  );
  const meant = clusters[main];
  const view: SelectorView = {
    clusters: meant ? { ...clusters, main: meant } : clusters,
    etcd: blueprint.etcd,
    repo: blueprint.hosts.filter((host) => host.kind === 'repo').map((host) => host.name),
    hosts: blueprint.hosts.map((host) => host.name),
  };
  const resolved = resolveSelector(parsed.selector, view);
  return resolved.ok ? resolved.hosts : [];
}

export function isRole(word: string): boolean {
  return (roleWords as readonly string[]).includes(word);
}

/** `when.at` is one host: a version that was asked of nobody would pass a step over without a word. */
export function checkWhen(when: WhenSource | undefined, path: Path, blueprint: Blueprint | undefined): readonly Mistake[] {
  const hosts = blueprint?.hosts.map((host) => host.name);
  if (when?.at === undefined || !hosts || isTemplate(when.at)) return [];
  const asked = blueprint?.hosts.find((host) => host.name === when.at);
  if (asked) {
    const lacking = versionedPrograms.find((program) => when[program] !== undefined && !hasProgram(asked, program));
    return lacking === undefined
      ? []
      : [{ message: `${whatIs(asked)}: it has no ${lacking}, and this would be passed over`, path: [...path, 'at'] }];
  }
  const word = when.at in selectorMeanings;
  const message = word ? `at is one host's name, and "${when.at}" is none` : `this lab has no host "${when.at}"`;
  const hint = word ? 'name a host, or take it from a step: at: "${before.leader}"' : didYouMean(when.at, hosts);
  return [{ message, path: [...path, 'at'], hint }];
}

/** Whether a program runs on a host, or is there to be run. */
export function hasProgram({ kind, services }: HostSpec, program: VersionedProgram): boolean {
  return program === 'pgbackrest' ? kind !== 'etcd' : services[program] !== undefined;
}

/** A cluster by its name alone. */
export function checkCluster(name: string, path: Path, blueprint: Blueprint | undefined): readonly Mistake[] {
  const clusters = blueprint?.clusters.map((cluster) => cluster.name);
  return !clusters || isTemplate(name) || clusters.includes(name)
    ? []
    : [{ message: `this lab has no cluster "${name}"`, path, hint: didYouMean(name, clusters) }];
}

/** A host that is asked for rows has a PostgreSQL. */
export function checkRunsPostgres(selector: string | undefined, path: Path, blueprint: Blueprint | undefined): readonly Mistake[] {
  if (selector === undefined || !blueprint) return [];
  const named = fixedHosts(selector, blueprint) ?? [];
  const lacking = blueprint.hosts.find((host) => named.includes(host.name) && host.services.postgres === undefined);
  if (!lacking) return [];
  const running = blueprint.hosts.flatMap((host) => (host.services.postgres === undefined ? [] : [host.name]));
  return [{ message: `${whatIs(lacking)}: it runs no PostgreSQL`, path, hint: `these do: ${running.join(', ')}` }];
}
