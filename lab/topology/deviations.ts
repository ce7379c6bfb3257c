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
    why: 'The smallest ttl and retry_timeout that Patroni takes, and a loop_wait of 2 where 1 is the smallest: nothing waits ten seconds for the next loop, and a dead leader is replaced after 20 s.',
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
    what: 'indentation of ttl, maximum_lag_on_failover, use_pg_rewind and use_slots',
    talk: 'one column out of line',
    lab: 'in line',
    why: 'As it stands the slide is not valid YAML.',
  },
  {
    what: 'bootstrap.pg_hba',
    talk: 'at the left margin, on a slide of its own (part 3), as are method and pgbackrest',
    lab: 'under bootstrap',
    why: 'The slide shows a part of the bootstrap section; at the top level Patroni would not read it.',
  },
  {
    what: 'etcd.yml: unsafe-no-fsync',
    talk: 'not shown (no etcd configuration in the appendix)',
    lab: 'true',
    why: "A killed container loses nothing by it, since the page cache survives; only a machine that loses its power would. On a slow disk etcd's writes would otherwise decide how long everything takes.",
  },
  {
    what: 'pgbackrest.conf: compress-type, process-max, start-fast, repo1-bundle, repo1-retention-full',
    talk: 'not shown',
    lab: 'lz4, 2, y, y, 2',
    why: 'Backups and restores that take a second or two, and a repository that does not grow without end. What else the lab sets is transport, places and logging.',
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
