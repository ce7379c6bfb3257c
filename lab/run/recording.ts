/**
 * Records what somebody does to a running lab: each step is carried out as a replay would, and becomes the next one of a plan
 * that grows. History is the seam: with every step the whole of it is judged anew, by the plan as it is by then.
 */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Event, LedgerRow, RunStarted, StepResult, Value } from '../core/event.ts';
import { LabError, type Problem } from '../core/problem.ts';
import { redactor } from '../core/redact.ts';
import { clockOffset } from '../engine/clock.ts';
import type { Docker } from '../engine/connect.ts';
import type { Lab } from '../engine/lab.ts';
import { type Bindings, bind, startBindings } from '../scenario/bindings.ts';
import type { Names } from '../scenario/expand.ts';
import { withReferences } from '../scenario/host-reference.ts';
import type { Plan, PlannedStep } from '../scenario/plan.ts';
import { nameFor, type Recorded, recordedVariant, writeRecorded } from '../scenario/recorded-scenario.ts';
import type { RawStep } from '../scenario/typed-step.ts';
import { createJudge, type Judge } from '../verdict/judge.ts';
import { stepShortfall } from '../verdict/step-result.ts';
import type { Finding, Verdict } from '../verdict/verdict.ts';
import { type ObservedRun, observeRun } from './observe-run.ts';
import { Recorder } from './recorder.ts';
import { makeRunFolder, runFiles, writeInputs, writeLogs } from './run-folder.ts';
import { planFile } from './scenario-files.ts';
import { runStep } from './steps.ts';

/** All of the file but its steps. */
export type Frame = Omit<Recorded, 'steps'> & { readonly file: string };

export interface CarriedOut {
  readonly raw: RawStep;
  readonly result: StepResult;
  /** What speaks against the step; a replay would find the same. */
  readonly findings: readonly Finding[];
}

export interface Recording {
  readonly run: ObservedRun;
  readonly steps: () => readonly RawStep[];
  /** The last step that did something, neither mark nor expect, with names as they were before it and as they are now. */
  readonly cause: () => { readonly step: PlannedStep; readonly before: Names; readonly names: Names } | undefined;
  readonly history: () => readonly Event[];
  /** Nothing was done where there are problems. Throws the signal's reason when aborted. */
  readonly carryOut: (typed: RawStep) => Promise<CarriedOut | { readonly problems: readonly Problem[] }>;
}

export interface RecordOptions {
  readonly frame: Frame;
  /** Where the run folder is made. */
  readonly out: string;
  readonly signal: AbortSignal;
}

export interface RecordedRun {
  /** The scenario file's text. */
  readonly text: string;
  readonly folder: string;
  /** What a judge says of what was recorded. */
  readonly verdict: Verdict;
}

/** Undefined where nothing was done. Throws the signal's reason when aborted; what was recorded by then stays in the run folder. */
export async function record(
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
  const recorder = new Recorder(files, await clockOffset(docker), redact, growing);
  const ending = await observeRun(docker, { lab, plan: named, recorder, signal }, async (run) => {
    await body(recordingOn(run, growing, options));
    return { reason: 'completed' };
  }).finally(() => recorder.close());
  const { plan } = growing;
  if (!plan) {
    await rm(folder, { recursive: true });
    signal.throwIfAborted();
    if (ending.reason === 'cut-short') throw new LabError('the lab could not be watched', { detail: [ending.detail ?? ''] });
    return undefined;
  }
  const verdict = growing.judge.end();
  const { recipes } = planFile({ file: options.frame.name, text: growing.text() });
  await writeInputs(folder, { source: growing.text(), recipes }, plan, { hosts: [] }, redact);
  await writeLogs(folder, docker, lab, redact);
  await writeFile(join(folder, runFiles.verdict), `${JSON.stringify(verdict, null, 2)}\n`);
  signal.throwIfAborted();
  return { text: growing.text(), folder, verdict };
}

/** Steps so far, and everything that was recorded, judged by their plan. */
class GrowingPlan {
  readonly #frame: Frame;
  readonly #events: Event[] = [];
  readonly #rows: LedgerRow[] = [];
  #steps: readonly RawStep[] = [];
  #known: { readonly plan: Plan; readonly judge: Judge; bindings: Bindings } | undefined;

  constructor(frame: Frame) {
    this.#frame = frame;
  }

  feed(event: Event): void {
    this.#events.push(event);
    if (!this.#known) return;
    this.#known.bindings = bind(this.#known.bindings, event);
    this.#known.judge.feed(event);
  }

  feedRow(row: LedgerRow): void {
    this.#rows.push(row);
    this.#known?.judge.feedRow(row);
  }

  get steps(): readonly RawStep[] {
    return this.#steps;
  }

  get events(): readonly Event[] {
    return this.#events;
  }

  get plan(): Plan | undefined {
    return this.#known?.plan;
  }

  /** Only once there is a step. */
  get judge(): Judge {
    if (!this.#known) throw new LabError('nothing was recorded');
    return this.#known.judge;
  }

  get bindings(): Bindings | undefined {
    return this.#known?.bindings;
  }

  text(steps = this.#steps): string {
    return writeRecorded({ ...this.#frame, steps });
  }

  /** Takes these steps for the plan's, unless they have mistakes. */
  grow(steps: readonly RawStep[]): readonly Problem[] {
    const { plans, problems } = planFile({ file: this.#frame.file, text: this.text(steps) }, [recordedVariant]);
    const [plan] = plans;
    if (!plan) return problems;
    const judge = createJudge(plan);
    for (const row of this.#rows) judge.feedRow(row);
    for (const event of this.#events) judge.feed(event);
    this.#known = { plan, judge, bindings: this.#events.reduce(bind, startBindings(plan)) };
    this.#steps = steps;
    return [];
  }
}

function recordingOn(run: ObservedRun, growing: GrowingPlan, { frame }: RecordOptions): Recording {
  const names = (): Names => withoutLuck(growing.bindings?.scopes[''] ?? { vars: {}, values: {} }, growing.plan);
  let before = names();
  return {
    run,
    steps: () => growing.steps,
    cause: () => {
      const step = growing.plan?.steps.findLast(({ verb }) => verb !== 'mark' && verb !== 'expect');
      return step && { step, before, names: names() };
    },
    history: () => growing.events,
    carryOut: async (typed) => {
      const raw = named(withReferences(typed, names(), run.facts as RunStarted, scopeOf(run.lab)), growing.steps);
      const problems = growing.grow([...growing.steps, raw]);
      const step = growing.plan?.steps.at(-1);
      if (problems.length > 0 || !step) return { problems: problems.map(({ file: _, span: __, ...problem }) => problem) };
      if (step.verb !== 'mark' && step.verb !== 'expect') before = names();
      await runStep(
        {
          ...run,
          judge: growing.judge,
          bindings: () => growing.bindings as Bindings,
          onStep: () => undefined,
          background: [],
        },
        step,
      );
      const result = resultOf(growing.events, step);
      const failing = asItFailed(raw, step, result);
      if (failing !== raw) growing.grow([...growing.steps.slice(0, -1), failing]);
      const findings = growing.judge.findings().filter((finding) => finding.step === step.id || finding.step?.startsWith(`${step.id}.`));
      return { raw: failing, result, findings };
    },
  };

  function scopeOf(lab: Lab): string {
    return lab.spec.clusters.find(({ name }) => name === 'main')?.scope ?? frame.name;
  }
}

/** Where patronictl ran means nothing: on any member that was up. */
function withoutLuck(names: Names, plan: Plan | undefined): Names {
  const anywhere = plan?.steps.flatMap((step) => (step.verb === 'patronictl' && step.args.on === undefined ? (step.name ?? []) : [])) ?? [];
  const values = Object.entries(names.values).map(([name, value]): [string, Value] => {
    if (!anywhere.includes(name) || typeof value !== 'object' || value === null || Array.isArray(value)) return [name, value];
    const { on: _, ...rest } = value as Readonly<Record<string, Value>>;
    return [name, rest];
  });
  return { ...names, values: Object.fromEntries(values) };
}

function named(step: RawStep, before: readonly RawStep[]): RawStep {
  const taken = before.flatMap(({ as, mark }) => [as, mark].filter((name): name is string => typeof name === 'string'));
  const name = nameFor(step, taken);
  return name === undefined ? step : { ...step, as: name };
}

function resultOf(history: readonly Event[], step: PlannedStep): StepResult {
  const end = history.findLast((event) => event.type === 'step-ended' && event.step === step.id);
  return end?.type === 'step-ended' ? end.result : { outcome: 'broken', reason: 'it did not end', fields: {} };
}

/** A program that fails is to fail so the next time. */
function asItFailed(raw: RawStep, step: PlannedStep, result: StepResult): RawStep {
  if (raw.fails !== undefined || stepShortfall(step, result)?.reason !== 'exit') return raw;
  return { ...raw, fails: result.sqlstate || result.exit || true };
}
