/**
 * Patroni's config.yml in the shape of the talk's appendix (parts 1 to 5), key by key, so that a reader of the one recognises
 * the other. Every difference from it is listed, with its reason, in `deviations.ts`.
 */
import { parse, stringify } from 'yaml';
import type { Blueprint, HostName, Secrets } from './blueprint.ts';
import { binDirectory, dataDirectory, places, ports } from './places.ts';
import type { PlainMap } from './plain-map.ts';
import { isPlainMap, mergeMap } from './plain-map.ts';
import type { Timing } from './timing-profiles.ts';

export interface PatroniMember {
  readonly name: HostName;
  readonly scope: string;
  readonly namespace: string;
  readonly etcd: readonly HostName[];
  readonly stanza: string;
  /** PostgreSQL's major version: 18. */
  readonly major: number;
  readonly timing: Timing;
  readonly secrets: Secrets;
}

/** `bootstrap.dcs`: what becomes the cluster's dynamic configuration at its first start. */
export function defaultDcs(timing: Timing, stanza: string): PlainMap {
  return {
    ttl: timing.ttl,
    loop_wait: timing.loopWait,
    retry_timeout: timing.retryTimeout,
    maximum_lag_on_failover: 1048576,
    postgresql: {
      use_pg_rewind: false,
      use_slots: false,
      parameters: {
        archive_mode: 'on',
        archive_command: `pgbackrest --stanza=${stanza} archive-push %p`,
      },
      recovery_conf: { restore_command: `pgbackrest --stanza=${stanza} archive-get %f %p` },
    },
  };
}

/** A member's configuration as it was rendered; `dcs` of it is what becomes the dynamic configuration at the cluster's first start. */
export function renderedConfig(
  { hosts }: Pick<Blueprint, 'hosts'>,
  member: HostName,
): { readonly local: PlainMap; readonly dcs: PlainMap } {
  const file = hosts.find(({ name }) => name === member)?.files.find(({ path }) => path === places.patroniConfig);
  const map = (value: unknown): PlainMap => (isPlainMap(value) ? value : {});
  const local = map(file && parse(file.text));
  return { local, dcs: map(map(local.bootstrap).dcs) };
}

/** One member's whole configuration, before any overlay. */
export function defaultPatroniConfig(member: PatroniMember): PlainMap {
  const { name, scope, namespace, etcd, stanza, major, timing, secrets } = member;
  return {
    scope,
    namespace,
    name,
    restapi: {
      listen: `0.0.0.0:${ports.patroni}`,
      connect_address: `${name}:${ports.patroni}`,
      authentication: { username: 'patroni', password: secrets.restapi },
    },
    etcd3: { hosts: etcd.map((host) => `${host}:${ports.etcdClient}`) },
    bootstrap: {
      dcs: defaultDcs(timing, stanza),
      initdb: [{ encoding: 'UTF8' }, 'data-checksums', { 'auth-local': 'peer' }, { 'auth-host': 'scram-sha-256' }],
      // Patroni appends these to the file that initdb wrote, which has the local lines (bootstrap.py, append_pg_hba).
      pg_hba: ['host replication replicator 0.0.0.0/0 scram-sha-256', 'host all all 0.0.0.0/0 scram-sha-256'],
    },
    postgresql: {
      listen: `0.0.0.0:${ports.postgres}`,
      connect_address: `${name}:${ports.postgres}`,
      data_dir: dataDirectory(major),
      bin_dir: binDirectory(major),
      pgpass: '/tmp/pgpass0',
      authentication: {
        replication: { username: 'replicator', password: secrets.replication },
        superuser: { username: 'postgres', password: secrets.superuser },
      },
      create_replica_methods: ['pgbackrest', 'basebackup'],
      pgbackrest: { command: `pgbackrest restore --stanza=${stanza} --delta --type=preserve`, keep_data: true, no_params: true },
      basebackup: { checkpoint: 'fast' },
    },
    watchdog: { mode: 'off', device: '/dev/watchdog', safety_margin: 5 },
    tags: { nofailover: false, noloadbalance: false, clonefrom: false, nosync: false },
  };
}

/** As Patroni must read it: PyYAML is YAML 1.1, where a bare `on`, `off`, `yes` or `no` is a boolean, so these come out quoted. */
export function writePatroniYaml(config: PlainMap): string {
  return stringify(config, { version: '1.1', lineWidth: 0, indentSeq: false });
}

/** Throws YAMLParseError, or RangeError where the text is not a map. */
export function readPatroniYaml(text: string): PlainMap {
  const config: unknown = parse(text, { version: '1.1' });
  if (!isPlainMap(config)) throw new RangeError(`${places.patroniConfig} is not a map`);
  return config;
}

/** A member's config.yml with an overlay's `patroni` merged into it; comments are lost. Throws as `readPatroniYaml`. */
export function changePatroniYaml(text: string, changes: PlainMap): string {
  return writePatroniYaml(mergeMap(readPatroniYaml(text), changes));
}
