import type { Preset } from './preset.ts';

export const oneNode = {
  name: 'one-node',
  about: 'One etcd, one database host and a repository host: the smallest lab, for what needs no standby.',
  etcd: ['etcd1'],
  members: ['pg1'],
  scope: 'demo',
  stanza: 'demo',
  repository: { kind: 'host', name: 'repo' },
} as const satisfies Preset;
