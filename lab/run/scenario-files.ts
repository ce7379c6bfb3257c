/** Finds scenario files by name and reads them, recipes included. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { UsageError } from '../core/problem.ts';
import { projectFolder } from '../core/project.ts';
import { readTrains } from '../engine/trains.ts';
import { type Planned, readScenario } from '../scenario/plan-scenario.ts';
import type { SourceText } from '../scenario/yaml-source.ts';
import { didYouMean } from '../topology/topology-problem.ts';

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

/** A file by the project's name for it, or by its path. Throws UsageError where there is none. */
export function readScenarioFile(name: string): SourceText {
  const candidates = [join(scenarioFolder, `${name}.yaml`), join(scenarioFolder, 'issues', `${name}.yaml`), name];
  const path = candidates.find((each) => existsSync(each) && !each.endsWith('/'));
  if (path === undefined) {
    throw new UsageError(`there is no scenario ${JSON.stringify(name)}`, {
      hint: `${didYouMean(name, scenarioNames())}; npm run lab:replay -- --list shows all`,
    });
  }
  try {
    return { file: shortPath(path), text: readFileSync(path, 'utf8') };
  } catch (error) {
    throw new UsageError(`${name} cannot be read: ${(error as Error).message}`);
  }
}

/** Each file once, in the order of the names, however often and by whichever of its names it is asked for. */
export function readScenarioFiles(names: readonly string[]): SourceText[] {
  return [...new Map(names.map(readScenarioFile).map((source) => [source.file, source])).values()];
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

function projectRecipe(name: string): SourceText | undefined {
  const path = join(scenarioFolder, 'recipes', `${name}.yaml`);
  return existsSync(path) ? { file: shortPath(path), text: readFileSync(path, 'utf8') } : undefined;
}

/** As the user would type it from here, where that is shorter. */
function shortPath(path: string): string {
  const here = relative(process.cwd(), path);
  return here.startsWith('..') ? path : here;
}
