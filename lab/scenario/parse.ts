/**
 * From a file's text to a Scenario or a recipe, with every mistake that can be seen without choosing a variant. Knows the
 * schemas and places; names, variants and hosts are `plan-scenario.ts`'s.
 */
import type { z } from 'zod';
import { isMap, type Value } from '../core/event.ts';
import type { Problem } from '../core/problem.ts';
import { didYouMean } from '../topology/topology-problem.ts';
import { type ExpectationKind, expectationKinds, expectations } from './expectations/expectations.ts';
import type { Line } from './line-pattern.ts';
import { stepOfCommand } from './program-commands.ts';
import type { ParsedClause, ParsedLine, ParsedStep, ParsedVariant, RecipeSource, Scenario } from './scenario.ts';
import { modifierNames, modifierSchema, recipeSchema, scenarioSchema, variantSchema } from './scenario-schema.ts';
import { check, knownKeys, type Mistake } from './schema-problems.ts';
import { type VerbName, verbNames, verbs } from './verbs/verbs.ts';
import { type Path, readYaml, type SourceText, type YamlReading, type YamlSource } from './yaml-source.ts';

/** `value` is there unless nothing sensible could be made of the file; its wrong steps are left out of it. */
export interface Parsed<T> {
  readonly value?: T;
  readonly problems: readonly Problem[];
}

/** Reads a scenario. All mistakes at once, in the order of the file; a file that is not YAML has its syntax errors only. Never throws. */
export function parseScenario(source: SourceText): Parsed<Scenario> {
  const reading = readYaml(source);
  const { yaml } = reading;
  if (isUnreadable(reading)) return { problems: orEmpty(source, reading.problems, 'scenario, proves, sources, lab and steps') };
  const reader = startReading(reading);
  const root = reader.map(yaml.value, []);
  if (!root) return { problems: reader.problems };
  const file = reader.check(scenarioSchema, root, []);
  const variants = Object.entries(reader.map(root.variants ?? {}, ['variants'], 'quiet') ?? {}).map(([name, variant]) =>
    readVariant(reader, name, variant),
  );
  return {
    problems: reader.problems,
    value: {
      yaml,
      name: textOf(root.scenario),
      proves: textOf(root.proves),
      sources: file?.sources ?? [],
      lab: root.lab ?? null,
      vars: plainMap(root.vars),
      needs: file?.needs ?? [],
      allow: file?.allow ?? [],
      forbid: (file?.forbid ?? []).map((line, index): ParsedLine => ({ line: line as Line, path: ['forbid', index] })),
      steps: readSteps(reader, root.steps, ['steps']),
      variants: variants.length > 0 ? variants : [{ name: 'default', path: [], vars: {}, steps: [] }],
      broken: reader.broken,
    },
  };
}

/** Reads a recipe file. As `parseScenario`. */
export function parseRecipe(source: SourceText): Parsed<RecipeSource> {
  const reading = readYaml(source);
  const { yaml } = reading;
  if (isUnreadable(reading)) return { problems: orEmpty(source, reading.problems, 'recipe, about and steps') };
  const reader = startReading(reading);
  const root = reader.map(yaml.value, []);
  if (!root) return { problems: reader.problems };
  const file = reader.check(recipeSchema, root, []);
  const params = Object.entries(file?.params ?? {}).map(([name, param]) => {
    const { about, selector } = param;
    const spec = {
      about,
      selector: selector ?? false,
      ...('default' in param ? { default: param.default as Value } : {}),
      ...(param['one-of'] ? { oneOf: param['one-of'] as Value[] } : {}),
    };
    return [name, spec] as const;
  });
  return {
    problems: reader.problems,
    value: {
      yaml,
      name: textOf(root.recipe),
      about: textOf(root.about),
      params: Object.fromEntries(params),
      steps: readSteps(reader, root.steps, ['steps']),
      broken: reader.broken,
    },
  };
}

/** Broken YAML reads as something else than was meant: what else is wrong with it would only confuse. A duplicate key does no such harm. */
function isUnreadable({ yaml, readable }: YamlReading): boolean {
  return yaml.value === null || !readable;
}

function orEmpty(source: SourceText, syntax: readonly Problem[], keys: string): readonly Problem[] {
  if (syntax.length > 0) return syntax;
  const start = { line: 1, column: 1 };
  return [{ message: 'the file is empty', file: source.file, span: { start, end: start }, hint: `it needs ${keys}` }];
}

/** What reading a file collects. `check` and `map` push problems and give undefined where there is nothing usable. */
interface Reader {
  readonly yaml: YamlSource;
  readonly problems: Problem[];
  readonly broken: { count: number; claims: number; readonly names: Set<string> };
  readonly check: <S extends z.ZodType>(schema: S, value: Value | undefined, path: Path) => z.output<S> | undefined;
  readonly map: (value: Value | undefined, path: Path, quiet?: 'quiet') => Readonly<Record<string, Value>> | undefined;
  readonly add: (mistake: Mistake) => void;
}

function startReading({ yaml, problems: syntax }: YamlReading): Reader {
  const problems: Problem[] = [...syntax];
  const add = ({ message, path, key, hint }: Mistake) => {
    problems.push({
      message,
      file: yaml.file,
      span: key ? yaml.keySpanOf(path) : yaml.spanOf(path),
      ...(hint === undefined ? {} : { hint }),
    });
  };
  return {
    yaml,
    problems,
    broken: { count: 0, claims: 0, names: new Set() },
    add,
    check: (schema, value, path) => {
      const checked = check(schema, value);
      if (checked.ok) return checked.value;
      for (const one of checked.mistakes) add({ ...one, path: [...path, ...one.path] });
      return undefined;
    },
    map: (value, path, quiet) => {
      if (isMap(value)) return value;
      if (!quiet) add({ message: 'a map is expected here: keys and values', path });
      return undefined;
    },
  };
}

function readVariant(reader: Reader, name: string, value: Value): ParsedVariant {
  const path = ['variants', name];
  const map = reader.map(value ?? {}, path, 'quiet') ?? {};
  const checked = check(variantSchema, map);
  return {
    name,
    path,
    ...(map.lab === undefined ? {} : { lab: map.lab }),
    vars: plainMap(map.vars),
    ...(checked.ok && checked.value.extends !== undefined ? { extends: checked.value.extends } : {}),
    steps: map.steps === undefined ? [] : readSteps(reader, map.steps, [...path, 'steps']),
    ...(checked.ok && checked.value['must-fail'] !== undefined ? { mustFail: checked.value['must-fail'] } : {}),
  };
}

function readSteps(reader: Reader, value: Value | undefined, path: Path): readonly ParsedStep[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((step: Value, index) => {
    const read = readStep(reader, step, [...path, index]);
    if (read) return [read];
    reader.broken.count += 1;
    const { as, mark } = plainMap(step);
    for (const name of [as, mark]) if (typeof name === 'string') reader.broken.names.add(name);
    return [];
  });
}

function readStep(reader: Reader, value: Value, path: Path): ParsedStep | undefined {
  if (typeof value === 'string' && (verbNames as readonly string[]).includes(value)) {
    reader.add({
      message: `the step ${value} lacks what it is about`,
      path,
      hint: `such as: ${verbs[value as VerbName].example.split('\n')[0]}`,
    });
    return undefined;
  }
  const raw = reader.map(value, path);
  if (!raw) return undefined;
  if (notIndented(reader, raw, path) || tooDeep(reader, raw, path)) return undefined;
  const named = verbNames.filter((verb) => verb in raw);
  const unknown = Object.keys(raw).filter(
    (key) => !(verbNames as readonly string[]).includes(key) && !(modifierNames as readonly string[]).includes(key),
  );
  for (const key of unknown)
    reader.add({
      message: named.length > 0 ? `unknown key "${key}" in a step` : `unknown verb "${key}"`,
      path: [...path, key],
      key: true,
      hint: named[0] === undefined ? hintForVerb(key) : hintForKey(key, named[0]),
    });
  const [verb, second] = named;
  if (second !== undefined) {
    reader.add({
      message: `one verb a step: this one has ${named.join(' and ')}`,
      path: [...path, second],
      key: true,
      hint: 'start a new step with a dash',
    });
    return undefined;
  }
  if (verb === undefined) {
    if (unknown.length === 0) reader.add({ message: 'a step without a verb', path, hint: `one of ${verbNames.join(', ')}` });
    return undefined;
  }
  const modifiers = reader.check(
    modifierSchema,
    Object.fromEntries(Object.entries(raw).filter(([key]) => (modifierNames as readonly string[]).includes(key))),
    path,
  );
  const args =
    verb === 'expect'
      ? readClauses(reader, raw[verb], [...path, verb])
      : reader.check(verbs[verb].schema as z.ZodType, raw[verb], [...path, verb]);
  if (args === undefined || modifiers === undefined) return undefined;
  const { as, within, for: holdFor, when, fails, background } = modifiers;
  return {
    yaml: reader.yaml,
    path,
    span: reader.yaml.spanOf(path),
    verb,
    args,
    raw,
    ...(as === undefined ? {} : { as }),
    ...(within === undefined ? {} : { within }),
    ...(holdFor === undefined ? {} : { for: holdFor }),
    ...(when === undefined ? {} : { when }),
    ...(fails === undefined ? {} : { fails: fails === true || Array.isArray(fails) ? fails : [fails] }),
    background: background ?? false,
    // The verb's own schema made its arguments.
  } as ParsedStep;
}

function keysUnder(verb: VerbName): readonly string[] {
  return verb === 'expect' ? expectationKinds : knownKeys(verbs[verb].schema);
}

/** What a verb's own map has may stand beside the verb. */
function hintForKey(key: string, verb: VerbName): string {
  return keysUnder(verb).includes(key) ? `it belongs under ${verb}` : didYouMean(key, modifierNames);
}

/** Some words are a program's commands: its verb comes before them. */
function hintForVerb(word: string): string {
  if (word === 'sleep' || word === 'wait')
    return 'expect what should have come, with within: DURATION; or what should last, with for: DURATION';
  const step = stepOfCommand(word);
  return step === undefined ? didYouMean(word, [...verbNames, ...modifierNames]) : `such as: ${step}`;
}

/** What stands in the verb's own column is not under it, and the verb is left with nothing. */
function notIndented(reader: Reader, raw: Readonly<Record<string, Value>>, path: Path): boolean {
  const verb = verbNames.find((name) => raw[name] === null);
  if (verb === undefined) return false;
  const known = keysUnder(verb);
  const beside = Object.keys(raw).filter(
    (key) => key !== verb && known.includes(key) && !(modifierNames as readonly string[]).includes(key),
  );
  if (beside.length === 0) return false;
  reader.add({
    message: `${verb === 'expect' ? 'what is expected' : `what ${verb} is about`} is indented under ${verb}`,
    path: [...path, verb],
    key: true,
    hint: `begin ${beside.join(' and ')} further to the right than ${verb}`,
  });
  return true;
}

/** What is said of the whole step stands beside its verb, and not among what that is about, nor in one of its expectations. */
function tooDeep(reader: Reader, raw: Readonly<Record<string, Value>>, path: Path): boolean {
  const verb = verbNames.find((name) => name in raw);
  if (verb === undefined) return false;
  const clauses = Object.entries(verb === 'expect' ? plainMap(raw.expect) : {}).filter(([kind]) => isKind(kind));
  const maps = [
    { value: raw[verb], at: [verb], known: verb === 'expect' ? [] : knownKeys(verbs[verb].schema) },
    ...clauses.map(([kind, value]) => ({ value, at: [verb, kind], known: knownKeys(expectations[kind as ExpectationKind].schema) })),
  ];
  const mistakes = maps.flatMap(({ value, at, known }) =>
    modifierNames
      .filter((name) => name in plainMap(value) && !known.includes(name))
      .map((name): Mistake => ({ message: `${name} is said of the whole step`, path: [...path, ...at, name], key: true })),
  );
  for (const each of mistakes) reader.add({ ...each, hint: `put it beside ${verb}, not under it` });
  return mistakes.length > 0;
}

function readClauses(reader: Reader, value: Value | undefined, path: Path): readonly ParsedClause[] | undefined {
  const kinds = reader.map(value, path);
  if (!kinds) return undefined;
  const clauses: ParsedClause[] = [];
  for (const [kind, claims] of Object.entries(kinds)) {
    if (!isKind(kind)) {
      reader.add({
        message: `unknown kind of expectation "${kind}"`,
        path: [...path, kind],
        key: true,
        hint: didYouMean(kind, expectationKinds),
      });
      continue;
    }
    if (Array.isArray(claims) && claims.length === 0) reader.add({ message: 'an empty list claims nothing', path: [...path, kind] });
    const all = Array.isArray(claims)
      ? claims.map((claim: Value, index) => ({ claim, at: [...path, kind, index] }))
      : [{ claim: claims, at: [...path, kind] }];
    for (const { claim, at } of all) {
      const checked = reader.check(expectations[kind].schema as z.ZodType, claim, at);
      if (checked === undefined) reader.broken.claims += 1;
      else clauses.push({ kind, path: at, claim: checked } as ParsedClause);
    }
  }
  if (Object.keys(kinds).length === 0)
    reader.add({ message: 'an expectation that claims nothing', path, hint: `give one of ${expectationKinds.join(', ')}` });
  return clauses;
}

function isKind(kind: string): kind is ExpectationKind {
  return (expectationKinds as readonly string[]).includes(kind);
}

function textOf(value: Value | undefined): string {
  return typeof value === 'string' ? value : '';
}

function plainMap(value: Value | undefined): Readonly<Record<string, Value>> {
  return isMap(value) ? value : {};
}
