/** Release trains as `images/versions.yaml` lists them. Knows what each should carry; an image's labels say what it does. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { UsageError } from '../core/problem.ts';
import type { ProgramName } from '../topology/blueprint.ts';
import { carries } from '../topology/host-images.ts';
import { programNames } from '../topology/overlay.ts';
import { imagesFolder } from './recipe.ts';

const trainSchema = z.strictObject({
  /** The Debian release, as its mirrors name it. */
  suite: z.string().regex(/^[a-z]+$/),
  /** PostgreSQL's major version. */
  postgresql: z.number().int(),
  /** Version prefixes: `4.1` is met by 4.1 and by 4.1.5. */
  expected: z.strictObject(Object.fromEntries(programNames.map((name) => [name, z.string()])) as Record<ProgramName, z.ZodString>),
});
const trainsSchema = z.strictObject({ default: z.string(), trains: z.record(z.string().regex(/^[a-z][a-z0-9]*$/), trainSchema) });

export interface Train extends z.infer<typeof trainSchema> {
  readonly name: string;
}

export interface Trains {
  readonly default: string;
  readonly trains: Readonly<Record<string, Train>>;
}

/** Throws ZodError or YAMLParseError: the file is the project's own. */
export function parseTrains(text: string): Trains {
  const file = trainsSchema.parse(parse(text));
  return {
    default: file.default,
    trains: Object.fromEntries(Object.entries(file.trains).map(([name, train]) => [name, { name, ...train }])),
  };
}

let read: Trains | undefined;

export function readTrains(): Trains {
  read ??= parseTrains(readFileSync(join(imagesFolder(), 'versions.yaml'), 'utf8'));
  return read;
}

/** Throws UsageError where there is no such train. */
export function trainNamed(name: string, { trains } = readTrains()): Train {
  const train = trains[name];
  if (!train)
    throw new UsageError(`unknown train ${JSON.stringify(name)}`, { hint: `images/versions.yaml has ${Object.keys(trains).join(', ')}` });
  return train;
}

/** The train to take this version of a program from. Throws UsageError where none has it. */
export function trainCarrying(program: ProgramName, version: string, { trains } = readTrains()): Train {
  const found = Object.values(trains).find((train) => carries(train, program, version));
  if (!found) throw new UsageError(`no train carries ${program} ${version}`);
  return found;
}
