/** Where things stand inside a host: the one list that images, rendered configuration and readers of files agree on. */

export const places = {
  patroniConfig: '/etc/patroni/config.yml',
  pgbackrestConfig: '/etc/pgbackrest/pgbackrest.conf',
  etcdConfig: '/etc/etcd/etcd.yml',
  caCertificate: '/etc/pgbackrest/cert/ca.crt',
  hostCertificate: '/etc/pgbackrest/cert/host.crt',
  hostKey: '/etc/pgbackrest/cert/host.key',
  repository: '/var/lib/pgbackrest',
  spool: '/var/spool/pgbackrest',
  etcdData: '/var/lib/etcd/data',
} as const;

/** Ports that programs listen on inside their hosts. */
export const ports = { postgres: 5432, patroni: 8008, etcdClient: 2379, etcdPeer: 2380, pgbackrest: 8432 } as const;

/** PGDATA, as Debian lays it out and the talk has it. */
export function dataDirectory(major: number): string {
  return `/var/lib/postgresql/${major}/main`;
}

export function binDirectory(major: number): string {
  return `/usr/lib/postgresql/${major}/bin`;
}
