/** Says in the author's words what a schema does not like about a value, and where. Knows zod's issues; nothing of the language. */
import type { z } from 'zod';
import type { Value } from '../core/event.ts';
import { shorten } from '../core/shorten.ts';
import { didYouMean } from '../topology/topology-problem.ts';

/** A mistake at a path below the value that was checked. `key`: the path's last key itself is wrong. */
export interface Mistake {
  readonly message: string;
  readonly path: readonly (string | number)[];
  readonly key?: true;
  readonly hint?: string;
}

export type Checked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly mistakes: readonly Mistake[] };

/** Checks a value: its normalised form, or every mistake in it. */
export function check<Schema extends z.ZodType>(schema: Schema, value: Value | undefined): Checked<z.output<Schema>> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { ok: true, value: parsed.data };
  return { ok: false, mistakes: withoutEchoes(parsed.error.issues.flatMap((issue) => explain(issue, [], schema, value))) };
}

/** A map whose only key is misspelt is not also empty. */
function withoutEchoes(mistakes: readonly Mistake[]): readonly Mistake[] {
  const misspelt = new Set(
    mistakes.filter((one) => one.message.startsWith('unknown key')).map((one) => JSON.stringify(one.path.slice(0, -1))),
  );
  return mistakes.filter((one) => one.key === true || !misspelt.has(JSON.stringify(one.path)) || one.message.endsWith('is missing'));
}

type Issue = z.core.$ZodIssue;

function explain(issue: Issue, base: readonly (string | number)[], root: z.ZodType, value: Value | undefined): readonly Mistake[] {
  const path = [...base, ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))];
  const here = at(value, path);
  const last = path.at(-1);
  if (issue.code === 'unrecognized_keys') {
    const maps = schemasAt([root], path);
    const known = [...keysOf(maps), ...namesOf(maps)];
    return issue.keys.map((key) => ({
      message: `unknown key "${key}"`,
      path: [...path, key],
      key: true,
      ...hintFor(hintForKey(key, here, known)),
    }));
  }
  if (issue.code === 'invalid_union') return explainUnion(issue, path, root, value);
  if (issue.code === 'invalid_key' && 'issues' in issue) {
    return issue.issues
      .map((inner) => ({ ...split(inner.message), path, key: true as const }))
      .map((one) => ({ ...one, message: `"${last}": ${one.message}` }));
  }
  if (issue.code === 'invalid_type') {
    if (here === undefined && last !== undefined) return [{ message: `"${last}" is missing`, path: path.slice(0, -1) }];
    if (!issue.message.startsWith('Invalid input')) return [{ ...split(issue.message), path }];
    const message = `${words[issue.expected] ?? issue.expected} is expected here, not ${describe(here)}`;
    return [{ message, path, ...hintFor(descriptionAt(root, path)) }];
  }
  if (issue.code === 'invalid_value') {
    const known = issue.values.map(String);
    if (here === undefined && last !== undefined)
      return [{ message: `"${last}" is missing`, path: path.slice(0, -1), hint: `one of ${known.join(', ')}` }];
    // Only a key of the language says what stands under it: `preset`, and not a service's name.
    const named = keysOf(schemasAt([root], path.slice(0, -1))).includes(String(last));
    return typeof here === 'string'
      ? [{ message: `unknown ${named ? `${last} ` : ''}"${here}"`, path, hint: didYouMean(here, known) }]
      : [{ message: `one of ${known.join(', ')} is expected here, not ${describe(here)}`, path }];
  }
  if (issue.message.startsWith('Too ') && issue.code === 'too_small')
    return [{ message: `${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum} is expected here`, path }];
  if (issue.message.startsWith('Too ') && issue.code === 'too_big') return [{ message: `at most ${issue.maximum} is expected here`, path }];
  return [{ ...split(issue.message), path }];
}

/** Of a union's branches only the one that was meant is worth words: the one that the value's type fits, with the fewest mistakes. */
function explainUnion(
  issue: Extract<Issue, { code: 'invalid_union' }>,
  path: readonly (string | number)[],
  root: z.ZodType,
  value: Value | undefined,
): readonly Mistake[] {
  const here = at(value, path);
  const last = path.at(-1);
  if (here === undefined && last !== undefined) return [{ message: `"${last}" is missing`, path: path.slice(0, -1) }];
  const fitting = issue.errors
    .filter((branch) => branch.length > 0 && !branch.some((inner) => misfit(inner, here)))
    .sort((a, b) => a.length - b.length);
  const [best] = fitting;
  if (best) return best.flatMap((inner) => explain(inner, path, root, value));
  if (!issue.message.startsWith('Invalid input')) return [{ ...split(issue.message), path }];
  const expected = [...new Set(issue.errors.flatMap((branch) => branch.flatMap(expectedOf)))];
  return [{ message: `${expected.join(' or ')} is expected here, not ${describe(here)}`, path, ...hintFor(descriptionAt(root, path)) }];
}

function hintFor(hint: string | undefined): { readonly hint?: string } {
  return hint === undefined ? {} : { hint };
}

/** What other tools call it, in this one's words. */
const synonyms: Readonly<Record<string, readonly string[]>> = {
  'any-of': ['in', 'one-of', 'oneOf', 'anyOf'],
  above: ['gt', 'greater'],
  min: ['gte', 'ge'],
  below: ['lt', 'less'],
  max: ['lte', 'le'],
  not: ['ne', 'neq'],
  matches: ['contains', 'like', 'regex', 'match'],
  on: ['host', 'hosts', 'node', 'member'],
  run: ['query', 'command', 'cmd', 'args', 'script'],
  within: ['timeout', 'deadline'],
};

function hintForKey(key: string, map: Value | undefined, known: readonly string[]): string | undefined {
  if (isAfterComma(key, map)) return 'quote text that has a comma in it';
  const meant = known.find((name) => synonyms[name]?.includes(key));
  if (meant !== undefined) return `did you mean "${meant}"?`;
  return known.length > 0 ? didYouMean(key, known) : undefined;
}

/** In `{ patroni: promoted self, at last }` "at last" is a key of its own, which has no value. */
function isAfterComma(key: string, map: Value | undefined): boolean {
  return at(map, [key]) === null && /[^\w-]/.test(key);
}

/** The value is not of a branch's kind at all. */
function misfit(issue: Issue, here: Value | undefined): boolean {
  if (issue.path.length > 0) return false;
  if (issue.code === 'invalid_type') return true;
  // No word that stands for itself is a map or a number misspelt.
  if (issue.code === 'invalid_value') return !issue.values.some((word) => typeof word === typeof here);
  if (issue.code === 'invalid_union') return issue.errors.every((branch) => branch.some((inner) => misfit(inner, here)));
  return issue.message === 'a ${...} reference';
}

function expectedOf(issue: Issue): readonly string[] {
  if (issue.code === 'invalid_type') return [words[issue.expected] ?? issue.expected];
  if (issue.code === 'invalid_union') return issue.errors.flatMap((branch) => branch.flatMap(expectedOf));
  return issue.message === 'a ${...} reference' ? [issue.message] : [];
}

const words: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
  null: 'null',
};

function describe(value: Value | undefined): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  if (typeof value === 'string') return `the text "${shorten(value, 40)}"`;
  return typeof value === 'number' ? `the number ${value}` : String(value);
}

function split(message: string): { readonly message: string; readonly hint?: string } {
  const [first = message, ...hint] = message.split('\n');
  return hint.length > 0 ? { message: first, hint: hint.join(' ') } : { message: first };
}

function at(value: Value | undefined, path: readonly (string | number)[]): Value | undefined {
  return path.reduce<Value | undefined>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? (inner as Record<string | number, Value>)[key] : undefined),
    value,
  );
}

/** The schemas of what stands at a path. */
function schemasAt(schemas: readonly z.core.$ZodType[], path: readonly (string | number)[]): readonly z.core.$ZodType[] {
  const open = schemas.flatMap(unwrap);
  const [next, ...rest] = path;
  if (next === undefined) return open;
  return schemasAt(
    open.flatMap((schema) => partOf(schema, next)),
    rest,
  );
}

function partOf(schema: z.core.$ZodType, key: string | number): readonly z.core.$ZodType[] {
  const def = schema._zod.def as { type: string; valueType?: z.core.$ZodType; element?: z.core.$ZodType };
  if (isObject(schema)) return [schema._zod.def.shape[String(key)] ?? []].flat();
  if (def.type === 'record') return [def.valueType ?? []].flat();
  return def.type === 'array' ? [def.element ?? []].flat() : [];
}

/** What the language says of what belongs at a path. */
function descriptionAt(root: z.ZodType, path: readonly (string | number)[]): string | undefined {
  const last = path.at(-1);
  const around = last === undefined ? [root] : schemasAt([root], path.slice(0, -1)).flatMap((schema) => partOf(schema, last));
  return around.map(descriptionOf).find((description) => description !== undefined);
}

function descriptionOf(schema: z.core.$ZodType): string | undefined {
  const def = schema._zod.def as { in?: z.core.$ZodType; innerType?: z.core.$ZodType };
  const inner = def.in ?? def.innerType;
  return (schema as z.ZodType).description ?? (inner && descriptionOf(inner));
}

/** Keys of the language itself that a value may have where it is a map. */
export function knownKeys(schema: z.ZodType): readonly string[] {
  return keysOf(schemasAt([schema], []));
}

/** Keys of the language itself that maps have. */
function keysOf(schemas: readonly z.core.$ZodType[]): readonly string[] {
  return [...new Set(schemas.flatMap((schema) => (isObject(schema) ? Object.keys(schema._zod.def.shape) : [])))];
}

/** Names of which a map may have some as keys: services. */
function namesOf(schemas: readonly z.core.$ZodType[]): readonly string[] {
  return schemas.flatMap((schema) => {
    const { keyType } = schema._zod.def as { keyType?: { _zod: { def: { entries?: Readonly<Record<string, string>> } } } };
    return Object.values(keyType?._zod.def.entries ?? {});
  });
}

function isObject(schema: z.core.$ZodType): schema is z.core.$ZodObject {
  return schema._zod.def.type === 'object';
}

function unwrap(schema: z.core.$ZodType): readonly z.core.$ZodType[] {
  const def = schema._zod.def as { type: string; options?: readonly z.core.$ZodType[]; in?: z.core.$ZodType; innerType?: z.core.$ZodType };
  if (def.type === 'union') return (def.options ?? []).flatMap(unwrap);
  if (def.type === 'pipe' && def.in) return unwrap(def.in);
  return def.innerType ? unwrap(def.innerType) : [schema];
}
