/** Keeps a lab's status up to date with what happens to it: events in, status out. Pure. */
import { type ArchiverLook, type ClusterLook, type EtcdLook, type Event, hostWords, type LogEvent, type RepoLook } from '../core/event.ts';
import { type BackupStatus, describeMember, type LabStatus, type Liveness } from './status.ts';

const livenessAfter: Readonly<Record<string, Liveness>> = {
  [hostWords.start]: 'running',
  [hostWords.unpause]: 'running',
  [hostWords.pause]: 'frozen',
  [hostWords.die]: 'stopped',
  [hostWords.destroy]: 'stopped',
};

/** The same object where the event says nothing new. */
export function updateStatus(status: LabStatus, event: Event): LabStatus {
  if (event.type === 'log') return withLog(status, event);
  if (event.type !== 'look') return status;
  const { key, answer } = event;
  if (!('kind' in answer)) return withoutRepository(status, key, answer.unknown);
  switch (answer.kind) {
    case 'cluster':
      return withCluster(status, answer);
    case 'archiver':
      return withArchiver(status, answer);
    case 'repo':
      return withRepository(status, answer);
    case 'etcd':
      return withEtcd(status, answer);
    default:
      return status;
  }
}

function withLog(status: LabStatus, { program, host, text }: LogEvent): LabStatus {
  const after = program === 'lab' ? livenessAfter[text] : undefined;
  if (after === undefined) return status;
  return {
    ...status,
    members: status.members.map((member) => (member.name === host ? { ...member, host: after } : member)),
    hosts: status.hosts.map((each) => (each.name === host ? { ...each, host: after } : each)),
  };
}

function withCluster(status: LabStatus, look: ClusterLook): LabStatus {
  const members = status.members.map((member) =>
    member.cluster === look.cluster ? describeMember(member, look.members[member.name]) : member,
  );
  const clusters = status.clusters.map((cluster) =>
    cluster.name === look.cluster
      ? {
          ...cluster,
          leader: look.leader ?? null,
          // Nobody leads, nobody knows: the last known timeline and setting stay.
          timeline: look.timeline ?? cluster.timeline,
          paused: look.paused ?? cluster.paused,
          archiver: cluster.archiver?.host === look.leader ? cluster.archiver : null,
        }
      : cluster,
  );
  return { ...status, members, clusters, leader: clusters[0]?.leader ?? null };
}

function withArchiver(status: LabStatus, look: ArchiverLook): LabStatus {
  return {
    ...status,
    clusters: status.clusters.map((cluster) => (cluster.leader === look.host ? { ...cluster, archiver: look } : cluster)),
  };
}

function withRepository(status: LabStatus, look: RepoLook): LabStatus {
  return {
    ...status,
    clusters: status.clusters.map((cluster) => (cluster.stanza === look.stanza ? { ...cluster, repository: look.status } : cluster)),
    backups: [
      ...status.backups.filter(({ stanza }) => stanza !== look.stanza),
      ...look.backups.map((backup): BackupStatus => ({ ...backup, stanza: look.stanza })),
    ],
  };
}

/** The key of looks at the repository of a stanza, `repo:demo`. */
export function repositoryKey(stanza: string): string {
  return `repo:${stanza}`;
}

/** The backups that were seen are still the last that is known. */
function withoutRepository(status: LabStatus, key: string, why: string): LabStatus {
  return {
    ...status,
    clusters: status.clusters.map((cluster) => (repositoryKey(cluster.stanza) === key ? { ...cluster, repository: why } : cluster)),
  };
}

function withEtcd(status: LabStatus, look: EtcdLook): LabStatus {
  return { ...status, hosts: status.hosts.map((host) => ({ ...host, etcd: look.hosts[host.name] ?? host.etcd })) };
}
