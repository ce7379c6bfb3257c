/**
 * Fills `${...}` in. Knows names and their values, and nothing of where these come from; never guesses: what is unknown is
 * an error value, which makes a step unknown rather than wrong.
 */
import type { Value } from '../core/event.ts';
import { templateParts } from './template.ts';

/**
 * What `${...}` can refer to at one moment. `vars` are templates themselves and are evaluated when used; `values` (marks,
 * named steps, a recipe's parameters, `cluster`) are what really happened and are taken as they are.
 */
export interface Names {
  readonly vars: Readonly<Record<string, Value>>;
  readonly values: Readonly<Record<string, Value>>;
}

export interface Unbound {
  /** What stood between the braces: `cut.lsn`. */
  readonly reference: string;
  readonly why: 'unknown-name' | 'absent-field' | 'cycle' | 'not-text' | 'malformed';
  /** One sentence for people. */
  readonly message: string;
}

export type Expanded<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly unbound: Unbound };

/**
 * Fills in every `${...}` of a value, keys of maps included. A text that is exactly `"${x}"` becomes x's value with its
 * type, anywhere else the value's text stands in its place (a list as `a, b`). `$${` becomes `${`. Never throws.
 */
export function expand<T>(value: T, names: Names): Expanded<T> {
  try {
    return { ok: true, value: fill(value as Value, names, []) as T };
  } catch (error) {
    if (error instanceof UnboundSignal) return { ok: false, unbound: error.unbound };
    throw error;
  }
}

/** Carries an Unbound out of the recursion; never leaves this file. */
class UnboundSignal extends Error {
  readonly unbound: Unbound;

  constructor(unbound: Unbound) {
    super(unbound.message);
    this.unbound = unbound;
  }
}

function fill(value: Value, names: Names, open: readonly string[]): Value {
  if (typeof value === 'string') return fillText(value, names, open);
  if (Array.isArray(value)) return value.map((item: Value) => fill(item, names, open));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      // An optional field that was set to nothing is no field: plans are plain JSON.
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => [key.includes('${') ? asText(fillText(key, names, open), key) : key, fill(item as Value, names, open)]),
  );
}

function fillText(text: string, names: Names, open: readonly string[]): Value {
  if (!text.includes('${')) return text;
  const parts = templateParts(text);
  const [only] = parts;
  if (parts.length === 1 && only?.kind === 'reference') return look(only.path, names, open);
  return parts
    .map((part) => {
      if (part.kind === 'literal') return part.text;
      if (part.kind === 'malformed') throw unbound(part.text, 'malformed', `${part.text} is not a reference; write $\${ for a literal \${`);
      return asText(look(part.path, names, open), part.path.join('.'));
    })
    .join('');
}

function look(path: readonly string[], names: Names, open: readonly string[]): Value {
  const reference = path.join('.');
  const [name = '', ...fields] = path;
  let value: Value;
  if (Object.hasOwn(names.values, name)) value = names.values[name] as Value;
  else if (Object.hasOwn(names.vars, name)) {
    if (open.includes(name)) throw unbound(reference, 'cycle', `\${${name}} refers to itself, through ${[...open, name].join(', ')}`);
    value = fill(names.vars[name] as Value, names, [...open, name]);
  } else throw unbound(reference, 'unknown-name', `nothing is named ${name}`);
  let seen = name;
  for (const field of fields) {
    const next =
      typeof value === 'object' && value !== null && Object.hasOwn(value, field) ? (value as Record<string, Value>)[field] : undefined;
    if (next === undefined || next === null) throw unbound(reference, 'absent-field', `${seen} has no ${field}`);
    value = next;
    seen += `.${field}`;
  }
  return value;
}

function asText(value: Value, reference: string): string {
  if (value === null) return '';
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value) && value.every((item) => typeof item !== 'object' || item === null)) return value.join(', ');
  throw unbound(reference, 'not-text', `\${${reference}} is a map and cannot stand inside a text; name one of its fields`);
}

function unbound(reference: string, why: Unbound['why'], message: string): UnboundSignal {
  return new UnboundSignal({ reference, why, message });
}
