/**
 * Records what somebody does to a running lab: each step is carried out as a replay would, or by a program in another terminal, and
 * becomes the next one of a plan that grows.
 */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Event, hostWords, type RunStarted, type StepResult, type Value } from '../core/event.ts';
import { LabError, type Problem } from '../core/problem.ts';
import { redactor } from '../core/redact.ts';
import { clockOffset } from '../engine/clock.ts';
import type { CommandResult } from '../engine/commands.ts';
import type { Docker } from '../engine/connect.ts';
import { isThere, type Lab } from '../engine/lab.ts';
import type { Bindings } from '../scenario/bindings.ts';
import type { Names } from '../scenario/expand.ts';
import { withReferences } from '../scenario/host-reference.ts';
import type { Plan, PlannedStep } from '../scenario/plan.ts';
import { joinOf, nameFor, recordedVariant, unjoined } from '../scenario/recorded-scenario.ts';
import type { RawStep } from '../scenario/typed-step.ts';
import { runsProgram } from '../scenario/verbs/verbs.ts';
import { stepShortfall } from '../verdict/step-result.ts';
import type { Finding, Verdict } from '../verdict/verdict.ts';
import type { Elsewhere } from './effects/effect.ts';
import { type Frame, GrowingPlan } from './growing-plan.ts';
import { type ObservedRun, observeRun } from './observe-run.ts';
import { Recorder } from './recorder.ts';
import { makeRunFolder, runFiles, writeInputs, writeLogs } from './run-folder.ts';
import { planFile } from './scenario-files.ts';
import { runStep } from './steps.ts';
import { Turns } from './turns.ts';

export interface CarriedOut {
  readonly raw: RawStep;
  readonly result: StepResult;
  /** What speaks against the step; a replay would find the same. */
  readonly findings: readonly Finding[];
  /** What waits for it, where it ended in the background. */
  readonly join?: RawStep;
}

/** A step that has begun. */
export interface Begun {
  readonly step: PlannedStep;
  /** As it is in the plan by now. */
  readonly raw: RawStep;
  /** Throws the signal's reason when aborted. */
  readonly ended: Promise<CarriedOut>;
}

/** Nothing was done. */
export interface Refused {
  readonly problems: readonly Problem[];
}

/** What somebody does in a terminal of his own. */
export interface Handwork {
  /** Whether it still is to be done, now that it is its turn. */
  readonly wanted: () => boolean;
  /** Lets it begin, and resolves when it ended. `step`: the step it turns out to have been. */
  readonly run: (...args: Parameters<Elsewhere>) => Promise<CommandResult & { readonly step: RawStep }>;
}

/** What a step brought about is in the history since it began; with names as they were before it and as they are now. */
interface RecordedCause {
  readonly step: PlannedStep;
  readonly before: Names;
  readonly names: Names;
}

export interface Recording {
  readonly run: ObservedRun;
  readonly steps: () => readonly RawStep[];
  /** The step of that name or id; by default the last one that did something, neither mark nor expect. */
  readonly cause: (name?: string) => RecordedCause | undefined;
  readonly history: () => readonly Event[];
  /**
   * Begins a step once it is its turn. One that runs a program does not hold up the next: if that begins while the program
   * still runs, it went on in the background, and is waited for where it ended. `handwork`: the program is run elsewhere.
   */
  readonly begin: (typed: RawStep, handwork?: Handwork) => Promise<Begun | Refused>;
  /** Begins a step and waits for its end. */
  readonly carryOut: (typed: RawStep) => Promise<CarriedOut | Refused>;
  /** Titles of the steps whose programs run. */
  readonly running: () => readonly string[];
  /** Waits for everything that has begun, a step of that name or all. */
  readonly settled: (name?: string) => Promise<void>;
}

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
    await body(recordingOn(run, growing, options));
    return gone ? { reason: 'cut-short', detail: 'somebody removed the lab' } : { reason: 'completed' };
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
  if (!gone) await writeLogs(folder, docker, lab, redact);
  await writeFile(join(folder, runFiles.verdict), `${JSON.stringify(verdict, null, 2)}\n`);
  signal.throwIfAborted();
  return { text: growing.text(), folder, verdict };
}

/** A step that has begun, and is not yet done with. */
interface Going {
  readonly index: number;
  readonly title: string;
  /** Its program runs; has ended, and what came of it is about to be recorded; or that is recorded. */
  state: 'runs' | 'ends' | 'recorded';
  recorded: Promise<unknown>;
  ended: Promise<unknown>;
}

function recordingOn(run: ObservedRun, growing: GrowingPlan, { frame }: RecordOptions): Recording {
  const names = (): Names => withoutLuck(growing.bindings?.scopes[''] ?? { vars: {}, values: {} }, growing.plan);
  const before = new Map<string, Names>();
  const turns = new Turns();
  const going = new Set<Going>();
  const scope = run.lab.spec.clusters.find(({ name }) => name === 'main')?.scope ?? frame.name;
  const inRecording = (step: RawStep, by: Names) => withReferences(step, by, run.facts as RunStarted, scope);

  async function begin(typed: RawStep, handwork?: Handwork): Promise<Begun | Refused> {
    run.signal.throwIfAborted();
    if (handwork?.wanted() === false) return { problems: [] };
    await Promise.all([...going].flatMap(({ state, recorded }) => (state === 'ends' ? [recorded] : [])));
    const raw = named(inRecording(typed, names()), growing.steps);
    const stillRuns = new Set([...going].flatMap(({ index, state }) => (state === 'runs' ? [index] : [])));
    const earlier = growing.steps.map((step, index) => (stillRuns.has(index) ? { ...step, background: true } : step));
    const index = earlier.length;
    const problems = growing.grow([...earlier, raw]);
    const step = growing.plan?.steps[index];
    if (problems.length > 0 || !step) return { problems: problems.map(({ file: _, span: __, ...problem }) => problem) };
    before.set(step.id, names());
    const entry: Going = { index, title: step.title, state: 'runs', recorded: Promise.resolve(), ended: Promise.resolve() };
    let final: RawStep | undefined;
    let started = () => {};
    const start = new Promise<void>((resolve) => {
      started = resolve;
    });
    const elsewhere: Elsewhere | undefined =
      handwork &&
      (async (onOutput) => {
        try {
          const ended = await handwork.run(onOutput);
          final = ended.step;
          return ended;
        } finally {
          entry.state = 'ends';
        }
      });
    const background: Promise<void>[] = [];
    const recorded = runStep(
      {
        ...run,
        judge: growing.judge,
        bindings: () => growing.bindings as Bindings,
        onStep: started,
        background,
        ...(elsewhere ? { elsewhere } : {}),
      },
      step,
    )
      .then(() => Promise.all(background))
      .finally(() => {
        entry.state = 'recorded';
      });
    const ended = recorded.then(() => turns.take(() => end(index, step, final)));
    Object.assign(entry, { recorded, ended });
    going.add(entry);
    const forget = () => going.delete(entry);
    ended.then(forget, forget);
    // A fault is proven before anything else is done.
    await (runsProgram(step.verb) ? Promise.race([start, recorded]) : recorded);
    return { step, raw, ended };
  }

  /** Takes down what came of a step, and waits for it in the plan, where others began meanwhile. */
  async function end(index: number, step: PlannedStep, final: RawStep | undefined): Promise<CarriedOut> {
    const result = resultOf(growing.events, step);
    const known = growing.steps[index] as RawStep;
    const { as, background } = known;
    const turnedOut = final
      ? {
          ...inRecording(final, before.get(step.id) ?? names()),
          ...(as === undefined ? {} : { as }),
          ...(background ? { background } : {}),
        }
      : known;
    const raw = asItFailed(turnedOut, step, result);
    if (raw !== known && growing.grow(growing.steps.with(index, raw)).length > 0)
      throw new LabError(`the step cannot be written down: ${JSON.stringify(raw)}`);
    const join = unjoined(growing.steps).includes(raw) && result.exit !== undefined ? joinOf(raw, result.exit, tookOf(step)) : undefined;
    if (join && growing.grow([...growing.steps, join]).length === 0) {
      const waiting = growing.plan?.steps[growing.steps.length - 1] as PlannedStep;
      await runStep(
        { ...run, judge: growing.judge, bindings: () => growing.bindings as Bindings, onStep: () => undefined, background: [] },
        waiting,
      );
    }
    const findings = growing.judge.findings().filter((finding) => finding.step === step.id || finding.step?.startsWith(`${step.id}.`));
    return { raw, result, findings, ...(join ? { join } : {}) };
  }

  function tookOf({ id }: PlannedStep): number {
    const began = growing.events.findLast((event) => event.type === 'step-started' && event.step === id)?.at ?? 0;
    return (run.recorder.now() - began) / 1000;
  }

  return {
    run,
    steps: () => growing.steps,
    cause: (name) => {
      const step = growing.plan?.steps
        .slice(0, growing.steps.length)
        .findLast((one) => (name === undefined ? one.verb !== 'mark' && one.verb !== 'expect' : one.name === name || one.id === name));
      return step && { step, before: before.get(step.id) ?? names(), names: names() };
    },
    history: () => growing.events,
    begin: (typed, handwork) => turns.take(() => begin(typed, handwork)),
    carryOut: async (typed) => {
      const begun = await turns.take(() => begin(typed));
      return 'problems' in begun ? begun : begun.ended;
    },
    running: () => [...going].flatMap(({ title, state }) => (state === 'runs' ? [title] : [])),
    settled: async (name) => {
      // Whoever waits for a turn has one first.
      await turns.take(async () => {});
      const meant = [...going].filter(({ index }) => name === undefined || growing.steps[index]?.as === name);
      await Promise.all(meant.map(({ ended }) => ended));
    },
  };
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
