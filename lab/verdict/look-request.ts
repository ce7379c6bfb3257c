/** What the judge wants looked at while an `expect` is open. Knows the questions; who asks them, and how, is for `run/` and `observe/`. */
import type { HostName } from '../topology/blueprint.ts';

/**
 * One question. The answer is recorded as a `look` (or `look-again`) event under the same `key`. `stanza` absent: the main
 * cluster's. `segments`: WAL segments whose presence in the archive is asked for. `text`: whether the matching file's content
 * is wanted. `keys` are below the main cluster's folder in the DCS.
 */
export type LookRequest =
  | { readonly key: string; readonly kind: 'cluster'; readonly cluster: string }
  | { readonly key: string; readonly kind: 'ledger'; readonly host: HostName }
  | { readonly key: string; readonly kind: 'repo'; readonly stanza?: string; readonly segments: readonly string[] }
  | { readonly key: string; readonly kind: 'sql'; readonly host: HostName; readonly run: string }
  | { readonly key: string; readonly kind: 'file'; readonly host: HostName; readonly path: string; readonly text: boolean }
  | { readonly key: string; readonly kind: 'dcs'; readonly keys: readonly string[] }
  /** For people: no expectation asks it. */
  | { readonly key: string; readonly kind: 'settings'; readonly host: HostName };

export type LookKind = LookRequest['kind'];

/** The key of a look at a cluster, `cluster:main`: shared by every expectation and by the record made once a second. */
export function clusterKey(cluster: string): string {
  return `cluster:${cluster}`;
}

/** The key of a look at a server's settings, which is made at the start and at the end of a run. */
export function settingsKey(host: HostName): string {
  return `settings:${host}`;
}

/** The key of any other look: of one clause of one step, and of one host where it is asked there: `s5/sql/0@pg2`. */
export function lookKey(step: string, kind: Exclude<LookKind, 'cluster' | 'settings'>, clause: number, host?: HostName): string {
  return `${step}/${kind}/${clause}${host === undefined ? '' : `@${host}`}`;
}

/** Whose key it is, of those that `lookKey` makes; undefined for all others. */
export function stepOfKey(key: string): string | undefined {
  return key.includes('/') ? key.slice(0, key.indexOf('/')) : undefined;
}
