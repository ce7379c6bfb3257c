/**
 * One look at a whole lab: members, backups, archiver, versions. Answers in bounded time whatever state the hosts are in: what
 * stands still or is down is not asked, and what does not answer is told as such.
 */

import type { ArchiverLook, EtcdHealth, MemberLook, RepoBackup } from '../core/event.ts';
import type { Docker } from '../engine/connect.ts';
import { endpointOf, type Host, type HostState, type Lab, type Standing, standing } from '../engine/lab.ts';
import type { Purpose } from '../engine/labels.ts';
import type { ClusterSpec, HostKind, HostName } from '../topology/blueprint.ts';
import { ports } from '../topology/places.ts';
import { lookAtArchiver } from './archiver.ts';
import { lookAtCluster } from './cluster.ts';
import { askHealth } from './etcd.ts';
import { lookAtRepository } from './repository.ts';
import { askVersions, type HostVersions, mergeVersions } from './versions.ts';

/** What a host as a machine does; its programs are another matter. */
export type Liveness = 'running' | 'frozen' | 'stopped';

/** `lab:status --json`. The keys up to `versions` are a contract (DESIGN.md, "Commands"). */
export interface LabStatus {
  readonly name: string;
  readonly members: readonly MemberStatus[];
  /** The leader of the lab's first cluster. */
  readonly leader: HostName | null;
  readonly backups: readonly BackupStatus[];
  /** By program; several versions of one are listed: `2.60.0, 2.55.1`. */
  readonly versions: Readonly<Record<string, string>>;
  readonly standing: Standing;
  readonly purpose: Purpose;
  readonly preset: string;
  readonly profile: string;
  /** Unix ms. */
  readonly created: number;
  readonly clusters: readonly ClusterStatus[];
  readonly hosts: readonly HostStatus[];
}

export interface MemberStatus {
  readonly name: HostName;
  readonly role: 'leader' | 'primary' | 'replica';
  /** Patroni's word; `unreachable` where neither Patroni nor PostgreSQL answers. */
  readonly state: string;
  readonly timeline: number | null;
  /** Bytes behind the leader. */
  readonly lag: number | null;
  readonly sync: boolean;
  /** PostgreSQL has to be restarted for a setting, by Patroni's word. */
  readonly pendingRestart: boolean;
  readonly cluster: string;
  readonly host: Liveness;
  /** For libpq, from this machine. */
  readonly connection: string | null;
  readonly rest: string | null;
}

export interface BackupStatus extends RepoBackup {
  readonly stanza: string;
}

export interface ClusterStatus {
  readonly name: string;
  readonly leader: HostName | null;
  readonly timeline: number | null;
  readonly paused: boolean;
  readonly stanza: string;
  /** pgBackRest's word, or why it could not be asked. */
  readonly repository: string;
  /** The leader's. */
  readonly archiver: ArchiverLook | null;
  readonly timing: ClusterSpec['timing'];
}

export interface HostStatus {
  readonly name: HostName;
  readonly kind: HostKind;
  readonly host: Liveness;
  readonly versions: HostVersions;
  /** Of an etcd host; null elsewhere. */
  readonly etcd: EtcdHealth | null;
}

/** Never throws because of a host; throws where the engine does not answer. */
export async function askStatus(docker: Docker, lab: Lab): Promise<LabStatus> {
  const [stands, versions, etcd, clusters] = await Promise.all([
    standing(docker, lab),
    askVersions(docker, lab),
    askEtcd(lab),
    Promise.all(lab.spec.clusters.map((cluster) => askCluster(docker, lab, cluster))),
  ]);
  return {
    name: lab.name,
    members: clusters.flatMap(({ members }) => members),
    leader: clusters[0]?.cluster.leader ?? null,
    backups: distinct(clusters.flatMap(({ backups }) => backups)),
    versions: mergeVersions(versions),
    standing: stands,
    purpose: lab.purpose,
    preset: lab.spec.preset,
    profile: lab.spec.profile,
    created: lab.created,
    clusters: clusters.map(({ cluster }) => cluster),
    hosts: lab.hosts.map(({ name, kind, state }) => ({
      name,
      kind,
      host: liveness(state),
      versions: versions[name] ?? {},
      etcd: etcd[name] ?? null,
    })),
  };
}

interface ClusterAnswer {
  readonly cluster: ClusterStatus;
  readonly members: readonly MemberStatus[];
  readonly backups: readonly BackupStatus[];
}

async function askCluster(docker: Docker, lab: Lab, spec: ClusterSpec): Promise<ClusterAnswer> {
  // A frozen host takes a connection and never answers: asking it costs two time-outs.
  const awake: Lab = { ...lab, hosts: lab.hosts.filter(({ state }) => state === 'running') };
  const seen = lookAtCluster(awake, spec);
  const [look, repository, archiver] = await Promise.all([
    seen,
    askRepository(docker, awake, spec),
    seen.then(({ leader }) => askArchiver(awake, leader)),
  ]);
  const members = spec.members.map((name): MemberStatus => {
    const host = lab.hosts.find((each) => each.name === name);
    return describeMember(
      { name, cluster: spec.name, host: host ? liveness(host.state) : 'stopped', ...addresses(lab, name) },
      look.members[name],
    );
  });
  return {
    cluster: {
      name: spec.name,
      leader: look.leader ?? null,
      timeline: look.timeline ?? null,
      paused: look.paused ?? false,
      stanza: spec.stanza,
      repository: repository.status,
      archiver,
      timing: spec.timing,
    },
    members,
    backups: repository.backups.map((backup) => ({ ...backup, stanza: spec.stanza })),
  };
}

export function describeMember(
  host: Pick<MemberStatus, 'name' | 'cluster' | 'host' | 'connection' | 'rest'>,
  look: MemberLook | undefined,
): MemberStatus {
  const role = look === undefined || look.role === 'unreachable' ? 'replica' : look.role;
  return {
    name: host.name,
    role,
    state: look?.state ?? 'unreachable',
    timeline: look?.timeline ?? null,
    lag: role === 'leader' ? 0 : (look?.lag ?? null),
    sync: look?.sync ?? false,
    pendingRestart: look?.pendingRestart ?? false,
    cluster: host.cluster,
    host: host.host,
    connection: host.connection,
    rest: host.rest,
  };
}

function addresses(lab: Lab, name: HostName): Pick<MemberStatus, 'connection' | 'rest'> {
  const host = lab.hosts.find((each) => each.name === name);
  const [postgres, rest] = [ports.postgres, ports.patroni].map((port) => host && endpointOf(host, port));
  return {
    connection: postgres ? `postgresql://postgres:${lab.spec.secrets.superuser}@${postgres.address}:${postgres.port}/postgres` : null,
    rest: rest ? `http://${rest.address}:${rest.port}` : null,
  };
}

/** Asked on the repository host, or else on the first member that runs. */
async function askRepository(docker: Docker, awake: Lab, spec: ClusterSpec): Promise<{ status: string; backups: readonly RepoBackup[] }> {
  const candidates = spec.repo === undefined ? spec.members : [spec.repo];
  const host = awake.hosts.find(({ name }) => candidates.includes(name));
  if (!host) return { status: `${candidates.join(' and ')} cannot be asked`, backups: [] };
  try {
    return await lookAtRepository(docker, host.container, spec.stanza);
  } catch (error) {
    return { status: (error as Error).message, backups: [] };
  }
}

async function askArchiver(awake: Lab, leader: HostName | undefined): Promise<ArchiverLook | null> {
  const host = awake.hosts.find(({ name }) => name === leader);
  return (host && (await lookAtArchiver(awake, host))) ?? null;
}

/** By host, for hosts with an etcd. */
async function askEtcd(lab: Lab): Promise<Readonly<Record<HostName, EtcdHealth>>> {
  const hosts = lab.hosts.filter(({ kind }) => kind === 'etcd');
  const ask = async (host: Host) => [host.name, host.state === 'running' ? await askHealth(host) : 'unreachable'] as const;
  return Object.fromEntries(await Promise.all(hosts.map(ask)));
}

export function liveness(state: HostState): Liveness {
  if (state === 'running') return 'running';
  return state === 'paused' ? 'frozen' : 'stopped';
}

/** Two clusters may share a stanza. */
function distinct(backups: readonly BackupStatus[]): readonly BackupStatus[] {
  return backups.filter(
    (backup, at) => backups.findIndex(({ stanza, label }) => stanza === backup.stanza && label === backup.label) === at,
  );
}
