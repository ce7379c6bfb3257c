/**
 * Checks, before anything runs, that every `${...}` of a step will have something to refer to. Knows names in the order in
 * which they come to be; not what the steps do.
 */
import { isMap, type Value } from '../core/event.ts';
import { didYouMean } from '../topology/topology-problem.ts';
import type { Mistake } from './schema-problems.ts';
import { selectorMeanings } from './selector.ts';
import { templateParts } from './template.ts';
import { commonFields } from './verb.ts';
import { isForVariant } from './version-range.ts';
import type { Path } from './yaml-source.ts';

/** What a name stands for at some point of a plan. `fields`: undefined where it cannot be told. */
export type Known =
  | { readonly kind: 'var'; readonly value: Value }
  | { readonly kind: 'value' }
  | {
      readonly kind: 'step';
      readonly verb: string;
      readonly fields: readonly string[] | undefined;
      readonly healed: boolean;
      readonly background: boolean;
    };

/** Names known so far, by name. `later`: names of this plan that come to be only afterwards. */
export interface Scope {
  readonly known: ReadonlyMap<string, Known>;
  readonly later: ReadonlySet<string>;
  /** Names whose step has a mistake of its own. */
  readonly excused: ReadonlySet<string>;
  /** Names whose step is not for this variant, and its line in the file. */
  readonly elsewhere: ReadonlyMap<string, number>;
  /** Whose plan it is: a line or step that is for others may name what only they have. */
  readonly variant: string;
}

/** What to do about a name that only other variants have; undefined for any other. */
export function notInVariant({ elsewhere, variant }: Scope, name: string): string | undefined {
  const line = elsewhere.get(name);
  return line === undefined ? undefined : `line ${line} names it, and is not for the variant ${variant}: what needs it has the same when`;
}

/** Mistakes of the references in a value, keys included. `used` collects every name that is referred to, through vars too. */
export function checkReferences(value: Value, path: Path, scope: Scope, used: Set<string>): readonly Mistake[] {
  if (typeof value === 'string') return checkText(value, path, scope, used, []);
  if (Array.isArray(value)) return value.flatMap((item: Value, index) => checkReferences(item, [...path, index], scope, used));
  if (value === null || typeof value !== 'object') return [];
  const fields: Readonly<Record<string, Value>> = value as { readonly [key: string]: Value };
  if (!isForVariant(fields.when as { readonly variant?: string } | undefined, scope.variant)) return [];
  return Object.entries(fields).flatMap(([key, item]) => [
    ...checkText(key, [...path, key], scope, used, []).map((mistake): Mistake => ({ ...mistake, key: true })),
    ...checkReferences(item as Value, [...path, key], scope, used),
  ]);
}

/** `through`: vars on the way here, the outermost first. */
function checkText(text: string, path: Path, scope: Scope, used: Set<string>, through: readonly string[]): readonly Mistake[] {
  if (!text.includes('${')) return [];
  const parts = templateParts(text);
  const whole = parts.length === 1;
  return parts.flatMap((part): readonly Mistake[] => {
    if (part.kind === 'literal') return [];
    if (part.kind === 'malformed')
      return [{ message: `${part.text} is not a reference`, path, hint: 'write ${name} or ${name.field}; $${ stands for a literal ${' }];
    return checkReference(part.path, whole, path, scope, used, through);
  });
}

function checkReference(
  reference: readonly string[],
  whole: boolean,
  path: Path,
  scope: Scope,
  used: Set<string>,
  through: readonly string[],
): readonly Mistake[] {
  const [name = '', field] = reference;
  const shown = `\${${reference.join('.')}}`;
  const via = through.length > 0 ? `\${${through.join('} uses ${')}} uses ${shown}: ` : `${shown}: `;
  const known = scope.known.get(name);
  used.add(name);
  if (!known) {
    if (scope.excused.has(name)) return [];
    if (scope.later.has(name))
      return [{ message: `${via}${name} is named only after this`, path, hint: 'a name can be used after the step that makes it' }];
    return [
      {
        message: `${via}nothing is named ${name}`,
        path,
        hint:
          notInVariant(scope, name) ??
          (Object.hasOwn(selectorMeanings, name)
            ? `the selector ${name} is written without $ and braces; who it was at a named step is \${NAME.${name}}`
            : `${didYouMean(name, [...scope.known.keys()])}${/^[A-Z_]+$/.test(name) ? '; for a variable of the shell write $${' : ''}`),
      },
    ];
  }
  if (known.kind === 'value') return [];
  if (known.kind === 'step') {
    const fields = known.fields;
    if (field === undefined)
      return [
        {
          message: `${via}${name} is a ${known.verb === 'mark' ? 'mark' : 'step'}, not a value`,
          path,
          hint: `name one of its fields: ${(fields ?? Object.keys(commonFields)).map((one) => `\${${name}.${one}}`).join(', ')}`,
        },
      ];
    return fields && !fields.includes(field)
      ? [{ message: `${via}a step of ${known.verb} records no ${field}`, path, hint: didYouMean(field, fields) }]
      : [];
  }
  if (through.includes(name)) return [{ message: `${via}${name} refers to itself`, path }];
  if (field !== undefined && !(isMap(known.value) && field in known.value))
    return [{ message: `${via}the var ${name} has no ${field}`, path }];
  if (field === undefined && !whole && isMap(known.value))
    return [{ message: `${via}${name} is a map and cannot stand inside a text`, path, hint: 'name one of its keys' }];
  // A var is evaluated where it is used, so what it refers to must be known here.
  return textsOf(known.value).flatMap((text) => checkText(text, path, scope, used, [...through, name]));
}

function textsOf(value: Value): readonly string[] {
  if (typeof value === 'string') return [value];
  if (value === null || typeof value !== 'object') return [];
  return Array.isArray(value) ? value.flatMap(textsOf) : Object.entries(value).flatMap(([key, item]) => [key, ...textsOf(item as Value)]);
}
