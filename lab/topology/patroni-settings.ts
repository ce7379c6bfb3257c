/**
 * Names of Patroni's settings (its documentation, "Dynamic Configuration Settings" and "YAML Configuration Settings"; validator.py).
 * Patroni takes any name and says nothing of those that it does not know, so that a misspelt one makes another incident than was meant.
 */
import { distance } from 'fastest-levenshtein';
import { isPlainMap, type PlainMap } from './plain-map.ts';

/** Names that a map of settings has, and what the maps under them have; a name without is anything. */
export interface Settings {
  readonly [name: string]: Settings | undefined;
}

const settings = (...names: readonly string[]): Settings => Object.fromEntries(names.map((name) => [name, undefined]));

const everywhere = settings(
  ...['use_pg_rewind', 'use_slots', 'parameters', 'recovery_conf', 'pg_hba', 'pg_ident', 'pg_ctl_timeout', 'callbacks', 'custom_conf'],
  ...['create_replica_methods', 'before_stop', 'pre_promote', 'krbsrvname'],
  ...['remove_data_directory_on_rewind_failure', 'remove_data_directory_on_diverged_timelines'],
);

/** The cluster's, kept in the DCS. */
export const dynamicSettings: Settings = {
  ...settings(
    ...['ttl', 'loop_wait', 'retry_timeout', 'pause', 'failsafe_mode', 'check_timeline', 'primary_race_backoff', 'max_timelines_history'],
    ...['maximum_lag_on_failover', 'maximum_lag_on_syncnode', 'synchronous_mode', 'synchronous_mode_strict', 'synchronous_node_count'],
    ...['primary_start_timeout', 'primary_stop_timeout', 'master_start_timeout', 'master_stop_timeout'],
    ...['slots', 'ignore_slots', 'member_slots_ttl'],
  ),
  postgresql: everywhere,
  standby_cluster: settings(
    ...['host', 'port', 'primary_slot_name', 'create_replica_methods', 'restore_command', 'archive_cleanup_command'],
    'recovery_min_apply_delay',
  ),
};

/** A member's own, in its file. Methods of making replicas and of bootstrapping have sections under their own names there. */
export const localSettings: Settings = {
  ...settings('scope', 'namespace', 'name', 'log', 'ctl', 'restapi', 'citus', 'etcd', 'etcd3', 'thread_pool_size', 'thread_stack_size'),
  bootstrap: { ...settings('method', 'initdb', 'pg_hba', 'users', 'post_bootstrap', 'post_init'), dcs: dynamicSettings },
  postgresql: {
    ...everywhere,
    ...settings(
      'listen',
      'connect_address',
      'proxy_address',
      'data_dir',
      'config_dir',
      'config_base_name',
      'bin_dir',
      'bin_name',
      'pgpass',
    ),
    ...settings('authentication', 'use_unix_socket', 'use_unix_socket_repl', 'basebackup', 'pgbackrest'),
  },
  watchdog: settings('mode', 'device', 'safety_margin', 'driver'),
  tags: settings(
    ...['nofailover', 'failover_priority', 'noloadbalance', 'clonefrom', 'nosync', 'sync_priority', 'nostream', 'replicatefrom'],
  ),
};

/** Of the cluster's settings, whole numbers; less than `min` is raised to it (config.py, `_validate_and_adjust_timeouts`). */
export const dynamicNumbers: Readonly<Record<string, { readonly min?: number }>> = {
  ttl: { min: 20 },
  loop_wait: { min: 1 },
  retry_timeout: { min: 3 },
  maximum_lag_on_failover: {},
  maximum_lag_on_syncnode: {},
  max_timelines_history: {},
  synchronous_node_count: {},
};

/** Those that must fit: loop_wait + 2 * retry_timeout <= ttl. */
export const timing = ['ttl', 'loop_wait', 'retry_timeout'] as const;

/**
 * PostgreSQL's parameters that Patroni hands to its start, so that all members have them alike: it takes them from the dynamic
 * configuration alone, and no less than `min`, else its own default (`CMDLINE_OPTIONS` in postgresql/config.py).
 */
export const clusterParameters: Readonly<
  Record<string, { readonly min?: number; readonly unit?: true; readonly words?: readonly string[] }>
> = {
  wal_level: { words: ['hot_standby', 'replica', 'logical'] },
  track_commit_timestamp: {},
  wal_log_hints: {},
  max_connections: { min: 25 },
  max_wal_senders: { min: 3 },
  max_prepared_transactions: { min: 0 },
  max_locks_per_transaction: { min: 32 },
  max_replication_slots: { min: 4 },
  max_worker_processes: { min: 2 },
  wal_keep_segments: { min: 1 },
  wal_keep_size: { min: 16, unit: true },
};

/** Those that Patroni makes up itself, and where each comes from. */
export const ownParameters: Readonly<Record<string, string>> = {
  listen_addresses: 'postgresql.listen of a member decides',
  port: 'postgresql.listen of a member decides',
  cluster_name: 'the scope decides',
  hot_standby: 'it is always on',
};

/** Where Patroni has settings that people put elsewhere, as YAML around `...`. Sections of methods may have any other name. */
const homes: ReadonlyMap<string, string> = new Map([
  ...Object.keys(localSettings.tags ?? {}).map((name) => [name, `patroni: {tags: {${name}: ...}}`] as const),
  ...Object.keys(localSettings.bootstrap ?? {}).flatMap((name) =>
    name === 'dcs' ? [] : [[name, `patroni: {bootstrap: {${name}: ...}}`] as const],
  ),
  ...['tags', 'watchdog', 'restapi', 'bootstrap', 'ctl'].map((name) => [name, `patroni: {${name}: ...}`] as const),
  ...Object.keys(everywhere).map((name) => [name, `postgresql: {${name}: ...}`] as const),
  ...Object.keys(dynamicSettings).flatMap((name) => (name in localSettings ? [] : [[name, `dcs: {${name}: ...}`] as const])),
]);

/** Names in `changes` that are no settings of their place, but of another one, `home`. */
export function astray(
  changes: PlainMap,
  known: Settings,
  path: readonly string[],
): readonly { readonly path: readonly string[]; readonly home: string }[] {
  return Object.entries(changes).flatMap(([name, value]) => {
    const at = [...path, name];
    const home = homes.get(name);
    if (!Object.hasOwn(known, name)) return home === undefined ? [] : [{ path: at, home }];
    const inner = known[name];
    // Tags are anybody's to add to.
    return inner && name !== 'tags' && isPlainMap(value) ? astray(value, inner, at) : [];
  });
}

/** Names in `changes` that are settings of no place, and a letter or two away from one of this place, or its first words: `meant`. */
export function misspelt(
  changes: PlainMap,
  known: Settings,
  path: readonly string[] = [],
): readonly { readonly path: readonly string[]; readonly meant: string }[] {
  return Object.entries(changes).flatMap(([name, value]) => {
    const at = [...path, name];
    if (Object.hasOwn(known, name)) {
      const inner = known[name];
      return inner && isPlainMap(value) ? misspelt(value, inner, at) : [];
    }
    if (homes.has(name)) return [];
    const meant =
      Object.keys(known).find((one) => distance(name.toLowerCase(), one) <= (one.length < 6 ? 1 : 2)) ??
      // A map may be a method's section.
      (isPlainMap(value) ? undefined : Object.keys(known).find((one) => one.startsWith(`${name}_`)));
    return meant === undefined ? [] : [{ path: at, meant }];
  });
}
