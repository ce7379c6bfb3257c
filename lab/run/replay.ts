/** Replays one variant of a scenario: brings its lab up, carries its plan out, and returns the judge's verdict. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Event, RunStarted } from '../core/event.ts';
import { LabError } from '../core/problem.ts';
import { clockOffset } from '../engine/clock.ts';
import type { Docker } from '../engine/connect.ts';
import { findLab, type Lab, removeLab } from '../engine/lab.ts';
import { serverOf } from '../observe/postgres.ts';
import { askVersions, type HostVersions } from '../observe/versions.ts';
import { type Bindings, bind, startBindings } from '../scenario/bindings.ts';
import type { Plan, PlannedStep } from '../scenario/plan.ts';
import type { HostName } from '../topology/blueprint.ts';
import { createJudge } from '../verdict/judge.ts';
import type { Verdict } from '../verdict/verdict.ts';
import { ActiveFaults } from './active-faults.ts';
import type { BringUp } from './bring-up.ts';
import { missingCapabilities } from './capabilities.ts';
import { hostNamed } from './coming-up.ts';
import type { Origin } from './golden.ts';
import { followHosts } from './host-streams.ts';
import { Observer } from './looks.ts';
import { openingOf } from './opening.ts';
import { type Refill, startFrom } from './pool.ts';
import { Recorder } from './recorder.ts';
import { runFiles, writeInputs, writeLogs } from './run-folder.ts';
import { runRedactor } from './run-redactor.ts';
import { removeSnapshotsOf } from './snapshot-lab.ts';
import { runSteps } from './steps.ts';
import { type Target, Workload } from './workload.ts';

export interface Replay {
  readonly plan: Plan;
  /** The scenario file's text, kept in the run folder. */
  readonly source: string;
  /** Texts of the recipes' files that it uses, by the recipe's name; kept there as well. */
  readonly recipes?: Readonly<Record<string, string>>;
  readonly origin: Origin;
  /** An empty folder for this run. */
  readonly folder: string;
  readonly bringUp: Pick<BringUp, 'name' | 'purpose' | 'bind' | 'report'>;
  /** Told of what the pool lacks, where the lab came from there. */
  readonly onRefill: (refill: Refill) => void;
  /** Called once the lab is up, or will not be. */
  readonly onUp: () => Promise<void>;
  /** Leaves the lab up at the end. */
  readonly keep: boolean;
  readonly signal: AbortSignal;
  readonly onStep: (step: PlannedStep, title: string) => void;
}

/** How often clusters are looked at for the record, ms, whoever else is looking. */
const backgroundInterval = 1000;

/**
 * Never throws for what went wrong in the lab: that is an unknown verdict. Throws the signal's reason when aborted, after the
 * lab was removed, and UsageError where its name is taken.
 */
export async function replay(docker: Docker, options: Replay): Promise<Verdict> {
  const { plan, origin, folder, signal } = options;
  const { blueprint } = origin;
  const redact = runRedactor(plan, blueprint);
  await writeInputs(folder, { source: options.source, recipes: options.recipes ?? {} }, plan, blueprint, redact.file);
  const judge = createJudge(plan);
  let bindings: Bindings = startBindings(plan);
  const recorder = new Recorder(
    { history: join(folder, runFiles.history), ledger: join(folder, runFiles.ledger) },
    await clockOffset(docker),
    redact.text,
    {
      feed: (event: Event) => {
        bindings = bind(bindings, event);
        judge.feed(event);
      },
      feedRow: judge.feedRow,
    },
  );
  let lab: Lab | undefined;
  try {
    const missing = missingCapabilities(plan.needs);
    if (missing.length > 0) {
      recorder.record(opening(options, {}, 0));
      recorder.record({ type: 'run-ended', reason: 'cut-short', unsupported: missing });
    } else {
      lab = await bringUpRecorded(docker, options, recorder);
      await options.onUp();
      if (lab) await runIn(docker, lab, options, recorder, judge, () => bindings);
    }
  } finally {
    await recorder.close();
    if (lab) {
      await writeLogs(folder, docker, lab, redact.text);
      if (!options.keep) await removeLab(docker, lab.id);
      await removeSnapshotsOf(docker, lab);
    }
  }
  signal.throwIfAborted();
  const verdict = judge.end();
  await writeFile(join(folder, runFiles.verdict), `${JSON.stringify(verdict, null, 2)}\n`);
  return verdict;
}

function opening(
  { plan, origin: { blueprint }, bringUp: { name } }: Replay,
  versions: Readonly<Record<HostName, HostVersions>>,
  offset: number,
): RunStarted {
  return openingOf({ ...blueprint, scenario: plan.scenario, variant: plan.variant, lab: name, offset, versions });
}

/** A lab that does not come up is a verdict, unknown, unless the user is to blame or has lost patience. */
async function bringUpRecorded(docker: Docker, options: Replay, recorder: Recorder): Promise<Lab | undefined> {
  const { origin, signal, keep } = options;
  try {
    const { lab, refill } = await startFrom(docker, origin, { ...options.bringUp, keep, signal });
    if (refill) options.onRefill(refill);
    // Its hosts' states were `created` or `paused` when it was made or found.
    return await findLab(docker, lab.name);
  } catch (error) {
    if (signal.aborted || (error instanceof LabError && error.exitCode === 2)) throw error;
    recorder.record(opening(options, {}, 0));
    const detail = error instanceof LabError ? [error.message, ...error.detail].join('\n') : String(error);
    recorder.record({ type: 'run-ended', reason: 'cut-short', detail: `the lab did not come up: ${detail}` });
    return undefined;
  }
}

async function runIn(
  docker: Docker,
  lab: Lab,
  options: Replay,
  recorder: Recorder,
  judge: ReturnType<typeof createJudge>,
  bindings: () => Bindings,
): Promise<void> {
  const trouble = new AbortController();
  const signal = AbortSignal.any([options.signal, trouble.signal]);
  const facts = opening(options, await askVersions(docker, lab), recorder.offset);
  recorder.record(facts);
  const streams = followHosts(docker, lab, recorder, (error) => trouble.abort(error));
  const observer = new Observer(docker, lab, recorder);
  const workload = new Workload(recorder, () => leaderOf(lab, observer));
  const background: Promise<void>[] = [];
  const looking = setInterval(() => observer.background(), backgroundInterval);
  let ending: { reason: 'completed' | 'cut-short'; detail?: string } = { reason: 'completed' };
  try {
    await streams.readThrough(lab.hosts.map((host) => host.name));
    await observer.lookAtSettings();
    await runSteps(
      {
        docker,
        lab,
        recorder,
        streams,
        workload,
        faults: new ActiveFaults(),
        lookAtClusters: () => observer.lookAtClusters(),
        signal,
        judge,
        observer,
        bindings,
        facts,
        onStep: options.onStep,
        background,
      },
      options.plan.steps,
    );
    await workload.stop();
    await observer.lookAtSettings();
    await streams.readThrough(lab.hosts.map((host) => host.name));
  } catch (error) {
    ending = { reason: 'cut-short', detail: error instanceof Error ? error.message : String(error) };
  } finally {
    clearInterval(looking);
    await workload.stop();
    await observer.settle();
    await streams.stop();
    recorder.record({ type: 'run-ended', ...ending });
  }
}

async function leaderOf(lab: Lab, observer: Observer): Promise<Target | undefined> {
  const leader = observer.latest.main?.leader;
  return leader === undefined ? undefined : { host: leader, server: serverOf(lab, hostNamed(lab, leader)) };
}
