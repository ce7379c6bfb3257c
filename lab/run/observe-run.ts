/**
 * A lab under observation: its streams followed, its clusters looked at once a second, a workload at hand, all of it recorded
 * from the run's first event to its last. What is done meanwhile is the caller's.
 */
import type { RunStarted } from '../core/event.ts';
import type { Docker } from '../engine/connect.ts';
import { hostNamed, type Lab } from '../engine/lab.ts';
import { serverOf } from '../observe/postgres.ts';
import { askVersions } from '../observe/versions.ts';
import type { Plan } from '../scenario/plan.ts';
import { ActiveFaults } from './active-faults.ts';
import type { RunContext } from './effects/effect.ts';
import { followHosts } from './host-streams.ts';
import { Observer } from './looks.ts';
import { openingOf } from './opening.ts';
import type { Recorder } from './recorder.ts';
import { type Target, Workload } from './workload.ts';

/** How often clusters are looked at for the record, ms, whoever else is looking. */
const backgroundInterval = 1000;

/** Why a run is over. `keep`: somebody wants its lab to stay. */
export interface Ending {
  readonly reason: 'completed' | 'cut-short';
  readonly detail?: string;
  readonly keep?: true;
}

export interface ObservedRun extends RunContext {
  readonly observer: Observer;
  readonly facts: RunStarted;
}

export interface Observed {
  readonly lab: Lab;
  readonly plan: Pick<Plan, 'scenario' | 'variant'>;
  readonly recorder: Recorder;
  readonly signal: AbortSignal;
}

/** Never throws for what `body` throws: the history then ends as cut short, and says why. */
export async function observeRun(
  docker: Docker,
  { lab, plan, recorder, signal }: Observed,
  body: (run: ObservedRun) => Promise<Ending>,
): Promise<Ending> {
  const trouble = new AbortController();
  const { scenario, variant } = plan;
  const versions = await askVersions(docker, lab);
  // That the machine slept while the lab came up is no matter.
  recorder.catchUp();
  const facts = openingOf({ ...lab.spec, hosts: lab.hosts, scenario, variant, lab: lab.name, offset: recorder.offset, versions });
  recorder.record(facts);
  const streams = followHosts(docker, lab, recorder, (error) => trouble.abort(error));
  const observer = new Observer(docker, lab, recorder, (host) => streams.stateOf(host) !== 'running');
  const workload = new Workload(recorder, () => leaderOf(lab, observer));
  const looking = setInterval(() => observer.background(), backgroundInterval);
  let ending: Ending = { reason: 'completed' };
  try {
    await streams.readThrough(lab.hosts.map((host) => host.name));
    await observer.lookAtSettings();
    ending = await body({
      docker,
      lab,
      recorder,
      streams,
      workload,
      faults: new ActiveFaults(),
      lookAtClusters: () => observer.lookAtClusters(),
      signal: AbortSignal.any([signal, trouble.signal, recorder.trouble]),
      observer,
      facts,
    });
    await workload.stop();
    await observer.lookAtSettings();
    await streams.readThrough(lab.hosts.map((host) => host.name));
  } catch (error) {
    ending = { ...ending, reason: 'cut-short', detail: error instanceof Error ? error.message : String(error) };
  } finally {
    clearInterval(looking);
    await workload.stop();
    await observer.settle();
    await streams.stop();
    const { keep: _, ...rest } = ending;
    recorder.record({ type: 'run-ended', rows: recorder.rows, ...rest });
  }
  return ending;
}

async function leaderOf(lab: Lab, observer: Observer): Promise<Target | undefined> {
  const leader = observer.latest.main?.leader;
  return leader === undefined ? undefined : { host: leader, server: serverOf(lab, hostNamed(lab, leader)) };
}
