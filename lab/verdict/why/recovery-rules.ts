/** What becomes of a recovery target between pgBackRest, which writes it, Patroni, which may take it away, and PostgreSQL. */
import { compareLsn } from '../../core/lsn.ts';
import { awaitsMember, type Failure, missingLines, unmetLines, wrongRows } from './failure.ts';
import { follows, last, patroni, pgbackrest, postgres, type Rule, rule } from './rule.ts';

const target = /(--type=(?:immediate|lsn|time|name|xid)\b(?: --target=(?:"[^"]*"|\S+))?)/;
const bootstrapWithTarget = patroni(new RegExp(`^Running custom bootstrap script: .*pgbackrest.* restore .*?${target.source}`));
const promoted = postgres(/^selected new timeline ID|^archive recovery complete/);
const started = postgres(/^starting PostgreSQL/);

/** Rows that were not to come back, or the words of a recovery to a target. */
function targetMissed(failure: Failure, host: string): boolean {
  return (
    wrongRows(failure).some((counts) => counts.host === host && counts.beyond > 0) ||
    missingLines(failure).some((line) => /point-in-time recovery|recovery stopping/.test(line.shown))
  );
}

export const recoveryRules: readonly Rule[] = [
  rule({
    name: 'target-stripped',
    source: 'https://patroni.readthedocs.io/en/latest/replica_bootstrap.html#bootstrap; patroni/patroni#2386, pgbackrest/pgbackrest#2323',
    lines: {
      bootstrap: bootstrapWithTarget,
      restored: pgbackrest(/^restore command end: completed successfully/),
      toTarget: postgres(/^starting point-in-time recovery/),
      toTheEnd: postgres(/^starting archive recovery/),
    },
    explain: (failure, seen) => {
      const bootstrap = last(seen.of('bootstrap'));
      if (!bootstrap || follows(seen, 'toTarget', bootstrap) || !follows(seen, 'restored', bootstrap)) return undefined;
      const toTheEnd = seen.of('toTheEnd', bootstrap.entry.host).find((one) => one.entry.at > bootstrap.entry.at);
      if (!toTheEnd || !targetMissed(failure, bootstrap.entry.host)) return undefined;
      return {
        message:
          `the target was there after the restore (${bootstrap.groups[1]}) and gone after Patroni wrote postgresql.auto.conf, so that ` +
          'PostgreSQL replayed all of the archive: keep_existing_recovery_conf is not true',
        lines: [bootstrap, toTheEnd],
      };
    },
  }),
  rule({
    name: 'restored-by-hand-under-patroni',
    source: 'patroni/patroni#3428, pgbackrest/pgbackrest#2670',
    lines: {
      restore: pgbackrest(/^restore command begin .*(--type=(?:immediate|lsn|time|name|xid)\b)/),
      secondary: patroni(/^starting as a secondary/),
      standby: postgres(/^entering standby mode/),
    },
    explain: (failure, seen) => {
      const restore = last(seen.of('restore').filter((one) => one.entry.source === 'command'));
      if (!restore || !targetMissed(failure, restore.entry.host)) return undefined;
      const after = (line: 'secondary' | 'standby') => seen.of(line, restore.entry.host).find((one) => one.entry.at > restore.entry.at);
      const secondary = after('secondary');
      const standby = after('standby');
      if (!secondary || !standby) return undefined;
      return {
        message:
          `it was restored by hand (${restore.groups[1]}), and Patroni starts a data directory that it finds as a standby, with every ` +
          'recovery target blanked: restore by a custom bootstrap instead',
        lines: [secondary, standby],
      };
    },
  }),
  rule({
    name: 'no-target-action',
    source: 'https://pgbackrest.org/command.html#command-restore/category-command/option-target-action; patroni/patroni#2569',
    lines: { bootstrap: bootstrapWithTarget, shutdown: postgres(/^shutdown at recovery target/), promoted },
    explain: (failure, seen) => {
      const bootstrap = last(seen.of('bootstrap'));
      const shutdown = last(seen.of('shutdown'));
      if (!bootstrap || !shutdown || follows(seen, 'promoted', shutdown) || !awaitsMember(failure)) return undefined;
      if (shutdown.entry.host !== bootstrap.entry.host || /--target-action/.test(bootstrap.entry.text)) return undefined;
      return {
        message:
          `the recovery reached its target (${bootstrap.groups[1]}) without a target action: PostgreSQL's default is to pause, which is ` +
          'a shutdown where hot_standby is off, as in a bootstrap; add --target-action=promote',
        lines: [shutdown],
      };
    },
  }),
  rule({
    name: 'paused-at-target',
    source: 'https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-RECOVERY-TARGET-ACTION; patroni/patroni#2569',
    lines: { paused: postgres(/^pausing at the end of recovery/), promoted },
    explain: (failure, seen) => {
      const paused = last(seen.of('paused'));
      if (!paused || follows(seen, 'promoted', paused) || !awaitsMember(failure)) return undefined;
      return {
        message:
          `${paused.entry.host} reached its recovery target and pauses there (recovery_target_action is pause), and Patroni waits for the ` +
          'end of recovery: select pg_wal_replay_resume(), or set the action to promote',
        lines: [paused],
      };
    },
  }),
  rule({
    name: 'target-not-in-the-archive',
    source: 'https://www.postgresql.org/docs/current/runtime-config-wal.html#RUNTIME-CONFIG-WAL-RECOVERY-TARGET',
    lines: {
      to: postgres(/^starting point-in-time recovery to (.+)/),
      ended: postgres(/^recovery ended before configured recovery target was reached/),
      promoted,
    },
    explain: (failure, seen) => {
      const ended = last(seen.of('ended'));
      if (!ended || follows(seen, 'promoted', ended) || !awaitsMember(failure)) return undefined;
      const to = last(seen.of('to', ended.entry.host).filter((one) => one.entry.at < ended.entry.at));
      return {
        message: `the archive ends before the recovery target${to ? `, ${to.groups[1]}` : ''}: it is mistyped, lies further on, or its WAL was not archived`,
        lines: [...(to ? [to] : []), ended],
      };
    },
  }),
  rule({
    name: 'no-backup-before-the-target',
    source: 'https://pgbackrest.org/user-guide.html#pitr',
    lines: { none: pgbackrest(/\[075\]: unable to find backup set with (?:stop time less than|lsn less than or equal to) (.+)/), started },
    explain: (failure, seen) => {
      const none = last(seen.of('none'));
      if (!none || follows(seen, 'started', none) || !awaitsMember(failure)) return undefined;
      return {
        message: `no backup ended before the recovery target (${none.groups[1]}), so there is nothing to recover it from`,
        lines: [none],
      };
    },
  }),
  rule({
    name: 'followed-another-timeline',
    source: 'https://pgbackrest.org/command.html#command-restore/category-command/option-target-timeline',
    lines: { recovering: postgres(/^starting point-in-time recovery/) },
    explain: (failure, seen) => {
      for (const counts of wrongRows(failure)) {
        const mark = failure.mark(counts.through.split(',')[0] ?? '');
        const recovering = last(seen.of('recovering', counts.host));
        if (!mark || !recovering || counts.missing === 0) continue;
        const left = failure.rowsOn(counts.host)?.ancestry.find(([timeline]) => timeline === mark.timeline);
        if (!left || compareLsn(left[1], mark.lsn) > 0) continue;
        return {
          message:
            `${mark.name} is at ${mark.lsn} on timeline ${mark.timeline}, and ${counts.host} left that timeline at ${left[1]} for a newer one, where ` +
            `the same target is another place: recovery_target_timeline is latest; add --target-timeline=${mark.timeline}`,
          lines: [recovering],
        };
      }
      return undefined;
    },
  }),
  rule({
    name: 'made-anew-by-initdb',
    source: 'https://patroni.readthedocs.io/en/latest/replica_bootstrap.html#bootstrap; patroni/patroni#2357',
    lines: {
      initdb: { program: 'other', pattern: /^The files belonging to this database system will be owned by/ },
      bootstrap: patroni(/^Running custom bootstrap script/),
    },
    explain: (failure, seen) => {
      const initdb = last(seen.of('initdb'));
      const wanted = unmetLines(failure).some((line) =>
        /custom bootstrap|restore command|archive recovery|files belonging/i.test(line.shown),
      );
      if (!initdb || seen.of('bootstrap', initdb.entry.host).length > 0 || !wanted) return undefined;
      return {
        message:
          `${initdb.entry.host} was made anew by initdb, not restored: bootstrap.method is not the restore's, or was read as something else ` +
          '(a YAML map that has the key twice keeps one of the two)',
        lines: [initdb],
      };
    },
  }),
  rule({
    name: 'initialize-key-left',
    source: 'https://patroni.readthedocs.io/en/latest/replica_bootstrap.html; patroni/patroni#2357',
    lines: { waiting: patroni(/^waiting for leader to bootstrap/), bootstrapping: patroni(/^trying to bootstrap/) },
    explain: (failure, seen) => {
      const waiting = last(seen.of('waiting'));
      // A leader that is being made is waited for with the same words.
      if (!waiting || seen.of('bootstrapping').length > 0 || !awaitsMember(failure)) return undefined;
      return {
        message:
          `${waiting.entry.host} has no data and waits for a leader to be built from, since the old cluster's initialize key is still in the DCS: ` +
          'patronictl remove it for a new bootstrap',
        lines: [waiting],
      };
    },
  }),
];
