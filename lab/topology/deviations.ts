/** Every difference between the talk's appendix (parts 1 to 5, Patroni's config.yml) and what the lab renders, with its reason. */

export interface Deviation {
  /** The setting, as a path into config.yml. */
  readonly what: string;
  /** What the appendix says. */
  readonly talk: string;
  /** What the lab renders. */
  readonly lab: string;
  readonly why: string;
}

export const deviations: readonly Deviation[] = [
  {
    what: 'watchdog.mode',
    talk: 'required',
    lab: "'off'",
    why: 'A container has no /dev/watchdog, and where a watchdog is required Patroni then elects no leader. Quoted, since a bare off is a boolean in YAML 1.1.',
  },
  {
    what: 'bootstrap.dcs.ttl, loop_wait, retry_timeout',
    talk: '30, 10, 10',
    lab: '20, 2, 3 (profile fast); 30, 10, 10 with profile talk',
    why: 'The smallest values that Patroni takes: nothing waits ten seconds for the next loop, and a dead leader is replaced after 20 s.',
  },
  {
    what: 'passwords',
    talk: 'mySupeSecretPassword, confidential, my-super-password',
    lab: 'made anew for each lab',
    why: 'A lab listens on a network; nothing that is published anywhere should open it.',
  },
  {
    what: 'transport between pgBackRest hosts',
    talk: 'not shown (no pgbackrest.conf in the appendix)',
    lab: 'mutual TLS on port 8432, with an authority and one certificate per host made for each lab',
    why: 'pgBackRest needs SSH or TLS between the repository host and the members. TLS needs no accounts and no host keys, and costs less to start.',
  },
  {
    what: 'bootstrap.method and bootstrap.pgbackrest',
    talk: 'method: pgbackrest and a restore command',
    lab: 'absent, until an overlay says patroni: {bootstrap: {method: pgbackrest, pgbackrest: {…}}}',
    why: 'A new lab has no backup: its first start would restore from nothing, and fail.',
  },
  {
    what: 'bootstrap.dcs.postgresql.parameters.archive_mode',
    talk: 'archive mode (as the slide shows it)',
    lab: 'archive_mode',
    why: 'The underscore was lost on the way to text; PostgreSQL knows no "archive mode".',
  },
  {
    what: 'bootstrap.dcs (indentation of ttl and maximum_lag_on_failover)',
    talk: 'one column out of line',
    lab: 'in line',
    why: 'As it stands the slide is not valid YAML.',
  },
  {
    what: 'name, scope, etcd3.hosts, data_dir, bin_dir and --stanza',
    talk: 'pg1, demo, etcd1 to etcd3, 18, demo',
    lab: "the lab's own; in the default lab exactly these",
    why: 'Other members, presets, clusters and release trains have other names and another PostgreSQL.',
  },
];

/** Differences that one might expect and does not find. */
export const nonDeviations: readonly { readonly what: string; readonly why: string }[] = [
  {
    what: 'bootstrap.pg_hba has no local line, and none is added',
    why: 'Patroni appends these lines to the pg_hba.conf that initdb wrote, where auth-local: peer made `local all all peer`: psql and pgBackRest connect over the socket as postgres.',
  },
  {
    what: 'no postgresql.parameters for logging, time zone or sockets',
    why: "Debian's defaults are what the lab needs: stderr, '%m [%p] ', UTC in a container, /var/run/postgresql. Patroni itself sets wal_log_hints, hot_standby and cluster_name.",
  },
  {
    what: 'no rewind user',
    why: 'use_pg_rewind is false in the talk; where an overlay turns it on, Patroni uses the superuser.',
  },
  {
    what: 'use_slots: false and create_replica_methods with basebackup as the fallback stay',
    why: 'They are what the talk recommends against surprises, and what several scenarios are about.',
  },
];
