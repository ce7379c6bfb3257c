/** Records what somebody does to a running lab: watches it from the first step to the last, and writes the run's folder. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Event, hostWords } from '../core/event.ts';
import { LabError } from '../core/problem.ts';
import { redactor } from '../core/redact.ts';
import { clockOffset } from '../engine/clock.ts';
import type { Docker } from '../engine/connect.ts';
import { isThere, type Lab } from '../engine/lab.ts';
import type { Plan } from '../scenario/plan.ts';
import { recordedVariant } from '../scenario/recorded-scenario.ts';
import type { Verdict } from '../verdict/verdict.ts';
import { type Frame, GrowingPlan } from './growing-plan.ts';
import { verdictAsWritten } from './judge-folder.ts';
import { observeRun } from './observe-run.ts';
import { Recorder } from './recorder.ts';
import { type Recording, recordingOn } from './recording.ts';
import { makeRunFolder, runFiles, writeInputs, writeLogs } from './run-folder.ts';
import { planFile } from './scenario-files.ts';

export interface RecordOptions {
  readonly frame: Frame;
  /** Where the run folder is made. */
  readonly out: string;
  readonly signal: AbortSignal;
  /** Told when somebody removed the lab. */
  readonly onGone: () => void;
}

export interface RecordedRun {
  /** The scenario file's text. */
  readonly text: string;
  readonly folder: string;
  /** What a judge says of what was recorded. */
  readonly verdict: Verdict;
  readonly plan: Plan;
}

/** Undefined where nothing was done. Throws the signal's reason when aborted; what was recorded by then stays in the run folder. */
export async function recordLab(
  docker: Docker,
  lab: Lab,
  options: RecordOptions,
  body: (recording: Recording) => Promise<void>,
): Promise<RecordedRun | undefined> {
  const { frame, signal } = options;
  const named = { scenario: frame.name, variant: recordedVariant };
  const folder = await makeRunFolder(options.out, named, new Date());
  const redact = redactor({ ...lab.spec.secrets });
  const growing = new GrowingPlan(frame);
  const files = { history: join(folder, runFiles.history), ledger: join(folder, runFiles.ledger) };
  let gone = false;
  const seeWhetherGone = async () => {
    gone = !(await isThere(docker, lab));
    if (gone) options.onGone();
  };
  const feed = (event: Event) => {
    growing.feed(event);
    if (event.type === 'log' && event.program === 'lab' && event.text === hostWords.destroy) seeWhetherGone().catch(() => undefined);
  };
  const recorder = new Recorder(files, await clockOffset(docker), redact, { feed, feedRow: (row) => growing.feedRow(row) });
  const ending = await observeRun(docker, { lab, plan: named, recorder, signal }, async (run) => {
    await body(recordingOn(run, growing));
    return gone ? { reason: 'cut-short', detail: 'somebody removed the lab' } : { reason: 'completed' };
  }).finally(() => recorder.close());
  const { plan } = growing;
  if (!plan) {
    await rm(folder, { recursive: true });
    signal.throwIfAborted();
    if (ending.reason === 'cut-short') throw new LabError('the lab could not be watched', { detail: [ending.detail ?? ''] });
    return undefined;
  }
  const { recipes } = planFile({ file: options.frame.name, text: growing.text() });
  await writeInputs(folder, { source: growing.text(), recipes }, plan, { hosts: [] }, redact);
  if (!gone) await writeLogs(folder, docker, lab, redact);
  const verdict = verdictAsWritten(growing.judge, recorder, plan, folder);
  await writeFile(join(folder, runFiles.verdict), `${JSON.stringify(verdict, null, 2)}\n`);
  signal.throwIfAborted();
  return { text: growing.text(), folder, verdict, plan };
}
