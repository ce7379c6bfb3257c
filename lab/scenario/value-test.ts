/** TEST: what a value should be. Knows values and LSNs; not where a value was looked up. */
import { z } from 'zod';
import type { Value } from '../core/event.ts';
import { compareLsn, parseLsn } from '../core/lsn.ts';
import { compilePattern, parsePattern } from './pattern.ts';
import { anyValue, mistake } from './schema-parts.ts';

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);

/** Stays text, so that `expand` fills it in like every other value of a test. */
const matchesText = z
  .string()
  .superRefine((source, context) => {
    const parsed = parsePattern(source);
    if (!parsed.ok) context.addIssue({ code: 'custom', message: mistake(parsed.message, parsed.hint) });
  })
  .describe("contains this text, or matches '/re/flags'");

const testFields = z
  .strictObject({
    not: anyValue.exactOptional().describe('anything but this, or but each of these'),
    above: scalar.exactOptional().describe('greater than this; numbers, LSNs, times, else text order'),
    below: scalar.exactOptional().describe('less than this'),
    min: scalar.exactOptional().describe('this or greater'),
    max: scalar.exactOptional().describe('this or less'),
    matches: matchesText.exactOptional(),
    'any-of': z.array(anyValue).min(1, 'an empty list can never be met').exactOptional().describe('one of these'),
    absent: z.boolean().exactOptional().describe('true: there is no such value; false: there is one'),
  })
  .refine((test) => Object.keys(test).length > 0, 'an empty test claims nothing')
  .refine(hasRoom, 'nothing is both: the lower bound is beyond the upper one');

/** A scalar (equals), or a map of conditions that must all hold. */
export const testSchema = z.union([scalar, testFields]).meta({
  id: 'test',
  description: 'what the value should be: a scalar equals; {not, above, below, min, max, matches, any-of, absent}, all of which hold',
});

export type ValueTest = z.output<typeof testSchema>;

export interface TestOutcome {
  readonly met: boolean;
  /** The test in words: `above 3`, `one of pg2, pg3`. */
  readonly expected: string;
  readonly observed: string;
}

/**
 * Tells whether a value meets a test. `undefined` is a value that does not exist. Texts and numbers compare as what they
 * stand for: '3' equals 3, LSNs compare in any case and padding, true and false are also t, on, yes and f, off, no. Never throws.
 */
export function holds(test: ValueTest, value: Value | undefined): TestOutcome {
  const met = isFields(test) ? fieldNames.every((name) => !(name in test) || holdsField(name, test, value)) : equals(test, value);
  return { met, expected: describeTest(test), observed: describeValue(value) };
}

/** Whether a value can lie between bounds that are numbers; of others nothing is known yet. */
function hasRoom({ above, below, min, max }: { readonly [Bound in 'above' | 'below' | 'min' | 'max']?: Value }): boolean {
  const numbers = (bounds: readonly (Value | undefined)[]) => bounds.filter((bound) => typeof bound === 'number');
  const lowest = Math.max(Number.NEGATIVE_INFINITY, ...numbers([above, min]));
  const highest = Math.min(Number.POSITIVE_INFINITY, ...numbers([below, max]));
  return lowest < highest || (lowest === highest && above !== lowest && below !== highest);
}

/** Whether a test is that there is no value, in so many words. */
export function isAbsence(test: ValueTest): boolean {
  return isFields(test) && test.absent === true;
}

type Fields = z.output<typeof testFields>;
const fieldNames = ['not', 'above', 'below', 'min', 'max', 'matches', 'any-of', 'absent'] as const;

function isFields(test: ValueTest): test is Fields {
  return typeof test === 'object' && test !== null;
}

function holdsField(name: (typeof fieldNames)[number], test: Fields, value: Value | undefined): boolean {
  if (name === 'absent') return (value === undefined || value === null) === test.absent;
  // Nothing is neither above nor below nor other than anything: a claim about a value needs a value.
  if (value === undefined) return false;
  if (name === 'any-of') return (test['any-of'] ?? []).some((item) => equals(item as Value, value));
  if (value === null) return false;
  // Among several, as a selector's hosts are: what is one of them is not other than they.
  if (name === 'not')
    return !(Array.isArray(test.not) && !Array.isArray(value) ? (test.not as readonly Value[]) : [test.not as Value]).some((item) =>
      equals(item, value),
    );
  if (name === 'matches') return typeof value !== 'object' && contains(test.matches ?? '', String(value));
  const order = compare(value, test[name] as Value);
  if (order === undefined) return false;
  if (name === 'above') return order > 0;
  if (name === 'below') return order < 0;
  return name === 'min' ? order >= 0 : order <= 0;
}

function contains(source: string, value: string): boolean {
  const parsed = parsePattern(source);
  if (!parsed.ok) return false;
  const compiled = compilePattern(parsed.pattern, { vars: {}, values: {} });
  return compiled.ok && compiled.value.matches(value);
}

/** Same value, by what it stands for. */
export function equals(expected: Value | undefined, value: Value | undefined): boolean {
  if (expected === value) return true;
  if (expected === undefined || value === undefined || expected === null || value === null) return (expected ?? null) === (value ?? null);
  if (typeof expected === 'object' || typeof value === 'object') {
    if (typeof expected !== 'object' || typeof value !== 'object' || Array.isArray(expected) !== Array.isArray(value)) return false;
    const keys = Object.keys(expected);
    return (
      keys.length === Object.keys(value).length &&
      keys.every(
        (key) => Object.hasOwn(value, key) && equals((expected as Record<string, Value>)[key], (value as Record<string, Value>)[key]),
      )
    );
  }
  if (typeof expected === 'boolean' || typeof value === 'boolean') {
    const left = asBoolean(expected);
    return left !== undefined && left === asBoolean(value);
  }
  return compare(value, expected) === 0;
}

function asBoolean(value: Value): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (value === 't' || value === 'true' || value === 'on' || value === 'yes') return true;
  if (value === 'f' || value === 'false' || value === 'off' || value === 'no') return false;
  return undefined;
}

/** Negative, zero, positive; undefined for what has no order. */
function compare(left: Value, right: Value): number | undefined {
  if (typeof left === 'object' || typeof right === 'object' || typeof left === 'boolean' || typeof right === 'boolean') return undefined;
  const numbers = [asNumber(left), asNumber(right)] as const;
  if (numbers[0] !== undefined && numbers[1] !== undefined) return numbers[0] < numbers[1] ? -1 : numbers[0] > numbers[1] ? 1 : 0;
  const lsns = [asLsn(left), asLsn(right)] as const;
  if (lsns[0] !== undefined && lsns[1] !== undefined) return compareLsn(lsns[0], lsns[1]);
  if (typeof left === 'number' || typeof right === 'number') return undefined;
  return left < right ? -1 : left > right ? 1 : 0;
}

/** bigint keeps xids and system identifiers exact, which are wider than a double. */
function asNumber(value: string | number): number | bigint | undefined {
  if (typeof value === 'number') return value;
  const trimmed = value.trim();
  if (/^-?\d+$/.test(trimmed)) return BigInt(trimmed);
  return /^-?\d+\.\d+$/.test(trimmed) ? Number(trimmed) : undefined;
}

function asLsn(value: string | number) {
  if (typeof value === 'number') return undefined;
  try {
    return parseLsn(value);
  } catch {
    return undefined;
  }
}

/** A test in words. */
export function describeTest(test: ValueTest): string {
  if (!isFields(test)) return describeValue(test);
  const words: string[] = [];
  if ('not' in test) {
    const others = Array.isArray(test.not)
      ? (test.not as readonly Value[]).map(describeValue).join(' or ')
      : describeValue(test.not as Value);
    words.push(`not ${others}`);
  }
  if ('above' in test) words.push(`above ${describeValue(test.above)}`);
  if ('below' in test) words.push(`below ${describeValue(test.below)}`);
  if ('min' in test) words.push(`at least ${describeValue(test.min)}`);
  if ('max' in test) words.push(`at most ${describeValue(test.max)}`);
  if (test.matches) words.push(`matching ${test.matches}`);
  if (test['any-of']) words.push(`one of ${test['any-of'].map((item) => describeValue(item as Value)).join(', ')}`);
  if (test.absent !== undefined) words.push(test.absent ? 'absent' : 'present');
  return words.join(' and ');
}

/** A value in words; long texts are cut at 200 characters. */
export function describeValue(value: Value | undefined): string {
  if (value === undefined) return 'nothing';
  if (value === '') return 'an empty text';
  const shown = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return shown.length > 200 ? `${shown.slice(0, 200)}… (${shown.length} characters)` : shown;
}
