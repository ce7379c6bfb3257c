/**
 * What `${...}` stands for as a run goes on. A pure fold over recorded events, so that the runner and a judge who only has
 * the history fill in the same values.
 */
import { type Event, isMap, type StepResult, type Value } from '../core/event.ts';
import { expand, type Names } from './expand.ts';
import { allSteps, type Plan, type PlannedStep } from './plan.ts';
import { selectorText } from './selector.ts';
import { scopeOf } from './step-id.ts';

/** Scopes by the id of the recipe step that opens them; the scenario's own is ''. Immutable: `bind` makes new ones. */
export interface Bindings {
  readonly steps: ReadonlyMap<string, PlannedStep>;
  readonly scopes: Readonly<Record<string, Names>>;
}

/** Before the first step: the plan's vars, and `${cluster}`. */
export function startBindings(plan: Plan): Bindings {
  return {
    steps: new Map(allSteps(plan.steps).map((step) => [step.id, step])),
    scopes: { '': { vars: plan.vars, values: { cluster: plan.cluster } } },
  };
}

/** The names that a step sees: a recipe's steps see the recipe's parameters and names, all others the scenario's. */
export function namesAt(bindings: Bindings, stepId: string): Names {
  return bindings.scopes[scopeOf(stepId)] ?? { vars: {}, values: {} };
}

/**
 * Takes one event in. `mark` gives the mark's point; `step-ended` gives a named step's (and a mark's) fields; the
 * `step-started` of a recipe opens its scope, its selectors being the hosts that `resolved` says they meant. Other events
 * change nothing. A recipe's parameter whose value is unknown stays unknown inside.
 */
export function bind(bindings: Bindings, event: Event): Bindings {
  if (event.type === 'mark') {
    const { lsn, xid, time, name, timeline, wal, systemId, row } = event;
    return named(bindings, '', name, { lsn, xid, time, name, timeline, wal, 'system-id': systemId, row });
  }
  if (event.type === 'step-ended') {
    const name = bindings.steps.get(event.step)?.name;
    return name === undefined ? bindings : named(bindings, scopeOf(event.step), name, resultFields(event.result));
  }
  if (event.type === 'step-started') {
    const step = bindings.steps.get(event.step);
    return step?.verb === 'recipe' && event.skipped === undefined ? openRecipe(bindings, step, event.resolved) : bindings;
  }
  return bindings;
}

function named(bindings: Bindings, scope: string, name: string, fields: Readonly<Record<string, Value>>): Bindings {
  const names = bindings.scopes[scope] ?? { vars: {}, values: {} };
  const before = names.values[name];
  const merged = { ...(isMap(before) ? before : {}), ...fields };
  return { ...bindings, scopes: { ...bindings.scopes, [scope]: { ...names, values: { ...names.values, [name]: merged } } } };
}

function resultFields(result: StepResult): Readonly<Record<string, Value>> {
  return {
    ...(result.exit === undefined ? {} : { exit: result.exit }),
    ...(result.sqlstate === undefined ? {} : { sqlstate: result.sqlstate }),
    ...(result.stdout === undefined ? {} : { stdout: result.stdout.replace(/\n$/, '') }),
    ...(result.stderr === undefined ? {} : { stderr: result.stderr.replace(/\n$/, '') }),
    ...result.fields,
  };
}

function openRecipe(
  bindings: Bindings,
  step: Extract<PlannedStep, { verb: 'recipe' }>,
  resolved: Readonly<Record<string, readonly string[]>>,
): Bindings {
  const caller = namesAt(bindings, step.id);
  const values: Record<string, Value> = { cluster: caller.values.cluster ?? null };
  for (const [name, param] of Object.entries(step.args.params)) {
    const value = expand(param.value, caller);
    if (!value.ok) continue;
    if (!param.selector) {
      values[name] = value.value;
      continue;
    }
    const hosts = resolved[selectorText(value.value as string | readonly string[])];
    if (hosts) values[name] = hosts.length === 1 ? (hosts[0] as string) : [...hosts];
  }
  return { ...bindings, scopes: { ...bindings.scopes, [step.id]: { vars: {}, values } } };
}
