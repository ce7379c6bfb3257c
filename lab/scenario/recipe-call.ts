/** A recipe that a step calls: which file it is, and what its parameters are in this call. */
import type { Value } from '../core/event.ts';
import { didYouMean } from '../topology/topology-problem.ts';
import { builtinRecipes } from './builtin-recipes.ts';
import { expand } from './expand.ts';
import { parseRecipe } from './parse.ts';
import type { RecipeParam } from './plan.ts';
import { type Collector, type PlanScope, place } from './plan-scope.ts';
import type { Known } from './reference-check.ts';
import type { ParsedStep, RecipeSource } from './scenario.ts';
import type { Mistake } from './schema-problems.ts';
import { selectorText } from './selector.ts';
import { checkSelector } from './selector-check.ts';

/** A call that can be planned: its parameters, and the recipe's steps with what is known in there. */
export interface RecipeCall {
  readonly name: string;
  readonly title: string;
  readonly params: Readonly<Record<string, RecipeParam>>;
  /** Without those that its parameters rule out. */
  readonly steps: readonly ParsedStep[];
  readonly known: Map<string, Known>;
  readonly scope: PlanScope;
}

/** Where the recipe cannot be used, there are no steps. */
export function callRecipe(step: Extract<ParsedStep, { readonly verb: 'recipe' }>, scope: PlanScope): RecipeCall {
  const { name, params: given } = step.args;
  const empty = { name, title: `recipe ${name}`, params: {}, steps: [], known: new Map(), scope };
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
  const steps = recipe.steps.filter((inner) =>
    Object.entries(inner.when?.params ?? {}).every(([key, value]) => isParam(inner, key, value, constants, recipe, scope.collector)),
  );
  const shown = Object.entries(given).map(([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return { name, title: `recipe ${name}${shown.length > 0 ? ` (${shown.join(', ')})` : ''}`, params, steps, known, scope: inside };
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
