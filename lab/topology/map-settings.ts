/** Which of Patroni's settings are maps, as the lab's own configuration has them: anything else in their place breaks the file. */
import { defaultDcs, defaultPatroniConfig } from './patroni-yaml.ts';
import { isPlainMap, mergeMap, type PlainMap } from './plain-map.ts';
import { timingProfiles } from './timing-profiles.ts';

export const defaultSettings = settings();

/** Places in `changes` of what is no map where `defaults` has one. null takes a map out, and what a step refers to only its run knows. */
export function notMaps(changes: PlainMap, defaults: PlainMap, path: readonly string[] = []): readonly (readonly string[])[] {
  return Object.entries(changes).flatMap(([key, value]) => {
    const own = defaults[key];
    const at = [...path, key];
    if (!isPlainMap(own) || value === null || value === undefined) return [];
    if (isPlainMap(value)) return notMaps(value, own, at);
    if (typeof value === 'string' && value.includes('${')) return [];
    // Patroni takes its options as a list as well (bootstrap.py, process_user_options).
    return Array.isArray(value) && at.join('.') === 'postgresql.basebackup' ? [] : [at];
  });
}

function settings(): { readonly dcs: PlainMap; readonly patroni: PlainMap } {
  const timing = timingProfiles.fast;
  const dcs = defaultDcs(timing, '');
  const secrets = { superuser: '', replication: '', restapi: '' };
  const member = defaultPatroniConfig({ name: '', scope: '', namespace: '', etcd: [], stanza: '', major: 0, timing, secrets });
  // A member's own file takes what the dynamic configuration has for its PostgreSQL, too.
  return { dcs, patroni: mergeMap(member, { postgresql: dcs.postgresql }) };
}
