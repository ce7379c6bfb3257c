/** The scenario in a bundle, with the recipes as they were when it was recorded. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SourceText } from '../../scenario/yaml-source.ts';
import { readRun } from '../judge-folder.ts';
import { runFiles } from '../run-folder.ts';
import { isBundle, withRunFolder } from './read-bundle.ts';

export interface BundledScenario {
  readonly source: SourceText;
  /** By name. */
  readonly recipes: Readonly<Record<string, SourceText>>;
  /** The variant that was recorded. */
  readonly variant: string;
}

/** undefined where `path` is no bundle. Throws UsageError where it is one that cannot be read. */
export async function readBundledScenario(path: string): Promise<BundledScenario | undefined> {
  if (!(await isBundle(path))) return undefined;
  return withRunFolder(path, async (folder) => {
    const { plan, source } = readRun(folder, path);
    return {
      source: { file: plan.file, text: source },
      recipes: await readRecipes(join(folder, runFiles.recipes), path),
      variant: plan.variant,
    };
  });
}

async function readRecipes(folder: string, bundle: string): Promise<Readonly<Record<string, SourceText>>> {
  const names = await readdir(folder).catch(() => []);
  const texts = names
    .filter((name) => name.endsWith('.yaml'))
    .map(
      async (name) =>
        [
          name.slice(0, -'.yaml'.length),
          { file: `${bundle}:${runFiles.recipes}/${name}`, text: await readFile(join(folder, name), 'utf8') },
        ] as const,
    );
  return Object.fromEntries(await Promise.all(texts));
}
