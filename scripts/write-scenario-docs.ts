/** Writes docs/scenario-reference.md from the schemas that scenario files are checked with. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { renderReference } from '../lab/scenario/reference.ts';

const file = resolve('docs/scenario-reference.md');
await mkdir(dirname(file), { recursive: true });
await writeFile(file, renderReference());
console.log(`wrote ${file}`);
