/** Why nobody leads, why somebody stopped leading, and what that cost. */
import { formatLsn, lsnValue } from '../../core/lsn.ts';
import { showRanges } from '../ledger-count.ts';
import { awaitsMember, missingLines, unmet, wrongRows } from './failure.ts';
import { follows, last, patroni, postgres, type Rule, rule } from './rule.ts';

const leads = patroni(/the leader with the lock|^initialized a new cluster/);

export const clusterRules: readonly Rule[] = [
  rule({
    name: 'watchdog-required',
    source: 'https://patroni.readthedocs.io/en/latest/watchdog.html; patroni/patroni#1779',
    lines: {
      // Only at debug level where the watchdog is not required.
      required: patroni(/^Could not activate Linux watchdog device: (.+)|^Configuration requires watchdog, but watchdog could not be/),
      leads,
    },
    explain: (failure, seen) => {
      const required = last(seen.of('required'));
      if (!required || follows(seen, 'leads', required) || !awaitsMember(failure)) return undefined;
      return {
        message: `${required.entry.host} may not lead: watchdog.mode is required, and the host has no watchdog device that works; set automatic or off`,
        lines: [required],
      };
    },
  }),
  rule({
    name: 'etcd-v2-api',
    source: 'https://patroni.readthedocs.io/en/latest/yaml_configuration.html#etcdv3; patroni/patroni#2249, patroni/patroni#1270',
    lines: { v2: patroni(/^Failed to get list of machines from \S+\/v2: .*404/), leads },
    explain: (failure, seen) => {
      const v2 = last(seen.of('v2'));
      if (!v2 || follows(seen, 'leads', v2) || !awaitsMember(failure)) return undefined;
      return {
        message: `${v2.entry.host}'s Patroni speaks etcd's v2 API, which this etcd does not serve: the section is etcd3, not etcd`,
        lines: [v2],
      };
    },
  }),
  rule({
    name: 'demoted-without-dcs',
    source: 'https://patroni.readthedocs.io/en/latest/dcs_failsafe_mode.html',
    lines: {
      demoted: patroni(/^demoting self because DCS is not accessible and I was a leader/),
      failsafe: patroni(/failsafe mode is enabled/),
      back: patroni(/^no action\. I am \(\S+\),? (?:a secondary|the leader with the lock)/),
    },
    explain: (failure, seen) => {
      const demoted = last(seen.of('demoted'));
      const kept = missingLines(failure).some((line) => /failsafe/.test(line.shown)) || unmet(failure, 'cluster');
      if (!demoted || follows(seen, 'back', demoted) || seen.of('failsafe', demoted.entry.host).length > 0 || !kept) return undefined;
      return {
        message: `${demoted.entry.host} demoted itself, since it could not reach the DCS: failsafe_mode is off, under which it does not ask the other members, or not all of them answered`,
        lines: [demoted],
      };
    },
  }),
  rule({
    name: 'crash-restart-hangs',
    // HandleChildCrash returns at once while FatalError is set.
    source: 'https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/postmaster/postmaster.c',
    lines: {
      restarts: postgres(/^all server processes terminated; reinitializing/),
      startup: postgres(/^database system was interrupted/),
      // All but what it says to who connects meanwhile.
      said: postgres(/^(?!the database system is |Consistent recovery state has not been)/),
    },
    explain: (failure, seen) => {
      const restarts = last(seen.of('restarts'));
      if (!restarts || !(awaitsMember(failure) || unmet(failure, 'outage') || failure.step.verb === 'workload')) return undefined;
      const startup = seen.of('startup', restarts.entry.host).find((one) => one.entry.at > restarts.entry.at);
      const said = last(seen.of('said', restarts.entry.host));
      if (!startup || said?.entry.level !== 'FATAL' || said.entry.pid !== startup.entry.pid) return undefined;
      return {
        message:
          `${restarts.entry.host}'s PostgreSQL restarted by itself after a crash, its startup process failed (${said.entry.text}), and it ` +
          'does not end: Patroni takes it for starting until primary_start_timeout; with restart_after_crash off, Patroni starts it',
        lines: [restarts, said],
      };
    },
  }),
  rule({
    name: 'asynchronous-loss',
    source: 'https://patroni.readthedocs.io/en/latest/replication_modes.html',
    lines: { promoted: patroni(/^promoted self to leader/) },
    explain: (failure, seen) => {
      const promoted = last(seen.of('promoted'));
      if (!promoted) return undefined;
      for (const counts of wrongRows(failure)) {
        const fork = failure.rowsOn(counts.host)?.ancestry.at(-1);
        if (counts.lost === 0 || !fork) continue;
        const lost = (id: number) => counts.lostRows.some(([first, end]) => first <= id && id <= end);
        const rows = [...failure.rows()].filter((row) => row.outcome === 'acked' && lost(row.id));
        const behind = rows.every((row) => row.timeline?.number === fork[0] && row.before !== undefined && row.before > lsnValue(fork[1]));
        if (!behind || rows.length === 0) continue;
        return {
          message:
            `rows ${showRanges(counts.lostRows)} were acknowledged on timeline ${fork[0]} past ${formatLsn(lsnValue(fork[1]))}, where ` +
            `${promoted.entry.host} was promoted without them: replication to it was asynchronous just then (synchronous_mode off, or no synchronous standby)`,
          lines: [promoted],
        };
      }
      return undefined;
    },
  }),
];
