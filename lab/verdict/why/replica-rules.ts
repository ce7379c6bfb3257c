/** Why a member was not built from the repository, or does not follow. */
import { awaitsMember, type Failure, missingLines } from './failure.ts';
import { follows, last, patroni, pgbackrest, postgres, type Rule, rule } from './rule.ts';
import type { Sighting } from './sighting.ts';

/** Longer than Patroni takes from one method to the next, ms. */
const rebuildTime = 60_000;

const basebackup = patroni(/^replica has been created using basebackup/);
const restoring = pgbackrest(/^restore command begin/);
const invalidated = postgres(/^invalidating obsolete replication slot "([^"]+)"/);
const removed = postgres(/requested WAL segment ([0-9A-F]{24}) has already been removed/);
const streams = postgres(/^started streaming WAL from primary at/);

function wantsPgbackrest(failure: Failure): boolean {
  const never = failure.step.clauses
    ?.flatMap((clause) => clause.lines ?? [])
    .some((line) => line.state === 'present' && /basebackup/.test(line.shown));
  return never === true || missingLines(failure).some((line) => /using pgbackrest|pgbackrest: /.test(line.shown));
}

/** On whichever host: the leader says as well what a standby asks for. */
function streamsSince(streaming: readonly Sighting[], trouble: Sighting): boolean {
  return streaming.some(({ entry }) => entry.at > trouble.entry.at);
}

export const replicaRules: readonly Rule[] = [
  rule({
    name: 'no-backup-yet',
    source: 'https://patroni.readthedocs.io/en/latest/replica_bootstrap.html#building-replicas; CrunchyData/postgres-operator#4117',
    lines: {
      none: pgbackrest(/\[075\]: no backup set found to restore/),
      failed: patroni(/^Error creating replica using method (\S+): .* exited with code=75/),
      restored: pgbackrest(/^restore command end: completed successfully/),
      basebackup,
    },
    explain: (failure, seen) => {
      const failed = last(seen.of('failed'));
      if (!failed || follows(seen, 'restored', failed) || !awaitsMember(failure)) return undefined;
      const none = last(seen.of('none', failed.entry.host).filter((one) => one.entry.at <= failed.entry.at));
      if (!none) return undefined;
      const instead = seen.of('basebackup', failed.entry.host).find((one) => one.entry.at > failed.entry.at);
      if (instead && !wantsPgbackrest(failure)) return undefined;
      return {
        message: instead
          ? `${failed.entry.host} was built by basebackup because the method before it, ${failed.groups[1]}, exited 75: there is no backup yet`
          : `${failed.entry.host} cannot be built: method ${failed.groups[1]} exited 75, there is no backup yet, and create_replica_methods has no other`,
        lines: [none, failed, ...(instead ? [instead] : [])],
      };
    },
  }),
  rule({
    name: 'pgbackrest-is-no-replica-method',
    source: 'https://patroni.readthedocs.io/en/latest/replica_bootstrap.html#building-replicas',
    lines: { basebackup, restoring },
    explain: (failure, seen) => {
      const built = last(seen.of('basebackup'));
      // The methods before it in the list would have been tried in the same rebuild, seconds before.
      const tried =
        built &&
        seen.of('restoring', built.entry.host).some(({ entry }) => entry.at < built.entry.at && entry.at > built.entry.at - rebuildTime);
      if (!built || tried || follows(seen, 'restoring', built) || !wantsPgbackrest(failure)) return undefined;
      return {
        message: `${built.entry.host} was built by basebackup, and no restore was tried: pgbackrest is not in create_replica_methods, or reinit was told --from-leader`,
        lines: [built],
      };
    },
  }),
  rule({
    name: 'diverged-without-rewind',
    source: 'https://patroni.readthedocs.io/en/latest/replication_modes.html; patroni/patroni#941, patroni/patroni#167',
    lines: {
      past: postgres(/^crash recovery starts in timeline (\d+) and has target timeline (\d+)/),
      forked: postgres(/^new timeline (\d+) forked off current database system timeline (\d+) before current recovery point (\S+)/),
      rewind: patroni(/^running pg_rewind/),
      streams,
    },
    explain: (failure, seen) => {
      const diverged = last([...seen.of('past'), ...seen.of('forked')]);
      if (!diverged || follows(seen, 'streams', diverged) || follows(seen, 'rewind', diverged) || !awaitsMember(failure)) return undefined;
      const has = seen.of('forked', diverged.entry.host).includes(diverged) ? 'has' : 'may have';
      return {
        message:
          `${diverged.entry.host} ${has} WAL that the new leader never got, with which it cannot follow: pg_rewind did not run, and with ` +
          'use_pg_rewind off Patroni does not look for divergence; turn it on, or reinit the member',
        lines: [diverged],
      };
    },
  }),
  rule({
    name: 'slot-invalidated',
    source: 'https://www.postgresql.org/docs/current/runtime-config-replication.html#GUC-MAX-SLOT-WAL-KEEP-SIZE',
    lines: { invalidated, removed, streams },
    explain: (failure, seen) => {
      const given = last(seen.of('invalidated'));
      const missed = last(seen.of('removed').filter((one) => given && one.entry.at >= given.entry.at));
      if (!given || !missed || streamsSince(seen.of('streams'), missed) || !awaitsMember(failure)) return undefined;
      return {
        message:
          `the leader gave up the slot ${given.groups[1]}, as it does with one that keeps more WAL than max_slot_wal_keep_size: a standby that ` +
          'used it needs a restore_command that finds the WAL in the archive, or to be built anew',
        lines: [given],
      };
    },
  }),
  rule({
    name: 'wal-removed',
    source:
      'https://www.postgresql.org/docs/current/warm-standby.html#STREAMING-REPLICATION-SLOTS; patroni/patroni#3289, pgbackrest/pgbackrest#1974',
    lines: { removed, invalidated, streams },
    explain: (failure, seen) => {
      const missed = last(seen.of('removed'));
      if (!missed || seen.of('invalidated').length > 0 || streamsSince(seen.of('streams'), missed) || !awaitsMember(failure))
        return undefined;
      return {
        message:
          `the leader no longer has WAL segment ${missed.groups[1]} that a standby asks for, and the standby does not get it from the archive: ` +
          'without slots (use_slots) it needs a restore_command, or more wal_keep_size',
        lines: [missed],
      };
    },
  }),
  rule({
    name: 'member-of-another-cluster',
    source: 'patroni/patroni#1744, patroni/patroni#2549; Patroni patroni/ha.py, system ID mismatch',
    lines: { mismatch: patroni(/system ID mismatch, node (\S+) belongs to a different cluster: (\d+) != (\d+)/), streams },
    explain: (failure, seen) => {
      const mismatch = last(seen.of('mismatch'));
      if (!mismatch || follows(seen, 'streams', mismatch) || !awaitsMember(failure)) return undefined;
      return {
        message:
          `${mismatch.groups[1]} has the data of another cluster (system identifier ${mismatch.groups[3]}, and the DCS says ${mismatch.groups[2]}): ` +
          'wipe it, or remove the old cluster from the DCS',
        lines: [mismatch],
      };
    },
  }),
];
