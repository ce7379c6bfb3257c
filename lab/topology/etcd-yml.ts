/** etcd's configuration file: a static cluster of the lab's etcd hosts. */
import { stringify } from 'yaml';
import type { HostName } from './blueprint.ts';
import { places, ports } from './places.ts';

/** etcd.yml of `host`, one of `members`. */
export function renderEtcdYml(host: HostName, members: readonly HostName[]): string {
  const config = {
    name: host,
    'data-dir': places.etcdData,
    'listen-client-urls': `http://0.0.0.0:${ports.etcdClient}`,
    'advertise-client-urls': `http://${host}:${ports.etcdClient}`,
    'listen-peer-urls': `http://0.0.0.0:${ports.etcdPeer}`,
    'initial-advertise-peer-urls': `http://${host}:${ports.etcdPeer}`,
    'initial-cluster': members.map((member) => `${member}=http://${member}:${ports.etcdPeer}`).join(','),
    'initial-cluster-token': 'lab',
    'initial-cluster-state': 'new',
    // Patroni speaks to it; before 3.5 it is on by default only where there is no configuration file (etcd-io/etcd#12093).
    'enable-grpc-gateway': true,
    // Changes nothing that a killed container can see, since the page cache survives it; only a killed machine would lose writes.
    'unsafe-no-fsync': true,
    // Patroni writes a few keys every loop_wait: without this a lab kept for days only grows.
    'auto-compaction-mode': 'periodic',
    'auto-compaction-retention': '1h',
    logger: 'zap',
    // At info one start is a hundred lines of JSON; lost peers, lost quorum and slow requests are warnings.
    'log-level': 'warn',
  };
  return stringify(config, { lineWidth: 0 });
}
