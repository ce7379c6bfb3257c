import type { Preset } from './preset.ts';

/** The talk's own topology, and the default. */
export const threeNodesRepoHost = {
  name: 'three-nodes-repo-host',
  about: 'Three etcd, three database hosts and a pgBackRest repository host: the talk.',
  etcd: ['etcd1', 'etcd2', 'etcd3'],
  members: ['pg1', 'pg2', 'pg3'],
  scope: 'demo',
  stanza: 'demo',
  repository: { kind: 'host', name: 'repo' },
} as const satisfies Preset;
