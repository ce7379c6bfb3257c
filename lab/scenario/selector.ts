/**
 * Selectors name hosts by what they are: `leader`, `members but pg1`, `scratch.replicas`. Knows how they are written and
 * what each word means given a view of the clusters; where the view comes from is none of its business.
 */
import { z } from 'zod';
import type { ClusterLook } from '../core/event.ts';
import type { HostName } from '../topology/blueprint.ts';
import { text } from './schema-parts.ts';

/** Words that mean hosts of one cluster by what they are just now. */
export const roleWords = ['leader', 'replica', 'replicas', 'sync'] as const;
/** Words whose hosts are the same for the whole life of a lab. */
const groupWords = ['members', 'etcd', 'repo', 'all'] as const;
export type SelectorWord = (typeof roleWords)[number] | (typeof groupWords)[number];

export const selectorMeanings: Readonly<Record<SelectorWord, string>> = {
  leader: "the member that Patroni's REST API says leads (the DCS is not asked); without Patroni, the member out of recovery",
  replica: 'the lowest-named member that streams from the leader',
  replicas: 'every member but the leader; nobody while there is no leader',
  sync: 'the synchronous standbys; Patroni names the first one some seconds after a lab is up',
  members: 'every database host of the cluster',
  etcd: 'every etcd host',
  repo: 'the repository host',
  all: 'every host of the lab',
};

/** Other words for some of them, which are no selectors. */
export const selectorSynonyms: Readonly<Record<string, SelectorWord>> = {
  primary: 'leader',
  master: 'leader',
  standby: 'replica',
  standbys: 'replicas',
};

/** What an action or a look is about, as one text: a list becomes `a, b`, and an element with a `but` keeps its brackets. */
export const selectorSchema = z
  .union([text, z.array(text).min(1, 'an empty list selects nobody')])
  .transform(selectorText)
  .meta({
    id: 'selector',
    description:
      'hosts: a host name, leader, replica, replicas, sync, members, etcd, repo, all; another cluster\'s as scratch.leader; a list; "members but pg1"; ${mark.leader}',
  });

/** The canonical text of a selector, by which `step-started.resolved` is keyed. */
export function selectorText(selector: string | readonly string[]): string {
  if (typeof selector === 'string') return selector.trim();
  if (selector.length === 1) return (selector[0] ?? '').trim();
  return selector.map((item) => (/\sbut\s/.test(item) ? `[${item.trim()}]` : item.trim())).join(', ');
}

export type Selector =
  | { readonly kind: 'host'; readonly host: HostName }
  | { readonly kind: 'word'; readonly word: SelectorWord; readonly cluster?: string }
  /** Not evaluated yet: `${before.leader}`. Only in selectors that were parsed before `expand`. */
  | { readonly kind: 'reference'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly Selector[] }
  | { readonly kind: 'but'; readonly of: Selector; readonly without: Selector };

export type ParsedSelector = { readonly ok: true; readonly selector: Selector } | { readonly ok: false; readonly message: string };

/**
 * Reads `SELECTOR`s: `list = item {"," item}`, `selector = list ["but" list]`, `item = word | host | cluster.word | "[" selector "]"`.
 * So "a, b but c, d" is everything of a and b that is in neither c nor d. Never throws.
 */
export function parseSelector(source: string | readonly string[]): ParsedSelector {
  const whole = selectorText(source);
  const tokens = whole.match(/\$\{[^}]*\}|[^\s,[\]]+|[,[\]]/g) ?? [];
  let at = 0;
  const fail = (message: string): ParsedSelector => ({ ok: false, message });

  function selector(): ParsedSelector {
    const of = list();
    if (!of.ok || tokens[at] !== 'but') return of;
    at += 1;
    const without = list();
    return without.ok ? { ok: true, selector: { kind: 'but', of: of.selector, without: without.selector } } : without;
  }

  function list(): ParsedSelector {
    const items: Selector[] = [];
    for (;;) {
      const next = item();
      if (!next.ok) return next;
      items.push(next.selector);
      if (tokens[at] !== ',') break;
      at += 1;
    }
    const [only] = items;
    return { ok: true, selector: items.length === 1 && only ? only : { kind: 'list', items } };
  }

  function item(): ParsedSelector {
    const token = tokens[at];
    at += 1;
    if (token === undefined) return fail(whole === '' ? 'an empty selector selects nobody' : `"${whole}" ends too early`);
    if (token === '[') {
      const inner = selector();
      if (!inner.ok) return inner;
      if (tokens[at] !== ']') return fail(`"${whole}" has a [ without its ]`);
      at += 1;
      return inner;
    }
    if (token === ',' || token === ']' || token === 'but')
      return fail(`a host or a word such as leader is missing before "${token}" in "${whole}"`);
    return atom(token);
  }

  const parsed = selector();
  if (parsed.ok && at < tokens.length) return fail(`"${tokens[at]}" in "${whole}" stands where a comma or "but" should`);
  return parsed;
}

function atom(token: string): ParsedSelector {
  if (token.includes('${')) return { ok: true, selector: { kind: 'reference', text: token } };
  if (isWord(token)) return { ok: true, selector: { kind: 'word', word: token } };
  const dot = token.indexOf('.');
  if (dot < 0) return { ok: true, selector: { kind: 'host', host: token } };
  const word = token.slice(dot + 1);
  if (!isWord(word) || word === 'etcd' || word === 'all') {
    return { ok: false, message: `"${token}": after a cluster's name comes leader, replica, replicas, sync, members or repo` };
  }
  return { ok: true, selector: { kind: 'word', word, cluster: token.slice(0, dot) } };
}

function isWord(token: string): token is SelectorWord {
  return Object.hasOwn(selectorMeanings, token);
}

/** What is known of one cluster at a moment. */
export interface ClusterView {
  readonly members: readonly HostName[];
  /** Whoever leads; absent where nobody does, or nobody could be asked. */
  readonly leader?: HostName;
  /** Members that stream from the leader, in any order. */
  readonly streaming: readonly HostName[];
  readonly sync: readonly HostName[];
  readonly repo?: HostName;
}

/** `look`: undefined where the cluster was not seen yet. */
export function clusterView(members: readonly HostName[], look: ClusterLook | undefined, repo: HostName | undefined): ClusterView {
  const standbys = Object.entries(look?.members ?? {}).filter(([, { role }]) => role === 'replica');
  return {
    members,
    ...(look?.leader === undefined ? {} : { leader: look.leader }),
    streaming: standbys.flatMap(([name, { state }]) => (state === 'streaming' ? [name] : [])),
    sync: standbys.flatMap(([name, { sync }]) => (sync ? [name] : [])),
    ...(repo === undefined ? {} : { repo }),
  };
}

/** What selectors are resolved against. The preset's cluster is `main`. */
export interface SelectorView {
  readonly clusters: Readonly<Record<string, ClusterView>>;
  readonly etcd: readonly HostName[];
  readonly repo: readonly HostName[];
  /** Every host of the lab. */
  readonly hosts: readonly HostName[];
}

export type ResolvedSelector =
  | { readonly ok: true; readonly hosts: readonly HostName[] }
  /** Nobody is meant: no leader now, an unknown host, everybody excepted. `reason` is a sentence for people. */
  | { readonly ok: false; readonly reason: string };

/** Hosts that a selector means now, each once, in the order they were named. Never throws; nobody is an error value. */
export function resolveSelector(selector: string | readonly string[] | Selector, view: SelectorView): ResolvedSelector {
  if (typeof selector === 'string' || Array.isArray(selector)) {
    const parsed = parseSelector(selector as string | readonly string[]);
    return parsed.ok ? resolveSelector(parsed.selector, view) : { ok: false, reason: parsed.message };
  }
  return resolveParsed(selector as Selector, view);
}

function resolveParsed(selector: Selector, view: SelectorView): ResolvedSelector {
  if (selector.kind === 'reference') return { ok: false, reason: `${selector.text} has no value yet` };
  if (selector.kind === 'host') {
    return view.hosts.includes(selector.host)
      ? { ok: true, hosts: [selector.host] }
      : { ok: false, reason: `no host is named ${selector.host}` };
  }
  if (selector.kind === 'word') return resolveWord(selector.word, selector.cluster, view);
  if (selector.kind === 'list') {
    const all = selector.items.map((item) => resolveParsed(item, view));
    const bad = all.find((item) => !item.ok);
    return bad ?? { ok: true, hosts: [...new Set(all.flatMap((item) => (item.ok ? item.hosts : [])))] };
  }
  const of = resolveParsed(selector.of, view);
  if (!of.ok) return of;
  const without = resolveParsed(selector.without, view);
  if (!without.ok) return without;
  const hosts = of.hosts.filter((host) => !without.hosts.includes(host));
  return hosts.length > 0 ? { ok: true, hosts } : { ok: false, reason: 'nobody is left after "but"' };
}

function resolveWord(word: SelectorWord, cluster: string | undefined, view: SelectorView): ResolvedSelector {
  if (word === 'etcd') return some(view.etcd, 'the lab has no etcd host');
  if (word === 'all') return some(view.hosts, 'the lab has no host');
  if (word === 'repo' && cluster === undefined) return some(view.repo, 'the lab has no repository host');
  const name = cluster ?? 'main';
  const seen = view.clusters[name];
  if (!seen) return { ok: false, reason: `no cluster is named ${name}` };
  const where = cluster === undefined ? '' : ` in ${cluster}`;
  if (word === 'members') return some(seen.members, `there are no members${where}`);
  if (word === 'repo') return some(seen.repo === undefined ? [] : [seen.repo], `there is no repository host${where}`);
  if (word === 'sync') return some(seen.sync, `nobody is a synchronous standby${where}`);
  if (word === 'leader') return some(seen.leader === undefined ? [] : [seen.leader], `nobody leads${where}`);
  if (word === 'replica') return some([...seen.streaming].sort().slice(0, 1), `no replica streams${where}`);
  if (seen.leader === undefined) return { ok: false, reason: `nobody leads${where}, so nobody is a replica` };
  return some(
    seen.members.filter((member) => member !== seen.leader),
    `there are no replicas${where}`,
  );
}

function some(hosts: readonly HostName[], otherwise: string): ResolvedSelector {
  return hosts.length > 0 ? { ok: true, hosts: [...hosts] } : { ok: false, reason: otherwise };
}
