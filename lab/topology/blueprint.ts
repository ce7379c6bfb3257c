/**
 * A Blueprint is everything the engine needs to make a lab, and nothing about where it will stand: no addresses, no ports
 * on this machine, no container ids. It is plain data; `lab:plan` prints it.
 */

/** Names a host in a lab: `pg1`, `etcd2`, `repo`. It is the container's host name and stands in every host's /etc/hosts. */
export type HostName = string;

/** What a host is for, and so which image it runs: `images/<kind>/`. */
export type HostKind = 'etcd' | 'patroni' | 'repo';

/** Services that the hosts' supervisor knows; each is a folder in an image's `files/etc/lab/services/`. */
export type ServiceName = 'etcd' | 'patroni' | 'postgres' | 'pgbackrest' | 'sshd' | 'async-log';

/** Programs whose version a host may take from another release train than its own. */
export type ProgramName = 'postgresql' | 'patroni' | 'pgbackrest' | 'etcd';

export interface ImageSpec {
  readonly kind: HostKind;
  /** A release train of `images/versions.yaml`. */
  readonly train: string;
  /** Programs taken from elsewhere than the train, by version as `images/versions.yaml` lists it, e.g. `{pgbackrest: '2.55.1'}`. */
  readonly versions: Readonly<Partial<Record<ProgramName, string>>>;
}

/** A file put into a host before its services start. */
export interface FileSpec {
  /** Absolute path inside the host. */
  readonly path: string;
  readonly text: string;
  /** Octal permission bits, e.g. 0o600. */
  readonly mode: number;
  /** A user name of the images: `postgres` or `root`; the group is the same. */
  readonly owner: 'root' | 'postgres';
}

/**
 * A path that lives on a disk of its own, which belongs to `postgres`: either `size`, a tmpfs such as `200m` (a volume where another
 * host's `from` names it), or `from`, another host's disk seen here. Exactly one of the two is set.
 */
export interface DiskSpec {
  readonly path: string;
  readonly size?: string;
  readonly from?: { readonly host: HostName; readonly path: string; readonly mode: 'ro' | 'rw' };
}

export interface HostSpec {
  readonly name: HostName;
  readonly kind: HostKind;
  readonly image: ImageSpec;
  /** Every service of the host's kind, and whether it runs from the host's start. */
  readonly services: Readonly<Partial<Record<ServiceName, 'up' | 'down'>>>;
  readonly files: readonly FileSpec[];
  readonly disks: readonly DiskSpec[];
  /** Container ports published on the machine's loopback address: 5432 PostgreSQL, 8008 Patroni REST, 2379 etcd. */
  readonly publish: readonly number[];
}

/** How far a cluster is brought up before a scenario's first step. Each includes the ones before it. */
export const readyStates = ['hosts', 'cluster', 'stanza', 'backup'] as const;
export type Ready = (typeof readyStates)[number];

export interface ClusterSpec {
  readonly name: string;
  /** Patroni's scope, which is also PostgreSQL's cluster_name. */
  readonly scope: string;
  /** Patroni's namespace in the DCS, with slashes: `/db/`. */
  readonly namespace: string;
  readonly members: readonly HostName[];
  readonly stanza: string;
  /** Hosts with a repository that backups of this cluster are taken from; the default `on` of pgbackrest steps. */
  readonly repo?: HostName;
  readonly ready: Ready;
  /** Patroni's timing, in seconds, as rendered. */
  readonly timing: { readonly ttl: number; readonly loopWait: number; readonly retryTimeout: number };
}

export interface Blueprint {
  /** The spec that it was drafted from, for `readLab`, so that the same lab can be asked for again; absent in what an earlier version made. */
  readonly asked?: Readonly<Record<string, unknown>>;
  readonly preset: string;
  /** A timing profile's name. */
  readonly profile: string;
  /** The lab cannot be forked from a snapshot: it has disks, which no commit holds, or its spec says `start: fresh`. */
  readonly fresh?: true;
  readonly hosts: readonly HostSpec[];
  readonly etcd: readonly HostName[];
  readonly clusters: readonly ClusterSpec[];
  readonly secrets: Secrets;
}

/** Made per lab; every value is redacted from whatever leaves the lab. */
export interface Secrets {
  readonly superuser: string;
  readonly replication: string;
  readonly restapi: string;
}
