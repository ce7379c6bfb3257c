/** Calls a host by what it was: the reference that stands for it in a recording, so that the next run may have other hosts in its roles. */
import { isMap, type RunStarted, type Value } from '../core/event.ts';
import type { Names } from './expand.ts';
import type { RawStep } from './typed-step.ts';

/** `repo`, `${kill.on}`, `${before.replica}`; undefined for a host that nothing names, and for one that is alone in its cluster. */
export function hostReference(host: string, { values }: Names, facts: Pick<RunStarted, 'clusters' | 'repo'>): string | undefined {
  if (facts.repo?.length === 1 && facts.repo[0] === host) return 'repo';
  if (!Object.values(facts.clusters).some((members) => members.length > 1 && members.includes(host))) return undefined;
  // Whom something was done to is surer the next time than who led, and that surer than who of several streamed.
  for (const field of ['on', 'leader', 'replica'] as const) {
    const named = Object.entries(values).findLast(([, fields]) => isMap(fields) && fields[field] === host);
    if (named) return `\${${named[0]}.${field}}`;
  }
  return undefined;
}

/** A typed step with the hosts in it called by what they were. `scope` is the cluster's name in Patroni. */
export function withReferences(step: RawStep, names: Names, facts: Pick<RunStarted, 'clusters' | 'repo'>, scope: string): RawStep {
  const hosts = Object.values(facts.clusters).flat();
  const named = (text: string) =>
    text.replace(/(?<![\w./${-])[a-z][a-z0-9-]*(?![\w./-])/g, (word) =>
      hosts.includes(word) ? (hostReference(word, names, facts) ?? word) : word,
    );
  const change = (value: Value): Value => {
    if (typeof value === 'string') return named(value);
    if (Array.isArray(value)) return value.map(change);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, key === 'as' ? inner : change(inner)]));
  };
  const changed = change(step) as RawStep;
  const { patronictl } = changed;
  const inCluster = (run: string) => run.replace(new RegExp(`(?<=\\s)${scope}(?=\\s|$)`), '${cluster}');
  if (typeof patronictl === 'string') return { ...changed, patronictl: inCluster(patronictl) };
  if (typeof patronictl === 'object' && patronictl !== null && 'run' in patronictl)
    return { ...changed, patronictl: { ...patronictl, run: inCluster(String(patronictl.run)) } };
  return changed;
}
