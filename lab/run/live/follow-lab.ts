/**
 * Watches a running lab on which nobody replays anything: its log streams, and looks at everything that has a state, as the same
 * events that a replay records. Cheap, and at once where it matters: what is logged is the reason to look, and slow rounds make
 * up for what nobody says. Asks over HTTP and libpq; a command is run on a host only where a backup ended, and once a minute.
 */
import { once } from 'node:events';
import { seconds } from '../../core/duration.ts';
import { type Event, hostWords, type LogEvent } from '../../core/event.ts';
import { LabError } from '../../core/problem.ts';
import { clockOffset } from '../../engine/clock.ts';
import type { Docker } from '../../engine/connect.ts';
import { isThere, type Lab } from '../../engine/lab.ts';
import type { HostVersions } from '../../observe/versions.ts';
import type { HostName } from '../../topology/blueprint.ts';
import { History } from '../history.ts';
import { followHosts } from '../host-streams.ts';
import { openingOf } from '../opening.ts';
import type { Live } from './live.ts';
import { watchCluster } from './watch-cluster.ts';
import { watchEtcd } from './watch-etcd.ts';

export interface LiveOptions {
  readonly versions: Readonly<Record<HostName, HostVersions>>;
  /** From when on log streams are read: Unix ms by this machine's clock. */
  readonly since: number;
  readonly signal: AbortSignal;
  /** The first is `run-started`. Lines of different hosts come as they are read: not always in the order of their times. */
  readonly onEvent: (event: Event) => void;
}

/**
 * Resolves when the signal aborts (`stopped`), or when the lab was removed (`gone`). Throws LabError where the engine answers no
 * more. A host that is down, frozen or silent holds up nobody else's news.
 */
export async function followLab(docker: Docker, lab: Lab, options: LiveOptions): Promise<'stopped' | 'gone'> {
  const ending = new AbortController();
  const signal = AbortSignal.any([options.signal, ending.signal]);
  let outcome: 'stopped' | 'gone' = 'stopped';
  let broken: unknown;
  const breakOff = (error: unknown) => {
    broken ??= error;
    ending.abort();
  };
  const seeWhetherGone = async () => {
    if (await isThere(docker, lab)) return;
    outcome = 'gone';
    ending.abort();
  };
  const listeners: ((event: LogEvent & { readonly at: number }) => void)[] = [];
  const history = new LiveHistory(await clockOffset(docker), (event) => {
    if (signal.aborted) return;
    options.onEvent(event);
    if (event.type !== 'log') return;
    if (event.program === 'lab' && event.text === hostWords.destroy) seeWhetherGone().catch(breakOff);
    for (const listener of listeners) listener(event);
  });
  const { versions } = options;
  history.record(
    openingOf({ ...lab.spec, hosts: lab.hosts, scenario: lab.name, variant: 'live', lab: lab.name, offset: history.offset, versions }),
  );
  const streams = followHosts(docker, lab, history, breakOff, options.since + history.offset);
  const live: Live = { docker, lab, history, streams, signal, onLog: (listener) => listeners.push(listener) };
  const looking = Promise.all([watchEtcd(live), ...lab.spec.clusters.map((cluster) => watchCluster(live, cluster))]);
  const awake = setInterval(() => history.catchUp(), seconds(1));
  // A look that hangs does not hold up the end.
  await Promise.race([looking, once(live.signal, 'abort')]).finally(() => clearInterval(awake));
  await streams.stop();
  if (broken === undefined) return outcome;
  throw new LabError('the Docker engine answers no more', { cause: broken, hint: 'npm run setup checks the engine' });
}

class LiveHistory extends History {
  protected readonly keep: (event: Event) => void;

  constructor(offset: number, keep: (event: Event) => void) {
    super(offset);
    this.keep = keep;
  }
}
