/** Reads the configurations back that a run folder keeps. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { runFiles } from './run-folder.ts';

/** As they were rendered for each host; none where the folder keeps none. */
export function readConfigs(folder: string): readonly { readonly host: string; readonly path: string; readonly text: string }[] {
  const configs = join(folder, runFiles.configs);
  if (!existsSync(configs)) return [];
  return readdirSync(configs, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(configs, path)).isFile())
    .sort()
    .map((file) => {
      const [host = '', ...path] = file.split(sep);
      return { host, path: `/${path.join('/')}`, text: readFileSync(join(configs, file), 'utf8') };
    });
}
