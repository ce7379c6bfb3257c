/** The steps of one variant, with ids, and with every mistake in their names, arguments and claims. */
import { type Millis, millis, parseDuration } from '../core/duration.ts';
import { isMap, type Value } from '../core/event.ts';
import { expand } from './expand.ts';
import type { PlannedStep } from './plan.ts';
import { planClauses, planWhen } from './plan-clauses.ts';
import { type PlanScope, place } from './plan-scope.ts';
import { callRecipe } from './recipe-call.ts';
import { checkReferences, type Known, type Scope } from './reference-check.ts';
import type { ParsedStep } from './scenario.ts';
import type { Mistake } from './schema-problems.ts';
import { selectorText } from './selector.ts';
import { adviseOnStep, checkStep } from './step-check.ts';
import { commonFields, type Verb } from './verb.ts';
import { isHealed, namesItself, verbs } from './verbs/verbs.ts';
import { isForVariant } from './version-range.ts';

/** `known` is added to as names come to be. `prefix` is 's' for the scenario, 's7.' for a recipe called by s7. */
export function planSteps(
  steps: readonly ParsedStep[],
  prefix: string,
  known: Map<string, Known>,
  scope: PlanScope,
): readonly PlannedStep[] {
  const meant = steps.filter((step) => isForVariant(step.when, scope.variant));
  const names = meant.flatMap((step) => nameOf(step) ?? []);
  const elsewhere = new Map(
    steps.flatMap((step) => {
      const name = meant.includes(step) ? undefined : nameOf(step);
      return name === undefined ? [] : [[name, step.span.start.line] as const];
    }),
  );
  const planned: PlannedStep[] = [];
  for (const step of meant) {
    const id = `${prefix}${planned.length + 1}`;
    const later = new Set(names.filter((name) => !known.has(name)));
    planned.push(planStep(step, id, { known, later, elsewhere, excused: scope.broken.names, variant: scope.variant }, scope));
    const name = nameOf(step);
    if (name !== undefined) defineName(name, step, known, scope);
  }
  return planned;
}

function nameOf(step: ParsedStep): string | undefined {
  return namesItself(step) ? step.args.name : step.as;
}

function defineName(name: string, step: ParsedStep, known: Map<string, Known>, scope: PlanScope): void {
  const path = [...step.path, namesItself(step) ? step.verb : 'as'];
  if (known.has(name) && !scope.broken.names.has(name)) {
    const before = known.get(name);
    const what =
      name === 'cluster' ? 'built in' : before?.kind === 'var' ? 'a var' : before?.kind === 'value' ? 'a parameter' : 'an earlier step';
    scope.collector.problems.push(
      place(step.yaml, {
        message: `the name ${name} is taken: it is ${what}`,
        path,
        hint: 'vars, marks and named steps share their names',
      }),
    );
    return;
  }
  if (name === 'now' || name === 'all')
    scope.collector.problems.push(
      place(step.yaml, { message: `the name ${name} has a meaning of its own`, path, hint: 'choose another one' }),
    );
  const { fields }: Verb<never> = verbs[step.verb] as unknown as Verb<never>;
  known.set(name, {
    kind: 'step',
    verb: step.verb,
    fields: [...Object.keys(commonFields), ...Object.keys(fields ?? {})],
    healed: isHealed(step.verb),
    background: step.background,
  });
}

function planStep(step: ParsedStep, id: string, names: Scope, scope: PlanScope): PlannedStep {
  const { yaml, path, raw, verb } = step;
  const { collector } = scope;
  const add = (mistake: Mistake) => collector.problems.push(place(yaml, mistake));
  for (const mistake of checkReferences(raw, path, names, scope.used)) add(mistake);
  const name = nameOf(step);
  const clauses = step.verb === 'expect' ? planClauses(step, scope.variant) : [];
  const given = { step: withVars(step, scope), clauses, names, blueprint: scope.blueprint, inRecipe: scope.inRecipes.length > 0 };
  for (const mistake of checkStep(given)) add(mistake);
  collector.advice.push(...adviseOnStep(given).map((mistake) => place(yaml, mistake)));
  const within = durationOf(step, 'within', scope);
  const holdFor = durationOf(step, 'for', scope);
  const when = planWhen(step.when);
  const common = {
    id,
    ...(name === undefined ? {} : { name }),
    span: step.span,
    ...(yaml.file === scope.scenario.yaml.file ? {} : { file: yaml.file }),
    ...(within === undefined ? {} : { within }),
    ...(holdFor === undefined ? {} : { for: holdFor }),
    ...(when === undefined ? {} : { when }),
    ...(step.fails === undefined ? {} : { fails: step.fails }),
    background: step.background,
  };
  if (verb === 'expect') return { ...common, verb, title: `expect ${clauses.map((clause) => clause.title).join('; ')}`, args: { clauses } };
  if (step.verb === 'recipe') {
    const call = callRecipe(step, scope);
    const steps = planSteps(call.steps, `${id}.`, call.known, call.scope);
    return { ...common, verb: step.verb, title: call.title, args: { name: call.name, params: call.params, steps } };
  }
  const title = (verbs[verb].title as (args: unknown) => string)(step.args);
  return { ...common, verb, title, args: step.args } as PlannedStep;
}

/** What steps say of hosts and to programs, by key, and whether it may be a list. */
const filledBefore: Readonly<Record<string, 'text' | 'texts'>> = { on: 'texts', from: 'texts', to: 'texts', run: 'text', path: 'text' };

/** A step to be checked: what vars stand for is known already, where they refer to nothing that happens and are what belongs there. */
function withVars(step: ParsedStep, { vars, params }: PlanScope): ParsedStep {
  const filled = (value: Value, key: string): Value => {
    const kind = filledBefore[key];
    if (typeof value === 'string') {
      const known = kind && expand<Value>(value, { vars, values: params ?? {} });
      if (!known?.ok) return value;
      if (kind === 'texts' && Array.isArray(known.value) && known.value.every((one) => typeof one === 'string'))
        return selectorText(known.value);
      return typeof known.value === 'string' ? known.value : value;
    }
    if (Array.isArray(value)) return value.map((item: Value) => filled(item, key));
    return isMap(value) ? Object.fromEntries(Object.entries(value).map(([name, item]) => [name, filled(item, name)])) : value;
  };
  const args =
    step.verb === 'expect'
      ? step.args.map(({ claim, ...clause }) => ({ ...clause, claim: filled(claim as Value, '') }))
      : filled(step.args as Value, '');
  return { ...step, args } as ParsedStep;
}

function durationOf(step: ParsedStep, modifier: 'within' | 'for', scope: PlanScope): Millis | undefined {
  const source = step[modifier];
  if (source === undefined) return undefined;
  const filled = expand<Value>(source, { vars: scope.vars, values: scope.params ?? {} });
  try {
    if (filled.ok) return parseDuration(String(filled.value));
    scope.collector.problems.push(
      place(step.yaml, { message: `${modifier} is decided before the run: only vars can stand in it`, path: [...step.path, modifier] }),
    );
  } catch {
    scope.collector.problems.push(
      place(step.yaml, {
        message: `not a duration: ${String(filled.ok ? filled.value : source)}`,
        path: [...step.path, modifier],
        hint: 'write a number and ms, s, m or h, such as 30s',
      }),
    );
  }
  return millis(0);
}
