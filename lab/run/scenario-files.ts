/** Finds scenario files by name and reads them, recipes included. */
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import type { Value } from '../core/event.ts';
import { UsageError } from '../core/problem.ts';
import { projectFolder } from '../core/project.ts';
import { readTrains } from '../engine/trains.ts';
import type { Plan, StepOf } from '../scenario/plan.ts';
import { type Planned, readScenario } from '../scenario/plan-scenario.ts';
import type { RawStep } from '../scenario/typed-step.ts';
import { isHealed, type VerbName } from '../scenario/verbs/verbs.ts';
import type { SourceText } from '../scenario/yaml-source.ts';
import { didYouMean } from '../topology/topology-problem.ts';
import type { EffectVerb } from './effects/effect.ts';
import { runFiles } from './run-folder.ts';

const scenarioFolder = join(projectFolder, 'scenarios');

/** The project's scenarios: names as `lab:replay` takes them, `standby-rebuild` or `issues/pgbackrest-2323`. */
export function scenarioNames(): string[] {
  return ['', 'issues']
    .flatMap((folder) =>
      readdirSync(join(scenarioFolder, folder), { withFileTypes: true }).flatMap((entry) =>
        entry.isFile() && entry.name.endsWith('.yaml') ? [join(folder, entry.name.slice(0, -'.yaml'.length))] : [],
      ),
    )
    .sort();
}

/** The path of the project's scenario of that name. */
function projectFile(name: string): string | undefined {
  return [join(scenarioFolder, `${name}.yaml`), join(scenarioFolder, 'issues', `${name}.yaml`)].find((path) => existsSync(path));
}

/** A file by the project's name for it, or by its path. Throws UsageError where there is none. */
export function readScenarioFile(name: string): SourceText {
  const path = projectFile(name) ?? (existsSync(name) && !name.endsWith('/') ? name : undefined);
  if (path === undefined) {
    if (/\.(ya?ml|tar\.gz)$/.test(name))
      throw new UsageError(`there is no file ${name}`, {
        hint: "the project's scenarios go by name: npm run lab:replay -- --list shows all",
      });
    const hint = variantHint(name) ?? didYouMean(name, scenarioNames());
    throw new UsageError(`there is no scenario ${JSON.stringify(name)}`, { hint: `${hint}; npm run lab:replay -- --list shows all` });
  }
  try {
    return { file: shortPath(path), text: readFileSync(path, 'utf8') };
  } catch (error) {
    throw new UsageError(`${name} cannot be read: ${(error as Error).message}`);
  }
}

/** For a variant that is asked for as people write it: `standby-rebuild/mutant`, `standby-rebuild:mutant`, `standby-rebuild (mutant)`. */
function variantHint(name: string): string | undefined {
  const { scenario = '', variant } = /^(?<scenario>.+?)(?:[/:]| *\()(?<variant>[\w-]+)\)?$/.exec(name)?.groups ?? {};
  return projectFile(scenario) === undefined ? undefined : `a variant has an option of its own: ${scenario} --variant ${variant}`;
}

/** Each file once, in the order of the names, however often and by whichever of its names it is asked for; of a folder, all that are in it. */
export function readScenarioFiles(names: readonly string[]): SourceText[] {
  const files = names.flatMap((name) => (isFolder(name) ? filesIn(name) : [name])).map(readScenarioFile);
  return [...new Map(files.map((source) => [source.file, source])).values()];
}

/** A folder that happens to be called as one of the project's scenarios is not meant. */
function isFolder(name: string): boolean {
  return projectFile(name) === undefined && (statSync(name, { throwIfNoEntry: false })?.isDirectory() ?? false);
}

/** Recipes are no scenarios, nor is the copy that a run keeps. Throws UsageError where there is none. */
function filesIn(folder: string): string[] {
  const all = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file));
  const runs = all.filter((file) => basename(file) === runFiles.history).map((file) => `${dirname(file)}${sep}`);
  const files = all
    .filter((file) => /\.ya?ml$/.test(file) && basename(dirname(file)) !== 'recipes' && !runs.some((run) => file.startsWith(run)))
    .sort();
  if (files.length === 0) throw new UsageError(`there is no scenario in ${folder}`, { hint: 'npm run lab:replay -- --list shows all' });
  return files;
}

/** A scenario with its variants planned, and the texts of the recipes' files that were read for it. */
export interface PlannedFile extends Planned {
  readonly recipes: Readonly<Record<string, string>>;
}

/** Parses and plans a scenario with the project's trains and recipes, of which `recipes` (texts by name) take the place. */
export function planFile(
  source: SourceText,
  variants?: readonly string[],
  recipes: Readonly<Record<string, SourceText>> = {},
): PlannedFile {
  const read: Record<string, string> = {};
  const loadRecipe = (name: string) => {
    const recipe = Object.hasOwn(recipes, name) ? recipes[name] : projectRecipe(name);
    if (recipe) read[name] = recipe.text;
    return recipe;
  };
  return { ...readScenario(source, { catalogue: readTrains(), loadRecipe }, variants), recipes: read };
}

/** Verbs that a run has one of, or whose sense is a plan around them. */
const plannedOnly: readonly VerbName[] = ['workload', 'mark', 'snapshot', 'fork', 'expect', 'recipe'];

/** One step that is carried out by hand in the middle of a plan's run, where `values` are known; or why it cannot be. */
export function planTyped(
  plan: Plan,
  typed: RawStep,
  values: Readonly<Record<string, Value>>,
): { readonly step: StepOf<EffectVerb>; readonly problem?: never } | { readonly step?: never; readonly problem: string } {
  const { cluster: _, ...vars } = { ...plan.vars, ...values };
  // Of the scenario's own faults, heal has to know the names.
  const named =
    typed.heal === undefined ? [] : plan.steps.flatMap(({ verb, name }) => (name !== undefined && isHealed(verb) ? [name] : []));
  const text = JSON.stringify({
    ...{ scenario: 'typed', proves: 'nothing', sources: ['talk: none'], lab: plan.lab },
    vars: Object.fromEntries(Object.entries(vars).filter(([name]) => !named.includes(name))),
    steps: [...named.map((as) => ({ freeze: 'all', as })), typed],
  });
  const { plans, problems } = planFile({ file: 'typed', text });
  const step = plans[0]?.steps.at(-1);
  if (!step) return { problem: problems.map(({ message, hint }) => `${message}${hint === undefined ? '' : `\n  ${hint}`}`).join('\n') };
  if (plannedOnly.includes(step.verb)) return { problem: `${step.verb} is for the scenario's own steps` };
  return { step: { ...(step as StepOf<EffectVerb>), id: `by-hand-${randomBytes(3).toString('hex')}`, background: false } };
}

function projectRecipe(name: string): SourceText | undefined {
  const path = join(scenarioFolder, 'recipes', `${name}.yaml`);
  return existsSync(path) ? { file: shortPath(path), text: readFileSync(path, 'utf8') } : undefined;
}

/** As the user would type it from here, where that is shorter. */
function shortPath(path: string): string {
  const here = relative(process.cwd(), path);
  return here.startsWith('..') ? path : here;
}
