/** What planning knows at a place of a file, and what it gathers on its way: mistakes, advice, texts, recipes, drafts. */
import type { Value } from '../core/event.ts';
import type { Problem } from '../core/problem.ts';
import type { Blueprint } from '../topology/blueprint.ts';
import type { draft } from '../topology/draft.ts';
import type { TrainCatalogue } from '../topology/host-images.ts';
import type { BrokenSteps, RecipeSource, Scenario } from './scenario.ts';
import type { Mistake } from './schema-problems.ts';
import type { SourceText, YamlSource } from './yaml-source.ts';

export interface PlanOptions {
  /** Release trains, from `images/versions.yaml`. */
  readonly catalogue: TrainCatalogue;
  /** The text of `scenarios/recipes/NAME.yaml`; undefined where there is none. Recipes that are built in are known anyway. */
  readonly loadRecipe?: (name: string) => SourceText | undefined;
}

/** Of one file. */
export interface Collector {
  readonly options: PlanOptions;
  readonly problems: Problem[];
  readonly advice: Problem[];
  readonly sources: Map<string, string>;
  readonly recipes: Map<string, RecipeSource | undefined>;
  /** Drafts by the lab's text: variants mostly share one. */
  readonly blueprints: Map<string, ReturnType<typeof draft>>;
}

export function startCollecting(options: PlanOptions): Collector {
  return { options, problems: [], advice: [], sources: new Map(), recipes: new Map(), blueprints: new Map() };
}

/** A mistake with its place in the file. */
export function place(yaml: YamlSource, { message, path, key, hint }: Mistake): Problem {
  return { message, file: yaml.file, span: key ? yaml.keySpanOf(path) : yaml.spanOf(path), ...(hint === undefined ? {} : { hint }) };
}

/** Of the steps of one variant, or of one recipe that they call. */
export interface PlanScope {
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

/** The same mistake counts once. */
export function distinct(problems: readonly Problem[]): readonly Problem[] {
  const seen = new Set<string>();
  return problems.filter((problem) => {
    const key = JSON.stringify([problem.file, problem.span, problem.message]);
    return !seen.has(key) && seen.add(key);
  });
}
