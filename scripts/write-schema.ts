/** Writes scenarios/scenario.schema.json from the schemas that scenario files are checked with. */
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { scenarioJsonSchema } from '../lab/scenario/json-schema.ts';

const file = resolve('scenarios/scenario.schema.json');
await writeFile(file, `${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`);
console.log(`wrote ${file}`);
