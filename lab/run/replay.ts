/** Replays one variant of a scenario: brings its lab up, carries its plan out, and returns the judge's verdict. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Event, RunStarted } from '../core/event.ts';
import { exitCodes, LabError, tellError, withCause } from '../core/problem.ts';
import { clockOffset } from '../engine/clock.ts';
import { type Docker, statusOf } from '../engine/connect.ts';
import { findLab, type Lab, removeLab } from '../engine/lab.ts';
import type { PoolLabel } from '../engine/labels.ts';
import type { HostVersions } from '../observe/versions.ts';
import { type Bindings, bind, startBindings } from '../scenario/bindings.ts';
import type { Plan, PlannedStep } from '../scenario/plan.ts';
import type { HostName } from '../topology/blueprint.ts';
import { createJudge } from '../verdict/judge.ts';
import type { Verdict } from '../verdict/verdict.ts';
import type { BringUp } from './bring-up.ts';
import { missingCapabilities } from './capabilities.ts';
import type { Origin } from './golden.ts';
import { verdictAsWritten } from './judge-folder.ts';
import { type Ending, observeRun } from './observe-run.ts';
import { openingOf } from './opening.ts';
import { startFrom } from './pool.ts';
import { Recorder } from './recorder.ts';
import { runFiles, writeInputs, writeLogs } from './run-folder.ts';
import { runRedactor } from './run-redactor.ts';
import { removeSnapshotsOf } from './snapshot-lab.ts';
import { runSteps, type StepRunner } from './steps.ts';

/** What whoever wants a replay says of it, and is told. */
export interface Wanted {
  /** Texts of the recipes' files that the scenario uses, by the recipe's name; kept in the run folder. */
  readonly recipes?: Readonly<Record<string, string>>;
  /** Leaves the lab up at the end. */
  readonly keep: boolean;
  readonly signal: AbortSignal;
  /** Told of what the pool lacks, where the lab came from there. */
  readonly onRefill: (refill: PoolLabel) => void;
  readonly onStep: (step: PlannedStep, title: string) => void;
  /** A person's hand on the steps: the lab is theirs to keep. Absent: from the first step to what decides. */
  readonly drive?: Drive;
}

export interface Replay extends Wanted {
  readonly plan: Plan;
  /** The scenario file's text, kept in the run folder. */
  readonly source: string;
  readonly origin: Origin;
  /** Why there is nothing to start from: no image, or no golden lab. */
  readonly failed?: unknown;
  /** This run's own; it is gone again where the run ended before it began, interrupted or by the user's mistake. */
  readonly folder: string;
  readonly bringUp: Pick<BringUp, 'name' | 'purpose' | 'bind' | 'report' | 'onFailed'>;
  /** Called once the lab is up, or will not be. */
  readonly onUp: () => Promise<void>;
}

/** How a plan's steps are carried out: one after another, or as a person says. */
export type Drive = (run: StepRunner, steps: readonly PlannedStep[]) => Promise<Ending>;

async function driveOn(run: StepRunner, steps: readonly PlannedStep[]): Promise<Ending> {
  await runSteps(run, steps);
  return { reason: 'completed' };
}

/**
 * Never throws for what went wrong in the lab: that is an unknown verdict. Throws the signal's reason when aborted, once the
 * lab is removed (or the engine has refused that), and UsageError where its name is taken.
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
  let { keep } = options;
  let judged = false;
  try {
    const missing = missingCapabilities(plan.needs);
    if (missing.length > 0) {
      recorder.record(opening(options, {}, 0));
      recorder.record({ type: 'run-ended', reason: 'cut-short', unsupported: missing });
    } else {
      lab = await bringUpRecorded(docker, options, recorder);
      await options.onUp();
    }
    if (lab) {
      // Its hosts' states were `created` or `paused` when it was made or found.
      lab = await findLab(docker, lab.name);
      const ending = await observeRun(docker, { lab, plan, recorder, signal }, (run) =>
        (options.drive ?? driveOn)({ ...run, judge, bindings: () => bindings, onStep: options.onStep, background: [] }, plan.steps),
      );
      keep ||= ending.keep === true;
    }
    await recorder.close();
    signal.throwIfAborted();
    // Before the lab is removed, for which there may be no engine any more.
    const verdict = verdictAsWritten(judge, recorder, plan, folder);
    await writeFile(join(folder, runFiles.verdict), `${JSON.stringify(verdict, null, 2)}\n`);
    judged = true;
    return verdict;
  } finally {
    try {
      await recorder.close();
      if (lab) await writeLogs(folder, docker, lab, redact.text);
    } finally {
      if (lab) await putAway(docker, lab, keep, options.bringUp.report);
    }
    // The run had not begun: there is nothing in it to be judged.
    if (!lab && !judged) await rm(folder, { recursive: true });
  }
}

function opening(
  { plan, origin: { blueprint }, bringUp: { name } }: Replay,
  versions: Readonly<Record<HostName, HostVersions>>,
  offset: number,
): RunStarted {
  return openingOf({ ...blueprint, scenario: plan.scenario, variant: plan.variant, lab: name, offset, versions });
}

/** What the engine refuses to remove is told of: the verdict stands, and other replays of this command can go on. */
async function putAway(docker: Docker, lab: Lab, keep: boolean, report: (phase: string) => void): Promise<void> {
  try {
    if (!keep) await removeLab(docker, lab.id);
    await removeSnapshotsOf(docker, lab);
  } catch (error) {
    if (statusOf(error) === undefined) throw error;
    report(withCause(new LabError(`${lab.name} is left behind, since the engine refused`, { cause: error })));
  }
}

export function isUsersMistake(error: unknown): boolean {
  return error instanceof LabError && error.exitCode === exitCodes.usage;
}

/** A lab that does not come up is a verdict, unknown, unless the user is to blame or has lost patience. */
async function bringUpRecorded(docker: Docker, options: Replay, recorder: Recorder): Promise<Lab | undefined> {
  const { origin, signal, keep } = options;
  try {
    if (options.failed !== undefined) throw options.failed;
    const { lab, refill } = await startFrom(docker, origin, { ...options.bringUp, keep, signal });
    if (refill) options.onRefill(refill);
    return lab;
  } catch (error) {
    if (signal.aborted || isUsersMistake(error)) throw error;
    recorder.record(opening(options, {}, 0));
    recorder.record({ type: 'run-ended', reason: 'cut-short', detail: `the lab did not come up: ${tellError(error)}` });
    return undefined;
  }
}
