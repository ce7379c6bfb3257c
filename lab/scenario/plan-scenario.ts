/**
 * From a Scenario to one Plan a variant, with every mistake that can be seen without a lab: names, hosts, recipes, and claims
 * that could not fail. Pure: recipes and the catalogue of trains come in as arguments.
 */
import { type Millis, millis, parseDuration } from '../core/duration.ts';
import type { Value } from '../core/event.ts';
import type { Problem } from '../core/problem.ts';
import type { Blueprint } from '../topology/blueprint.ts';
import { draft, placeholders, type TrainCatalogue } from '../topology/draft.ts';
import { type LabObject, type LabSpec, labObjectSchema, mergeLab } from '../topology/overlay.ts';
import { didYouMean } from '../topology/topology-problem.ts';
import { builtinRecipes } from './builtin-recipes.ts';
import { expand } from './expand.ts';
import { expectations } from './expectations/expectations.ts';
import type { Line } from './line-pattern.ts';
import { parseRecipe, parseScenario } from './parse.ts';
import type { Clause, Plan, PlannedLine, PlannedStep, RecipeParam } from './plan.ts';
import { checkReferences, type Known, type Scope } from './reference-check.ts';
import type { BrokenSteps, ParsedClause, ParsedStep, ParsedVariant, RecipeSource, Scenario, WhenSource } from './scenario.ts';
import { check, type Mistake } from './schema-problems.ts';
import { selectorText } from './selector.ts';
import { checkSelector } from './selector-check.ts';
import { checkStep } from './step-check.ts';
import { commonFields, type Verb } from './verb.ts';
import { namesItself, verbs } from './verbs/verbs.ts';
import type { When } from './version-range.ts';
import { checkWholeRun, type StepPlace } from './whole-run-check.ts';
import type { Path, SourceText, YamlSource } from './yaml-source.ts';

export interface PlanOptions {
  /** Release trains, from `images/versions.yaml`. */
  readonly catalogue: TrainCatalogue;
  /** The text of `scenarios/recipes/NAME.yaml`; undefined where there is none. Recipes that are built in are known anyway. */
  readonly loadRecipe?: (name: string) => SourceText | undefined;
}

export interface Planned {
  /** Empty where there are problems. */
  readonly plans: readonly Plan[];
  /** Mistakes: the scenario cannot be run. */
  readonly problems: readonly Problem[];
  /** What makes a scenario weak but not wrong, such as having no mutant: `lab:lint` fails on it, a replay does not. */
  readonly advice: readonly Problem[];
  /** Texts of the files that problems are in, by name, for code frames. */
  readonly sources: Readonly<Record<string, string>>;
}

/** Parses and plans a scenario file. `variantNames` chooses among its variants; default all, in the order of the file. Never throws. */
export function readScenario(source: SourceText, options: PlanOptions, variantNames?: readonly string[]): Planned {
  const parsed = parseScenario(source);
  const sources = { [source.file]: source.text };
  if (!parsed.value) return { plans: [], problems: parsed.problems, advice: [], sources };
  const planned = planScenario(parsed.value, options, variantNames);
  const problems = [...parsed.problems, ...planned.problems];
  return { plans: problems.length > 0 ? [] : planned.plans, problems, advice: planned.advice, sources: { ...planned.sources, ...sources } };
}

/** Plans a parsed scenario. A mistake in shared steps is reported once, however many variants have it. Never throws. */
export function planScenario(scenario: Scenario, options: PlanOptions, variantNames?: readonly string[]): Planned {
  const collector = startCollecting(options);
  const names = scenario.variants.map((variant) => variant.name);
  for (const name of variantNames ?? []) {
    if (!names.includes(name))
      collector.problems.push({
        message: `${scenario.name} has no variant "${name}"`,
        file: scenario.yaml.file,
        hint: didYouMean(name, names),
      });
  }
  checkReserved(scenario, collector);
  for (const line of scenario.forbid) checkVariantNames(line.line.when, [...line.path, 'when'], scenario, collector);
  // Every variant is checked, whichever is asked for: a file is right or wrong as a whole.
  const plans = scenario.variants.map((variant) => planVariant(scenario, variant, collector));
  adviseOnFile(scenario, collector);
  const problems = distinct(collector.problems);
  return {
    plans:
      problems.length > 0
        ? []
        : plans.flatMap((plan) => (plan && (variantNames === undefined || variantNames.includes(plan.variant)) ? [plan] : [])),
    problems,
    advice: distinct(collector.advice),
    sources: Object.fromEntries(collector.sources),
  };
}

interface Collector {
  readonly options: PlanOptions;
  readonly problems: Problem[];
  readonly advice: Problem[];
  readonly sources: Map<string, string>;
  readonly recipes: Map<string, RecipeSource | undefined>;
  /** Drafts by the lab's text: variants mostly share one. */
  readonly blueprints: Map<string, ReturnType<typeof draft>>;
}

function startCollecting(options: PlanOptions): Collector {
  return { options, problems: [], advice: [], sources: new Map(), recipes: new Map(), blueprints: new Map() };
}

function place(yaml: YamlSource, { message, path, key, hint }: Mistake): Problem {
  return { message, file: yaml.file, span: key ? yaml.keySpanOf(path) : yaml.spanOf(path), ...(hint === undefined ? {} : { hint }) };
}

// Variants.

/** A variant and those that it extends, the outermost first; problems where one does not exist or extends itself. */
function chainOf(scenario: Scenario, variant: ParsedVariant, collector: Collector): readonly ParsedVariant[] {
  const chain: ParsedVariant[] = [variant];
  for (let current = variant; current.extends !== undefined; ) {
    const wanted: string = current.extends;
    const next = scenario.variants.find((other) => other.name === wanted);
    const path = [...current.path, 'extends'];
    if (!next) {
      collector.problems.push(
        place(scenario.yaml, {
          message: `no variant is named "${wanted}"`,
          path,
          hint: didYouMean(
            wanted,
            scenario.variants.map((other) => other.name).filter((name) => name !== current.name),
          ),
        }),
      );
      break;
    }
    if (chain.includes(next)) {
      collector.problems.push(place(scenario.yaml, { message: `the variant ${current.name} extends itself`, path }));
      break;
    }
    chain.unshift(next);
    current = next;
  }
  return chain;
}

function planVariant(scenario: Scenario, variant: ParsedVariant, collector: Collector): Plan | undefined {
  const { yaml } = scenario;
  const before = collector.problems.length;
  const chain = chainOf(scenario, variant, collector);
  const vars: Readonly<Record<string, Value>> = Object.assign({}, scenario.vars, ...chain.map((one) => one.vars));
  const used = new Set<string>();
  const lab = planLab(scenario, chain, vars, used, collector);
  const blueprint = lab && draftLab(scenario, chain, lab, collector);
  const steps = [...scenario.steps, ...chain.flatMap((one) => one.steps)];
  for (const step of steps) checkVariantNames(step.when, [...step.path, 'when'], scenario, collector);
  const scope: PlanScope = { vars, variant: variant.name, blueprint, broken: scenario.broken, collector, used, inRecipes: [], scenario };
  const known = new Map<string, Known>([
    ['cluster', { kind: 'value' }],
    ...Object.entries(vars).map(([name, value]): [string, Known] => [name, { kind: 'var', value }]),
  ]);
  const planned = planSteps(steps, 's', known, scope);
  const forbid = scenario.forbid.flatMap(({ line, path }) => planLine(line, path, yaml, variant.name));
  for (const mistake of checkReferences(
    mapAt(yaml, ['forbid']),
    ['forbid'],
    { known, later: new Set(), excused: scenario.broken.names },
    used,
  ))
    collector.problems.push(place(yaml, mistake));

  const mustFail = variant.mustFail === undefined ? undefined : planned.find((step) => step.name === variant.mustFail);
  if (variant.mustFail !== undefined && !mustFail && !scenario.broken.names.has(variant.mustFail)) {
    const names = planned.flatMap((step) => step.name ?? []);
    collector.problems.push(
      place(yaml, {
        message: `must-fail names "${variant.mustFail}", and no step of this variant is named so`,
        path: [...variant.path, 'must-fail'],
        hint: names.length > 0 ? didYouMean(variant.mustFail, names) : 'name a step with `as`',
      }),
    );
  }
  const run = { variant: variant.name, path: variant.path, mutant: variant.mustFail !== undefined };
  if (scenario.broken.count === 0 && Array.isArray(mapAt(yaml, ['steps']))) {
    const { problems, advice } = checkWholeRun(planned, placesOf(steps, variant.name), run);
    collector.problems.push(...problems.map((mistake) => place(yaml, mistake)));
    collector.advice.push(...advice.map((mistake) => place(yaml, mistake)));
    for (const name of Object.keys(vars)) {
      const holder = chain.findLast((one) => name in one.vars);
      if (!used.has(name) && !isUsedElsewhere(scenario, name))
        collector.advice.push(
          place(yaml, { message: `nothing uses the var ${name}`, path: [...(holder?.path ?? []), 'vars', name], key: true }),
        );
    }
  }
  if (!lab || collector.problems.length > before) return undefined;
  return {
    scenario: scenario.name,
    file: yaml.file,
    proves: scenario.proves,
    sources: scenario.sources,
    variant: variant.name,
    lab,
    cluster: blueprint?.clusters.find((cluster) => cluster.name === 'main')?.scope ?? 'demo',
    vars,
    ...(mustFail?.name === undefined
      ? {}
      : { mustFail: { name: mustFail.name, step: mustFail.id, span: yaml.spanOf([...variant.path, 'must-fail']) } }),
    needs: scenario.needs,
    allow: scenario.allow,
    forbid,
    steps: planned,
  };
}

/** A var may serve one variant only, and stand among the shared ones. */
function isUsedElsewhere(scenario: Scenario, name: string): boolean {
  const text = JSON.stringify([scenario.yaml.value]);
  return text.includes(`\${${name}}`) || text.includes(`\${${name}.`);
}

function mapAt(yaml: YamlSource, path: Path): Value {
  return path.reduce<Value>(
    (value, key) => (typeof value === 'object' && value !== null ? ((value as Record<string | number, Value>)[key] ?? null) : null),
    yaml.value,
  );
}

// The lab.

function planLab(
  scenario: Scenario,
  chain: readonly ParsedVariant[],
  vars: Readonly<Record<string, Value>>,
  used: Set<string>,
  collector: Collector,
): LabObject | undefined {
  const { yaml } = scenario;
  const known = new Map(Object.entries(vars).map(([name, value]): [string, Known] => [name, { kind: 'var', value }]));
  const layers: { readonly lab: Value; readonly path: Path }[] = [
    { lab: scenario.lab, path: ['lab'] },
    ...chain.flatMap((one) => (one.lab === undefined ? [] : [{ lab: one.lab, path: [...one.path, 'lab'] }])),
  ];
  if (layers.some(({ lab }) => typeof lab !== 'string' && (typeof lab !== 'object' || lab === null || Array.isArray(lab))))
    return undefined;
  const mistakes = layers
    .flatMap(({ lab, path }) => checkReferences(lab, path, { known, later: new Set(), excused: new Set() }, used))
    .map((mistake) => ({
      ...mistake,
      hint: `${mistake.hint === undefined ? '' : `${mistake.hint}; `}a lab is made before the first step and sees vars only`,
    }));
  if (mistakes.length > 0) {
    collector.problems.push(...mistakes.map((mistake) => place(yaml, mistake)));
    return undefined;
  }
  const merged = layers.map(({ lab }) => lab as LabSpec).reduce<LabObject>((first, second) => mergeLab(first, second), {});
  const filled = expand(merged, { vars, values: {} });
  if (!filled.ok) return undefined;
  const checked = check(labObjectSchema, filled.value as unknown as Value);
  if (checked.ok) return checked.value;
  collector.problems.push(
    ...checked.mistakes.map((mistake) => place(yaml, { ...mistake, path: labPath(yaml, chain, mistake.path, mistake.key) })),
  );
  return undefined;
}

/** The last layer that says something at a path of the merged lab. */
function labPath(yaml: YamlSource, chain: readonly ParsedVariant[], path: Path, key: true | undefined): Path {
  const layers = [...chain.toReversed().map((one) => [...one.path, 'lab']), ['lab']];
  for (let length = path.length; length > 0; length -= 1) {
    const found = layers.map((layer) => [...layer, ...path.slice(0, length)]).find((candidate) => yaml.has(candidate));
    if (found) return key && length < path.length ? found.slice(0, -1) : found;
  }
  return ['lab'];
}

function draftLab(scenario: Scenario, chain: readonly ParsedVariant[], lab: LabObject, collector: Collector): Blueprint | undefined {
  const text = JSON.stringify(lab);
  const drafted = collector.blueprints.get(text) ?? draft(lab, collector.options.catalogue, placeholders(lab));
  collector.blueprints.set(text, drafted);
  for (const { message, path, hint } of drafted.problems ?? []) {
    const at = labPath(scenario.yaml, chain, path, undefined);
    const isKey = typeof mapAt(scenario.yaml, at) === 'object';
    collector.problems.push(
      place(scenario.yaml, { message, path: at, ...(isKey ? { key: true as const } : {}), ...(hint === undefined ? {} : { hint }) }),
    );
  }
  return drafted.blueprint;
}

// Steps.

interface PlanScope {
  readonly vars: Readonly<Record<string, Value>>;
  readonly variant: string;
  readonly blueprint: Blueprint | undefined;
  readonly broken: BrokenSteps;
  readonly collector: Collector;
  readonly used: Set<string>;
  /** Recipes that this one is called from, outermost first; empty for the scenario's own steps. */
  readonly inRecipes: readonly string[];
  readonly scenario: Scenario;
  /** In a recipe: the parameters whose value is known without a lab. */
  readonly params?: Readonly<Record<string, Value>>;
}

function isMeant(step: ParsedStep, variant: string): boolean {
  return step.when?.variant === undefined || [step.when.variant].flat().includes(variant);
}

function placesOf(steps: readonly ParsedStep[], variant: string): readonly StepPlace[] {
  return steps.filter((step) => isMeant(step, variant)).map(({ path }) => ({ path }));
}

/** `known` is added to as names come to be. `prefix` is 's' for the scenario, 's7.' for a recipe called by s7. */
function planSteps(steps: readonly ParsedStep[], prefix: string, known: Map<string, Known>, scope: PlanScope): readonly PlannedStep[] {
  const meant = steps.filter((step) => isMeant(step, scope.variant));
  const names = meant.flatMap((step) => nameOf(step) ?? []);
  const planned: PlannedStep[] = [];
  for (const step of meant) {
    const id = `${prefix}${planned.length + 1}`;
    const later = new Set(names.filter((name) => !known.has(name)));
    planned.push(planStep(step, id, { known, later, excused: scope.broken.names }, scope));
    const name = nameOf(step);
    if (name !== undefined) defineName(name, step, known, scope);
  }
  return planned;
}

function nameOf(step: ParsedStep): string | undefined {
  return namesItself(step.verb) ? (step.args as { name: string }).name : step.as;
}

function defineName(name: string, step: ParsedStep, known: Map<string, Known>, scope: PlanScope): void {
  const path = [...step.path, namesItself(step.verb) ? step.verb : 'as'];
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
  const { effect, fields }: Verb<never> = verbs[step.verb] as unknown as Verb<never>;
  known.set(name, {
    kind: 'step',
    verb: step.verb,
    fields: [...Object.keys(commonFields), ...Object.keys(fields ?? {})],
    healed: effect?.healed === true,
    background: step.background,
  });
}

function planStep(step: ParsedStep, id: string, names: Scope, scope: PlanScope): PlannedStep {
  const { yaml, path, raw, verb } = step;
  const { collector } = scope;
  const add = (mistake: Mistake) => collector.problems.push(place(yaml, mistake));
  for (const mistake of checkReferences(raw, path, names, scope.used)) add(mistake);
  const name = nameOf(step);
  const clauses = verb === 'expect' ? planClauses(step, scope.variant) : [];
  for (const mistake of checkStep({ step, clauses, names, blueprint: scope.blueprint, inRecipe: scope.inRecipes.length > 0 })) add(mistake);
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
  if (verb === 'recipe') return { ...common, verb, ...planRecipe(step, id, scope) };
  const title = (verbs[verb].title as (args: unknown) => string)(step.args);
  return { ...common, verb, title, args: step.args } as PlannedStep;
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

function planWhen(when: WhenSource | undefined): When | undefined {
  if (!when) return undefined;
  const { variant: _variant, params: _params, at, ...versions } = when;
  return Object.keys(versions).length > 0 ? { versions, ...(at === undefined ? {} : { at }) } : undefined;
}

function planLine(line: Line, path: Path, yaml: YamlSource, variant: string): readonly PlannedLine[] {
  if (line.when?.variant !== undefined && ![line.when.variant].flat().includes(variant)) return [];
  const { when: source, ...rest } = line;
  const when = planWhen(source);
  return [{ ...rest, ...(when === undefined ? {} : { when }), span: yaml.spanOf(path) }];
}

function planClauses(step: ParsedStep, variant: string): readonly Clause[] {
  const { yaml } = step;
  return (step.args as readonly ParsedClause[]).flatMap(({ kind, path, claim }): readonly Clause[] => {
    const span = yaml.keySpanOf(path);
    const title = (expectations[kind].title as (claim: unknown) => string)(claim);
    if (kind !== 'log') return [{ kind, span, title, claim } as Clause];
    const { lines, never, ...rest } = claim as { lines: readonly Line[]; never: readonly Line[]; order: 'strict' | 'any' };
    const planned = {
      ...rest,
      lines: lines.flatMap((line, index) => planLine(line, [...path, 'lines', index], yaml, variant)),
      never: never.flatMap((line, index) => planLine(line, [...path, 'never', index], yaml, variant)),
    };
    return planned.lines.length + planned.never.length > 0 ? [{ kind, span, title, claim: planned }] : [];
  });
}

function checkVariantNames(when: WhenSource | undefined, path: Path, scenario: Scenario, collector: Collector): void {
  const names = scenario.variants.map((variant) => variant.name);
  for (const name of [when?.variant ?? []].flat()) {
    if (!names.includes(name))
      collector.problems.push(
        place(scenario.yaml, { message: `no variant is named "${name}"`, path: [...path, 'variant'], hint: didYouMean(name, names) }),
      );
  }
}

function checkReserved(scenario: Scenario, collector: Collector): void {
  for (const { vars, path } of [{ vars: scenario.vars, path: [] as Path }, ...scenario.variants]) {
    if ('cluster' in vars)
      collector.problems.push(
        place(scenario.yaml, { message: 'the name cluster is built in', path: [...path, 'vars', 'cluster'], key: true }),
      );
  }
}

// Recipes.

function planRecipe(
  step: ParsedStep,
  id: string,
  scope: PlanScope,
): { readonly title: string; readonly args: Extract<PlannedStep, { verb: 'recipe' }>['args'] } {
  const { name, params: given } = step.args as { name: string; params: Readonly<Record<string, Value>> };
  const empty = { title: `recipe ${name}`, args: { name, params: {}, steps: [] } };
  const path = [...step.path, 'recipe', name];
  const add = (mistake: Mistake) => scope.collector.problems.push(place(step.yaml, mistake));
  const recipe = loadRecipe(name, scope.collector);
  if (!recipe) {
    if (!scope.collector.recipes.has(name))
      add({ message: `no recipe is named "${name}"`, path, key: true, hint: didYouMean(name, Object.keys(builtinRecipes)) });
    return empty;
  }
  if (scope.inRecipes.includes(name)) {
    add({ message: `the recipe ${name} calls itself`, path, key: true });
    return empty;
  }
  for (const key of Object.keys(given)) {
    if (!(key in recipe.params))
      add({
        message: `the recipe ${name} has no parameter "${key}"`,
        path: [...path, key],
        key: true,
        hint: didYouMean(key, Object.keys(recipe.params)),
      });
  }
  const params: Record<string, RecipeParam> = {};
  const constants: Record<string, Value> = {};
  for (const [key, spec] of Object.entries(recipe.params)) {
    const value = given[key] ?? spec.default;
    if (value === undefined) {
      add({ message: `the recipe ${name} needs ${key}: ${spec.about}`, path, key: true });
      continue;
    }
    if (spec.selector)
      for (const mistake of checkSelector(selectorText(value as string | readonly string[]), [...path, key], scope.blueprint)) add(mistake);
    const constant = spec.selector ? undefined : expand<Value>(value, { vars: scope.vars, values: scope.params ?? {} });
    if (spec.oneOf && constant?.ok && !spec.oneOf.includes(constant.value as never)) {
      add({
        message: `${key} of the recipe ${name} cannot be "${String(constant.value)}"`,
        path: [...path, key],
        hint: didYouMean(String(constant.value), spec.oneOf.map(String)),
      });
    }
    if (constant?.ok) constants[key] = constant.value;
    params[key] = { value: spec.selector ? selectorText(value as string | readonly string[]) : value, selector: spec.selector };
  }
  const known = new Map<string, Known>([
    ['cluster', { kind: 'value' }],
    ...Object.keys(recipe.params).map((key): [string, Known] => [key, { kind: 'value' }]),
  ]);
  const inside: PlanScope = {
    ...scope,
    vars: {},
    params: constants,
    inRecipes: [...scope.inRecipes, name],
    broken: recipe.broken,
    used: new Set(),
  };
  const meant = recipe.steps.filter((inner) =>
    Object.entries(inner.when?.params ?? {}).every(([key, value]) => isParam(inner, key, value, constants, recipe, scope.collector)),
  );
  const steps = planSteps(meant, `${id}.`, known, inside);
  const shown = Object.entries(given).map(([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return { title: `recipe ${name}${shown.length > 0 ? ` (${shown.join(', ')})` : ''}`, args: { name, params, steps } };
}

function isParam(
  step: ParsedStep,
  key: string,
  value: Value,
  constants: Readonly<Record<string, Value>>,
  recipe: RecipeSource,
  collector: Collector,
): boolean {
  const path = [...step.path, 'when', 'params', key];
  if (!(key in recipe.params))
    collector.problems.push(
      place(step.yaml, {
        message: `the recipe has no parameter "${key}"`,
        path,
        key: true,
        hint: didYouMean(key, Object.keys(recipe.params)),
      }),
    );
  else if (!(key in constants) && recipe.params[key]?.default === undefined)
    collector.problems.push(
      place(step.yaml, { message: `${key} is only known once the lab runs, and decides which steps there are`, path, key: true }),
    );
  return constants[key] === value;
}

/** undefined, and an entry in `recipes`, for one that has mistakes of its own; undefined without an entry for one that does not exist. */
function loadRecipe(name: string, collector: Collector): RecipeSource | undefined {
  if (collector.recipes.has(name)) return collector.recipes.get(name);
  const source = collector.options.loadRecipe?.(name) ?? builtinRecipes[name];
  if (!source) return undefined;
  collector.sources.set(source.file, source.text);
  const parsed = parseRecipe(source);
  collector.problems.push(...parsed.problems);
  const usable = parsed.problems.length === 0 ? parsed.value : undefined;
  if (usable && usable.name !== name)
    collector.problems.push(
      place(usable.yaml, { message: `the file of the recipe ${name} says it is "${usable.name}"`, path: ['recipe'] }),
    );
  collector.recipes.set(name, usable);
  return usable;
}

// Advice on the file as a whole.

function adviseOnFile(scenario: Scenario, collector: Collector): void {
  if (!scenario.variants.some((variant) => variant.mustFail !== undefined)) {
    collector.advice.push(
      place(scenario.yaml, {
        message: 'no variant must fail: nothing shows that this scenario can fail at all',
        path: scenario.yaml.has(['variants']) ? ['variants'] : [],
        key: true,
        hint: 'add a mutant: a variant in which the cause is absent, with must-fail: the step that notices',
      }),
    );
  }
  const base = scenario.yaml.file
    .split('/')
    .at(-1)
    ?.replace(/\.ya?ml$/, '');
  if (scenario.name !== '' && base !== scenario.name) {
    collector.advice.push(
      place(scenario.yaml, {
        message: `the scenario ${scenario.name} is in a file named ${base}`,
        path: ['scenario'],
        hint: "scenarios are found by their file's name: make them the same",
      }),
    );
  }
}

function distinct(problems: readonly Problem[]): readonly Problem[] {
  const seen = new Set<string>();
  return problems.filter((problem) => {
    const key = JSON.stringify([problem.file, problem.span, problem.message]);
    return !seen.has(key) && seen.add(key);
  });
}
