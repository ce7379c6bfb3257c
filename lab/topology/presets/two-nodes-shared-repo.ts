import type { Preset } from './preset.ts';

/**
 * pgbackrest#2682: two database hosts without repository host, each of which knows the other one, backups from the standby, and a
 * repository that both reach (object storage there; here pg1's disk, mounted on pg2 as well).
 */
export const twoNodesSharedRepo = {
  name: 'two-nodes-shared-repo',
  about: 'One etcd and two database hosts that share a repository, each knowing its peer, with backup-standby.',
  etcd: ['etcd1'],
  members: ['pg1', 'pg2'],
  scope: 'demo',
  stanza: 'demo',
  repository: { kind: 'shared' },
} as const satisfies Preset;
