/**
 * The steps of a recording: each is carried out as a replay would, or by a program in another terminal, and becomes the next one of a
 * plan that grows. One after another, but for programs that run on.
 */
import type { Event, RunStarted, StepResult, Value } from '../core/event.ts';
import { LabError, type Problem } from '../core/problem.ts';
import type { CommandResult } from '../engine/commands.ts';
import type { Bindings } from '../scenario/bindings.ts';
import { type Deed, isOfAStep, stepOfDeed } from '../scenario/deed.ts';
import type { Names } from '../scenario/expand.ts';
import { withReferences } from '../scenario/host-reference.ts';
import type { Plan, PlannedStep } from '../scenario/plan.ts';
import { type EndedBehind, joinOf, nameFor, unjoined, withinFor } from '../scenario/recorded-scenario.ts';
import type { RawStep } from '../scenario/typed-step.ts';
import { runsProgram, type VerbName } from '../scenario/verbs/verbs.ts';
import { stepShortfall } from '../verdict/step-result.ts';
import type { Finding } from '../verdict/verdict.ts';
import type { Elsewhere, Witnessed } from './effects/effect.ts';
import type { GrowingPlan } from './growing-plan.ts';
import type { ObservedRun } from './observe-run.ts';
import { runStep, type StepRunner } from './steps.ts';
import { Turns } from './turns.ts';

export interface CarriedOut {
  readonly raw: RawStep;
  readonly result: StepResult;
  /** What speaks against the step; a replay would find the same. */
  readonly findings: readonly Finding[];
  /** What waits for steps that went on in the background, now that they and whatever began after them have ended. */
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
  /** Whether a step of the recording did that to a host. */
  readonly isOurs: (deed: Deed) => boolean;
  /** What somebody did to a host with the engine's own client is a step, where the language has one. */
  readonly witness: (deed: Deed, exit: Promise<number>) => Promise<Begun | Refused>;
  /** Waits for everything that has begun, a step of that name or all. */
  readonly settled: (name?: string) => Promise<void>;
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

/** Steps that make the plan grow. */
export function recordingOn(run: ObservedRun, growing: GrowingPlan): Recording {
  const names = (): Names => withoutLuck(growing.bindings?.scopes[''] ?? { vars: {}, values: {} }, growing.plan);
  const before = new Map<string, Names>();
  const turns = new Turns();
  const going = new Set<Going>();
  /** In the background, and not yet waited for. */
  const ended: EndedBehind[] = [];
  const scope = run.lab.spec.clusters.find(({ name }) => name === 'main')?.scope ?? '';
  const inRecording = (step: RawStep, by: Names) => withReferences(step, by, run.facts as RunStarted, scope);

  const runner = (): StepRunner => ({
    ...run,
    judge: growing.judge,
    bindings: () => growing.bindings as Bindings,
    onStep: () => {},
    background: [],
  });

  async function begin(typed: RawStep, handwork?: Handwork, witnessed?: Witnessed): Promise<Begun | Refused> {
    run.signal.throwIfAborted();
    if (handwork?.wanted() === false) return { problems: [] };
    const ending = () => [...going].find(({ state }) => state === 'ends');
    for (let one = ending(); one; one = ending()) await one.recorded;
    const raw = named(inRecording(typed, names()), growing.steps);
    const stillRuns = new Set([...going].flatMap(({ index, state }) => (state === 'runs' ? [index] : [])));
    if (witnessed) for (const index of ranUntilAfter(witnessed.at)) stillRuns.add(index);
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
      { ...runner(), onStep: started, background, ...(elsewhere && { elsewhere }), ...(witnessed && { witnessed }) },
      step,
    )
      .then(() => Promise.all(background))
      .finally(() => {
        entry.state = 'recorded';
      });
    const whole = recorded.then(() => turns.take(() => end(index, step, final)));
    Object.assign(entry, { recorded, ended: whole });
    going.add(entry);
    const forget = () => going.delete(entry);
    whole.then(forget, forget);
    // A fault is proven before anything else is done.
    await (runsProgram(step.verb) ? Promise.race([start, recorded]) : recorded);
    return { step, raw, ended: whole };
  }

  /** What is told late may have ended programs that are known to have ended by now: those ran beside it. */
  function ranUntilAfter(at: number): readonly number[] {
    return (growing.plan?.steps ?? []).slice(0, growing.steps.length).flatMap((step, index) => {
      if (!runsProgram(step.verb) || step.name === undefined || step.background) return [];
      const end = growing.events.findLast((event) => event.type === 'step-ended' && event.step === step.id);
      if (end?.type !== 'step-ended' || end.at < at || end.result.exit === undefined) return [];
      if (![...going].some((one) => one.index === index)) ended.push({ name: step.name, exit: end.result.exit, took: tookOf(step) });
      return [index];
    });
  }

  /** Takes down what came of a step, and waits for it in the plan, where others began meanwhile. */
  async function end(index: number, step: PlannedStep, final: RawStep | undefined): Promise<CarriedOut> {
    const result = resultOf(growing.events, step);
    const known = growing.steps[index] as RawStep;
    const { as, background } = known;
    // A replay's statement has a minute.
    const slow = final && 'sql' in final && tookOf(step) > 20 ? { within: withinFor(tookOf(step)) } : {};
    const turnedOut = final
      ? {
          ...inRecording(final, before.get(step.id) ?? names()),
          ...(as === undefined ? {} : { as }),
          ...(background ? { background } : {}),
          ...slow,
        }
      : known;
    const raw = asItFailed(turnedOut, step, result);
    if (raw !== known && growing.grow(growing.steps.with(index, raw)).length > 0)
      throw new LabError(`the step cannot be written down: ${JSON.stringify(raw)}`);
    if (background && as !== undefined && result.exit !== undefined)
      ended.push({ name: String(as), exit: result.exit, took: tookOf(step) });
    const join = await joinEnded();
    const findings = growing.judge.findings().filter((finding) => finding.step === step.id || finding.step?.startsWith(`${step.id}.`));
    return { raw, result, findings, ...(join ? { join } : {}) };
  }

  /** Not before whatever is in the foreground has ended: the plan waits for that first. */
  async function joinEnded(): Promise<RawStep | undefined> {
    if ([...going].some(({ index, state }) => state !== 'recorded' && growing.steps[index]?.background !== true)) return undefined;
    const wanting = unjoined(growing.steps);
    const joined = ended.splice(0).filter(({ name }) => wanting.includes(name));
    if (joined.length === 0) return undefined;
    const join = joinOf(joined);
    growing.grow([...growing.steps, join]);
    await runStep(runner(), growing.plan?.steps[growing.steps.length - 1] as PlannedStep);
    return join;
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
    isOurs: (deed) => isOfAStep(deed, growing.plan?.steps ?? [], growing.events),
    witness: (deed, exit) =>
      turns.take(async () => {
        const found = stepOfDeed(deed, growing.plan?.steps ?? [], growing.events);
        return found.ok ? begin(found.step, undefined, { at: deed.at, exit }) : { problems: [{ message: found.why }] };
      }),
    running: () => [...going].flatMap(({ title, state }) => (state === 'runs' ? [title] : [])),
    settled: async (name) => {
      // Whoever waits for a turn has one first.
      await turns.take(async () => {});
      const meant = [...going].filter(({ index }) => name === undefined || growing.steps[index]?.as === name);
      await Promise.all(meant.map(({ ended }) => ended));
    },
  };
}

/** After these nobody has just been moved or stopped: who streams then is no matter of moments. */
const calm: readonly VerbName[] = ['mark', 'expect', 'workload', 'pgbackrest', 'sql'];

/** Where patronictl ran means nothing: on any member that was up. Nor does who streamed at the moment in which a fault or a switchover ended. */
function withoutLuck(names: Names, plan: Plan | undefined): Names {
  const steps = plan?.steps ?? [];
  const values = Object.entries(names.values).map(([name, value]): [string, Value] => {
    const step = steps.find((one) => one.name === name);
    if (!step || calm.includes(step.verb) || typeof value !== 'object' || value === null || Array.isArray(value)) return [name, value];
    const lucky = ['replica', 'replicas', ...(step.verb === 'patronictl' && step.args.on === undefined ? ['on'] : [])];
    return [name, Object.fromEntries(Object.entries(value).filter(([field]) => !lucky.includes(field)))];
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
  if (raw.fails !== undefined || stepShortfall(step, result, 0)?.reason !== 'exit') return raw;
  return { ...raw, fails: result.sqlstate || result.exit || true };
}
