/**
 * From a Scenario to one Plan a variant, with every mistake that can be seen without a lab: names, hosts, recipes, and claims
 * that could not fail. Pure: recipes and the catalogue of trains come in as arguments.
 */
import type { Value } from '../core/event.ts';
import type { Problem } from '../core/problem.ts';
import { didYouMean } from '../topology/topology-problem.ts';
import { adviseOnLine, checkLine, linesOf } from './line-check.ts';
import { parseScenario } from './parse.ts';
import type { Plan, PlannedStep } from './plan.ts';
import { planLine } from './plan-clauses.ts';
import { draftLab, planLab } from './plan-lab.ts';
import { type Collector, distinct, type PlanOptions, type PlanScope, place, startCollecting } from './plan-scope.ts';
import { planSteps } from './plan-steps.ts';
import { checkReferences, type Known } from './reference-check.ts';
import type { ParsedStep, ParsedVariant, Scenario, WhenSource } from './scenario.ts';
import { checkSelector } from './selector-check.ts';
import { adviseOnSettings } from './settings-advice.ts';
import { runsProgram } from './verbs/verbs.ts';
import { isForVariant } from './version-range.ts';
import { checkWholeRun, type StepPlace } from './whole-run-check.ts';
import { type Path, type SourceText, valueAt } from './yaml-source.ts';

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
  if (scenario.broken.count + scenario.broken.claims === 0)
    adviseOnTwins(
      plans.flatMap((plan) => plan ?? []),
      scenario,
      collector,
    );
  if (!plans.includes(undefined))
    adviseOnContrast(
      plans.filter((plan) => plan !== undefined),
      scenario,
      collector,
    );
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
  for (const step of steps) {
    checkVariantNames(step.when, [...step.path, 'when'], scenario, collector);
    for (const { line, path } of linesOf(step)) checkVariantNames(line.when, [...path, 'when'], scenario, collector);
  }
  const scope: PlanScope = { vars, variant: variant.name, blueprint, broken: scenario.broken, collector, used, inRecipes: [], scenario };
  const known = new Map<string, Known>([
    ['cluster', { kind: 'value' }],
    ...Object.entries(vars).map(([name, value]): [string, Known] => [name, { kind: 'var', value }]),
  ]);
  const planned = planSteps(steps, 's', known, scope);
  for (const { line, path } of scenario.forbid)
    for (const mistake of [
      ...(line.on === undefined ? [] : checkSelector(line.on, [...path, 'on'], blueprint)),
      ...checkLine({ line, path, never: true }, blueprint),
    ])
      collector.problems.push(place(yaml, mistake));
  const forbid = scenario.forbid.flatMap(({ line, path }) => planLine(line, path, yaml, variant.name));
  for (const mistake of checkReferences(
    valueAt(yaml, ['forbid']),
    ['forbid'],
    { known, later: new Set(), elsewhere: new Map(), excused: scenario.broken.names, variant: variant.name },
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
  if (mustFail && !canFail(mustFail))
    collector.problems.push(
      place(yaml, {
        message: `must-fail names a ${mustFail.verb}, which never fails: what is not proven makes a run unknown`,
        path: [...variant.path, 'must-fail'],
        hint: 'name the expect that notices, or a step that runs a program',
      }),
    );
  const run = { variant: variant.name, path: variant.path, mutant: variant.mustFail !== undefined };
  if (scenario.broken.count === 0 && Array.isArray(valueAt(yaml, ['steps']))) {
    const { problems, advice } = checkWholeRun(planned, placesOf(steps, variant.name), run);
    collector.problems.push(...problems.map((mistake) => place(yaml, mistake)));
    // A claim that was left out may be what is missed.
    if (scenario.broken.claims === 0) collector.advice.push(...advice.map((mistake) => place(yaml, mistake)));
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
      : {
          mustFail: {
            name: mustFail.name,
            step: mustFail.id,
            span: yaml.spanOf([...variant.path, 'must-fail']),
            ...(variant.extends === undefined ? {} : { extends: variant.extends }),
          },
        }),
    needs: scenario.needs,
    allow: scenario.allow,
    forbid,
    steps: planned,
  };
}

/** Whether a step can come out as a failure, and not as unknown at worst (verdict/step-result.ts). */
function canFail({ verb, within }: PlannedStep): boolean {
  return verb === 'expect' || verb === 'recipe' || verb === 'workload' || runsProgram(verb) || within !== undefined;
}

/** A mutant in which nothing is changed would fail by chance alone. */
function adviseOnTwins(plans: readonly Plan[], scenario: Scenario, collector: Collector): void {
  const doing = ({ lab, vars, forbid, steps }: Plan) => {
    const { asked: _, ...built } = collector.blueprints.get(JSON.stringify(lab))?.blueprint ?? { asked: lab };
    return JSON.stringify([built, vars, forbid, steps]);
  };
  for (const mutant of plans.filter((plan) => plan.mustFail)) {
    const twin = plans.find((plan) => !plan.mustFail && doing(plan) === doing(mutant));
    const path = scenario.variants.find(({ name }) => name === mutant.variant)?.path ?? [];
    if (twin)
      collector.advice.push(
        place(scenario.yaml, {
          message: `the mutant ${mutant.variant} does exactly what ${twin.variant} does: one of them is sure not to pass`,
          path,
          key: true,
          hint: 'leave out the fault or the remedy in it: another lab or vars, or steps with when: { variant: ... }',
        }),
      );
  }
}

/** Where nobody else has the step, nobody knows whether it can be met (verdict/contrast.ts). */
function adviseOnContrast(plans: readonly Plan[], scenario: Scenario, collector: Collector): void {
  for (const { variant, mustFail, steps } of plans) {
    const named = steps.find(({ id }) => id === mustFail?.step);
    const others = plans.filter((plan) => !plan.mustFail || plan.variant === mustFail?.extends);
    if (!mustFail || !named || others.some((plan) => plan.steps.some(({ span }) => isSamePlace(span, named.span)))) continue;
    collector.advice.push(
      place(scenario.yaml, {
        message: `no variant that must pass has the step ${mustFail.name}: nothing shows that it can be met`,
        path: [...(scenario.variants.find(({ name }) => name === variant)?.path ?? []), 'must-fail'],
        hint: 'name a step that the mutant shares with a variant that passes it',
      }),
    );
  }
}

function isSamePlace(a: PlannedStep['span'], b: PlannedStep['span']): boolean {
  return a.start.line === b.start.line && a.start.column === b.start.column;
}

/** A var may serve one variant only, and stand among the shared ones. */
function isUsedElsewhere(scenario: Scenario, name: string): boolean {
  const text = JSON.stringify([scenario.yaml.value]);
  return text.includes(`\${${name}}`) || text.includes(`\${${name}.`);
}

function placesOf(steps: readonly ParsedStep[], variant: string): readonly StepPlace[] {
  return steps.filter((step) => isForVariant(step.when, variant)).map(({ path }) => ({ path }));
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

function adviseOnFile(scenario: Scenario, collector: Collector): void {
  const labs = [{ lab: scenario.lab, path: [] as Path }, ...scenario.variants];
  collector.advice.push(
    ...[
      ...labs.flatMap(({ lab, path }) => adviseOnSettings(lab, [...path, 'lab'])),
      ...scenario.forbid.flatMap(({ line, path }) => adviseOnLine(line, path)),
    ].map((mistake) => place(scenario.yaml, mistake)),
  );
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
