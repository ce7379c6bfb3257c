/** Signs that the machine did not give the lab, or its recorder, time to run: what happens then shows nothing about the programs. */
import { formatDuration } from '../core/duration.ts';
import type { Event } from '../core/event.ts';
import type { Finding } from './verdict.ts';

/** A recorder that is this late was not given the machine: what it did not see in time it cannot judge. ms */
const starvedAfter = 1000;

/**
 * What Patroni says in a loop that takes long by itself: with a loop_wait of 2 it may be too long on any machine. It sleeps for 1 or 2 s
 * to see a synchronous standby that it has just assigned (ha.py, _process_multisync_replication and _process_quorum_replication), and to
 * "give a time to somebody to take the leader lock", where another member is the candidate of a switchover or it has the tag nofailover
 * (process_unhealthy_cluster) and where it gave the key back (demote). It sleeps until the time of a scheduled action has come
 * (should_run_scheduled_action). In a leader race it asks the other members, 2 s for an answer (fetch_node_status); who loses the race
 * has the cluster read from etcd anew (etcd3.py, txn: _restart_watcher) and PostgreSQL reloaded, 2.4 s in all where a process takes
 * long to start.
 */
const longByItself =
  /^Assigning synchronous standby status to \['[^*]|^Setting synchronous replication to|^(switchover|manual failover): to \S+, i am |^Leader key released|^Manual scheduled \S+ at|^(Got response from|Request failed to) \S+ |^Could not take out TTL lock|because I am not allowed to (promote|become primary)$/;

/** How long after these words that loop can end, ms. */
const longest = 5000;

/**
 * A leader that cannot reach the DCS stops its PostgreSQL within the loop (ha.py, demote: `offline`), which takes as long as its last
 * WAL can be neither sent nor archived: past a fault's end by as much as TCP waits before it sends anew.
 */
const demotion = /^(demoting|demoted) self because DCS is not accessible/;

export type Starved = Pick<Finding, 'verdict' | 'reason' | 'message' | 'at'>;

/** `disturbed`: whether a fault was felt at a moment. Events are to be fed from `run-started` on. */
export function createStarvationWatch(disturbed: (at: number) => boolean): (event: Event) => Starved | undefined {
  let started = Number.POSITIVE_INFINITY;
  /** When a host last said that its loop takes long. */
  const long = new Map<string, number>();
  /** Hosts that a fault made demote themselves. */
  const demoting = new Set<string>();
  return (event) => {
    if (event.type === 'run-started') started = event.at;
    if (event.type === 'heartbeat' && event.late > starvedAfter) {
      // From when it was due on, nobody can have seen anything in time.
      const at = event.at - event.late;
      return {
        verdict: 'unknown',
        reason: 'starved',
        message: `the recorder was starved: its heartbeat came ${formatDuration(event.late)} late`,
        at,
      };
    }
    if (event.type !== 'log' || event.program !== 'patroni') return undefined;
    if (longByItself.test(event.text)) long.set(event.host, event.at);
    const demotes = demotion.exec(event.text)?.[1];
    if (demotes === 'demoting') demoting[disturbed(event.at) ? 'add' : 'delete'](event.host);
    if (demotes === 'demoted' && demoting.delete(event.host)) long.set(event.host, event.at);
    // What was logged while the lab came up is not the scenario's doing.
    if (!event.text.startsWith('Loop time exceeded') || event.at < started || disturbed(event.at)) return undefined;
    const since = long.get(event.host) ?? Number.NEGATIVE_INFINITY;
    // One loop, not those after it.
    long.delete(event.host);
    if (event.at - since <= longest) return undefined;
    return { verdict: 'unknown', reason: 'starved', message: `Patroni on ${event.host} was starved: ${event.text}`, at: event.at };
  };
}
