/** A healthy lab's status, to be changed by tests. */
import { parseLsn } from '../../lab/core/lsn.ts';
import type { BackupStatus, LabStatus, MemberStatus } from '../../lab/observe/status.ts';

export const now = 1_800_000_000_000;

export function member(name: string, more: Partial<MemberStatus> = {}): MemberStatus {
  return {
    name,
    role: 'replica',
    state: 'streaming',
    timeline: 2,
    lag: 0,
    sync: false,
    pendingRestart: false,
    cluster: 'main',
    host: 'running',
    connection: null,
    rest: null,
    ...more,
  };
}

export function backup(label: string, more: Partial<BackupStatus> = {}): BackupStatus {
  return {
    label,
    type: 'full',
    error: false,
    start: parseLsn('0/2000028'),
    stop: parseLsn('0/2000120'),
    ended: now / 1000 - 90,
    stanza: 'demo',
    ...more,
  };
}

export const healthy: LabStatus = {
  name: 'lab',
  members: [member('pg1', { role: 'leader', state: 'running' }), member('pg2', { lag: 2048, sync: true }), member('pg3')],
  leader: 'pg1',
  backups: [backup('20261122-203949F')],
  versions: { postgresql: '18.6', pgbackrest: '2.60.0, 2.55.1' },
  standing: 'up',
  purpose: 'hands',
  preset: 'three-nodes-repo-host',
  profile: 'fast',
  created: now - 65_000,
  clusters: [
    {
      name: 'main',
      leader: 'pg1',
      timeline: 2,
      paused: false,
      stanza: 'demo',
      repository: 'ok',
      archiver: {
        kind: 'archiver',
        host: 'pg1',
        archived: 3,
        lastArchived: '000000010000000000000002',
        lastArchivedAt: now - 5000,
        failed: 0,
        lastFailed: null,
        lastFailedAt: null,
      },
      timing: { ttl: 20, loopWait: 2, retryTimeout: 3 },
    },
  ],
  hosts: [
    { name: 'etcd1', kind: 'etcd', host: 'running', versions: {}, etcd: 'healthy' },
    { name: 'etcd2', kind: 'etcd', host: 'running', versions: {}, etcd: 'healthy' },
    { name: 'pg1', kind: 'patroni', host: 'running', versions: { postgresql: '18.6', pgbackrest: '2.60.0' }, etcd: null },
    { name: 'repo', kind: 'repo', host: 'running', versions: { pgbackrest: '2.55.1' }, etcd: null },
  ],
};
