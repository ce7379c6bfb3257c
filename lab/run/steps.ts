/** Carries out a plan's steps one after another: fills in values, resolves selectors, runs the verb's effect, records what came of it. */
import { setTimeout as delay } from 'node:timers/promises';
import { poll, unlessAborted } from '../core/deadline.ts';
import { seconds } from '../core/duration.ts';
import type { ClusterLook, RunStarted, StepResult, Value } from '../core/event.ts';
import { LabError, tellError, UnsupportedError } from '../core/problem.ts';
import { type Host, hostNamed } from '../engine/lab.ts';
import { type Bindings, namesAt } from '../scenario/bindings.ts';
import { expand } from '../scenario/expand.ts';
import type { PlannedStep, StepOf } from '../scenario/plan.ts';
import { resolveSelector, selectorText } from '../scenario/selector.ts';
import { runsProgram } from '../scenario/verbs/verbs.ts';
import { whenHolds } from '../scenario/version-range.ts';
import type { ActiveExpectation } from '../verdict/active-expectation.ts';
import { observationGap } from '../verdict/hold.ts';
import type { Judge } from '../verdict/judge.ts';
import { selectorView } from '../verdict/selector-view.ts';
import type { Done, Effect, EffectVerb, Elsewhere, RunContext } from './effects/effect.ts';
import { effects } from './effects/effects.ts';
import type { Observer } from './looks.ts';

export interface StepRunner extends RunContext {
  readonly judge: Judge;
  readonly observer: Observer;
  readonly bindings: () => Bindings;
  readonly facts: RunStarted;
  /** Told of each step as it starts, for progress. */
  readonly onStep: (step: PlannedStep, title: string) => void;
  /** Background steps under way. */
  readonly background: Promise<void>[];
}

/** Looks no oftener than this, ms, however much is logged; and this often, where nothing is. */
const looking = { least: 50, most: 250 } as const;

/** The history's times are rounded, and timers may be early, ms: a look begins clearly after what it is to be after. */
const rounding = 1;

/** Carries out steps until the last, or until the judge has found something that decides, beyond what was `known` before. */
export async function runSteps(run: StepRunner, steps: readonly PlannedStep[], known = 0): Promise<void> {
  for (const step of steps) {
    run.signal.throwIfAborted();
    if (run.judge.findings().length > known) return;
    await runStep(run, step);
  }
}

/** Carries out one step and records it. Throws the signal's reason when aborted. */
export async function runStep(run: StepRunner, step: PlannedStep): Promise<void> {
  const names = namesAt(run.bindings(), step.id);
  const shown = expand(step.title, names);
  const title = shown.ok ? String(shown.value) : step.title;
  const start = (resolved: Readonly<Record<string, readonly string[]>>, skipped?: string) =>
    run.recorder.record(
      { type: 'step-started', step: step.id, title, resolved, ...(skipped === undefined ? {} : { skipped }) },
      run.witnessed?.at,
    );
  const end = (result: StepResult) => run.recorder.record({ type: 'step-ended', step: step.id, result });

  const args = step.verb === 'expect' || step.verb === 'recipe' ? { ok: true as const, value: step.args } : expand(step.args, names);
  const selectors = args.ok ? selectorsOf(run, step, args.value, names) : [];
  const resolved = await resolve(run, selectors);
  const when = expand(step.when, names);
  if (when.ok && when.value) {
    const outcome = whenHolds(when.value, run.facts.versions, resolved.ok ? [...new Set(Object.values(resolved.hosts).flat())] : []);
    if (outcome.holds === false) {
      start({}, outcome.because);
      return;
    }
    if (outcome.holds === undefined) {
      run.onStep(step, title);
      start({});
      return void end({ outcome: 'broken', reason: outcome.because, fields: {} });
    }
  }
  run.onStep(step, title);
  start(resolved.ok ? resolved.hosts : {});
  if (!when.ok) return void end({ outcome: 'broken', reason: when.unbound.message, fields: {} });
  if (!args.ok) return void end({ outcome: 'broken', reason: args.unbound.message, fields: {} });
  if (!resolved.ok) return void end({ outcome: 'broken', reason: resolved.reason, fields: {} });

  if (step.verb === 'expect') {
    await waitFor(run, step);
    end({ outcome: 'done', fields: await namedFields(run, step, []) });
    return;
  }
  if (step.verb === 'recipe') {
    await runSteps(run, step.args.steps, run.judge.findings().length);
    end({ outcome: 'done', fields: await namedFields(run, step, []) });
    return;
  }
  const work = carryOut(run, step, args.value as (typeof step)['args'], resolved.hosts).then((result) => void end(result));
  if (!step.background) return work;
  run.background.push(work);
  // A replay does not wait for it: an expectation joins it, or the judge says that none did. Interrupted, it ends with its lab.
  work.catch(() => undefined);
}

/**
 * Carries out a step that is not in the plan, as somebody wants it before step `before`; recorded as done by hand. It sees the
 * scenario's names.
 */
export async function runByHand(run: StepRunner, step: StepOf<EffectVerb>, before: PlannedStep): Promise<StepResult> {
  const names = namesAt(run.bindings(), '');
  const args = expand(step.args, names);
  if (!args.ok) return { outcome: 'broken', reason: args.unbound.message, fields: {} };
  const resolved = await resolve(run, selectorsOf(run, step, args.value, names));
  if (!resolved.ok) return { outcome: 'broken', reason: resolved.reason, fields: {} };
  run.recorder.record({ type: 'by-hand', did: 'ran', step: before.id, what: step.title });
  return carryOut(run, step, args.value, resolved.hosts);
}

function effectOf<V extends EffectVerb>(verb: V): Effect<V> {
  return effects[verb] as unknown as Effect<V>;
}

function selectorsOf(run: StepRunner, step: PlannedStep, args: unknown, names: Parameters<typeof expand>[1]): readonly string[] {
  if (step.verb === 'expect') return [];
  if (step.verb !== 'recipe')
    return effectOf(step.verb)
      .selectors(args as never, run.lab)
      .map(selectorText);
  return Object.values(step.args.params).flatMap((param) => {
    const value = param.selector ? expand(param.value, names) : undefined;
    return value?.ok ? [selectorText(value.value as string | readonly string[])] : [];
  });
}

function viewOf(run: StepRunner, looks: Readonly<Record<string, ClusterLook>>) {
  return selectorView(run.facts, new Map(Object.entries(looks)));
}

type Resolution = { ok: true; hosts: Record<string, readonly string[]> } | { ok: false; reason: string };

/** How long a member that is up and does not answer is waited for where nobody is meant without it. */
const lateAnswers = seconds(5);

/**
 * A fresh look first: a selector means who they are when the step begins. Where nobody is meant without a member that is silent, its answer
 * decides, and nothing that happens while it is waited for.
 */
async function resolve(run: StepRunner, selectors: readonly string[]): Promise<Resolution> {
  const known = new Set(run.lab.hosts.map((host) => host.name));
  if (selectors.every((selector) => known.has(selector))) return resolveIn(run, selectors, run.observer.latest);
  const look = async () => {
    const looks = await run.lookAtClusters();
    return { resolution: resolveIn(run, selectors, looks), late: someAreLate(run, looks) };
  };
  const first = await look();
  if (first.resolution.ok || !first.late) return first.resolution;
  const { met, last } = await poll(look, ({ late }) => !late, { within: lateAnswers, signal: run.signal });
  return met ? last.resolution : first.resolution;
}

/** Whether a member is silent whose host is up: on a busy machine an answer may take longer than a look. */
function someAreLate(run: StepRunner, looks: Readonly<Record<string, ClusterLook>>): boolean {
  const members = Object.values(looks).flatMap((look) => Object.entries(look.members));
  return members.some(([name, { state }]) => state === 'unreachable' && run.streams.stateOf(name) === 'running');
}

function resolveIn(run: StepRunner, selectors: readonly string[], looks: Readonly<Record<string, ClusterLook>>): Resolution {
  const view = viewOf(run, looks);
  const hosts: Record<string, readonly string[]> = {};
  for (const selector of selectors) {
    const outcome = resolveSelector(selector, view);
    if (!outcome.ok) return { ok: false, reason: `${selector}: ${outcome.reason}` };
    hosts[selector] = outcome.hosts;
  }
  return { ok: true, hosts };
}

async function carryOut(
  run: StepRunner,
  step: StepOf<EffectVerb>,
  args: unknown,
  resolved: Readonly<Record<string, readonly string[]>>,
): Promise<StepResult> {
  // A value that is exactly `${x.replicas}` keeps its type: a selector may be a list by now.
  const hosts = (selector: string | readonly string[]): readonly Host[] =>
    (resolved[selectorText(selector)] ?? []).map((name) => hostNamed(run.lab, name));
  try {
    const context = {
      ...run,
      step: step.id,
      name: step.name ?? step.id,
      hosts,
      ...(step.within === undefined ? {} : { within: step.within }),
    };
    const began = performance.now();
    const work =
      run.elsewhere && !runsProgram(step.verb)
        ? doneElsewhere(run.elsewhere, Object.keys(resolved).flatMap(hosts))
        : (effectOf(step.verb).run as (ctx: unknown, args: unknown) => Promise<Done>)(context, args);
    // Whoever interrupts does not wait for a program, which ends with its lab. What the lab does itself it brings to an end.
    const { on = [], fields = {}, outcome = 'done', ...rest } = await (runsProgram(step.verb) ? unlessAborted(work, run.signal) : work);
    const took = Math.round(performance.now() - began);
    return { ...rest, outcome, took, fields: { ...(await namedFields(run, step, on)), ...fields } };
  } catch (error) {
    run.signal.throwIfAborted();
    return { outcome: error instanceof UnsupportedError ? 'unsupported' : 'broken', reason: tellError(error), fields: {} };
  }
}

/** For verbs that act themselves: whoever did it says whether it was done. */
async function doneElsewhere(elsewhere: Elsewhere, on: readonly Host[]): Promise<Done> {
  const { exit, stdout, stderr } = await elsewhere(() => {});
  if (exit !== 0) throw new LabError(`exit code ${exit}: ${(stderr || stdout).trim()}`);
  return { on, reason: 'done from another terminal' };
}

/** What every named step records of the main cluster as it is when the step ends; what is not seen is absent. */
async function namedFields(run: StepRunner, step: PlannedStep, on: readonly Host[]): Promise<Record<string, Value>> {
  if (step.name === undefined) return {};
  const main = (await run.lookAtClusters()).main;
  const view = viewOf(run, main ? { main } : {});
  const one = (selector: string) => {
    const outcome = resolveSelector(selector, view);
    return outcome.ok ? outcome.hosts : undefined;
  };
  const names = on.map((host) => host.name);
  const fields: Record<string, Value | undefined> = {
    on: names.length > 1 ? names : names[0],
    leader: main?.leader,
    replica: one('replica')?.[0],
    replicas: one('replicas'),
    timeline: main?.timeline,
    'system-id': main?.systemId,
  };
  return Object.fromEntries(Object.entries(fields).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));
}

/**
 * Looks at what the judge asks for until it has seen enough, or the time is up; then reads the logs past that moment. A line that is
 * read only then may have been written before what seemed to decide: it is over if it still is with that.
 */
async function waitFor(run: StepRunner, step: StepOf<'expect'>): Promise<void> {
  for (;;) {
    run.signal.throwIfAborted();
    const before = run.judge.active();
    if (before?.step !== step.id) return;
    const round = performance.now();
    const began = run.recorder.now();
    await Promise.all(before.looks.map((question) => run.observer.look(question, began)));
    const now = run.recorder.now();
    if (isOver(run.judge.active(), began, now)) {
      if (before.streams.length > 0) await run.streams.readThrough(before.streams);
      if (isOver(run.judge.active(), began, now)) return;
    }
    const { holdUntil, deadline } = run.judge.active() ?? before;
    const left = (holdUntil ?? deadline) - now;
    await Promise.race([run.recorder.nextLog(), delay(Math.min(looking.most, left + 2 * rounding))]);
    const rest = looking.least - (performance.now() - round);
    if (rest > 0) await delay(rest);
  }
}

/**
 * Whether looking can stop after looks that began and ended then. What must go on holding is proven by a round that began after that
 * time: the judge says which did, as an answer of these looks may have gone into a round with one from just before them.
 */
function isOver(active: ActiveExpectation | undefined, began: number, ended: number): boolean {
  if (!active || active.state === 'met' || active.state === 'failed') return true;
  if (active.holdUntil === undefined) return ended > active.deadline;
  const seen = active.looks.length === 0 ? began : (active.roundBegan ?? Number.NEGATIVE_INFINITY);
  return seen > active.holdUntil + rounding || began > active.holdUntil + observationGap;
}
