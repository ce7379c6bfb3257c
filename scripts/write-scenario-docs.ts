/** Writes the generated pages of docs/: the scenario reference, and what the default lab is. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectFolder } from '../lab/core/project.ts';
import { renderReference } from '../lab/scenario/reference.ts';
import { renderDefaultLab } from '../lab/topology/default-lab.ts';

const pages = { 'scenario-reference.md': renderReference(), 'default-lab.md': renderDefaultLab() };

await mkdir(join(projectFolder, 'docs'), { recursive: true });
for (const [name, text] of Object.entries(pages)) {
  await writeFile(join(projectFolder, 'docs', name), text);
  process.stdout.write(`wrote docs/${name}\n`);
}
