/** WHEN: which versions, and which variants, something is for. Knows how programs print versions and nothing of how to ask them. */
import { z } from 'zod';
import { mistake, nameText, text } from './schema-parts.ts';

const version = /^v?(\d+(?:\.\d+)*)$/;

/** A version as numbers, from whatever a program prints: `pgBackRest 2.60.0`, `18.6 (Debian 18.6-1)`, `patroni 4.1.5`; undefined where there is none. */
export function versionNumbers(printed: string): readonly number[] | undefined {
  const match = /(\d+(?:\.\d+)*)/.exec(printed);
  return match?.[1]?.split('.').map(Number);
}

/** Negative, zero, positive; missing places are zero, so 2.60 is 2.60.0. */
export function compareVersions(a: readonly number[], b: readonly number[]): number {
  for (let place = 0; place < Math.max(a.length, b.length); place += 1) {
    const difference = (a[place] ?? 0) - (b[place] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

type Bound = { readonly operator: '>=' | '<' | '='; readonly than: readonly number[] };
/** Bounds that must all hold. */
export type VersionRange = readonly Bound[];

/**
 * Reads `>=4.1.3`, `<2.55`, `>=2.54 <2.58`, `2.58 - 2.60` (both included) and `2.60` (that version and its patch releases,
 * as the programs' own documentation means it). undefined for anything else.
 */
export function parseVersionRange(source: string): VersionRange | undefined {
  const between = /^\s*(\S+)\s+-\s+(\S+)\s*$/.exec(source);
  if (between) {
    const from = numbers(between[1]);
    const to = numbers(between[2]);
    return from && to
      ? [
          { operator: '>=', than: from },
          { operator: '<', than: next(to) },
        ]
      : undefined;
  }
  const bounds: Bound[] = [];
  const words = source
    .trim()
    .replace(/([<>]=?|=)\s+/g, '$1')
    .split(/\s+/);
  for (const word of words) {
    const match = /^(>=|<=|>|<|=)?(.+)$/.exec(word);
    const than = numbers(match?.[2]);
    if (!than) return undefined;
    const operator = (match?.[1] ?? '') as Bound['operator'] | '>' | '<=' | '';
    if (operator === '') bounds.push({ operator: '>=', than }, { operator: '<', than: next(than) });
    else if (operator === '>') bounds.push({ operator: '>=', than: next(than) });
    else if (operator === '<=') bounds.push({ operator: '<', than: next(than) });
    else bounds.push({ operator, than });
  }
  return bounds.length > 0 ? bounds : undefined;
}

function numbers(source: string | undefined): readonly number[] | undefined {
  return version
    .exec(source ?? '')?.[1]
    ?.split('.')
    .map(Number);
}

/** The first version that is no patch release of this one: 2.60 -> 2.61. So `<=2.60` has 2.60.3 in it, and `>2.60` has not. */
function next(of: readonly number[]): readonly number[] {
  return [...of.slice(0, -1), (of.at(-1) ?? 0) + 1];
}

/** Whether a version is in a range; what has no number in it is in none. */
export function inVersionRange(range: VersionRange, printed: string): boolean {
  const found = versionNumbers(printed);
  return found !== undefined && isIn(range, found);
}

/** What is in a range at all begins with the lowest of its versions. */
function isPossible(range: VersionRange): boolean {
  return [[0], ...range.map(({ than }) => than)].some((version) => isIn(range, version));
}

function isIn(range: VersionRange, found: readonly number[]): boolean {
  return range.every(({ operator, than }) => {
    const order = compareVersions(found, than);
    if (operator === '>=') return order >= 0;
    return operator === '<' ? order < 0 : order === 0;
  });
}

/** Programs that WHEN can ask the version of. */
export const versionedPrograms = ['patroni', 'postgres', 'pgbackrest', 'etcd'] as const;
export type VersionedProgram = (typeof versionedPrograms)[number];

const rangeHint = 'such as ">=4.1.3", "<2.55", ">=2.54 <2.58" or "2.58 - 2.60"; quoted, since YAML reads 2.60 as 2.6';
const rangeText = z
  .string({ error: (issue) => (issue.code === 'invalid_type' ? mistake('a version range is text', rangeHint) : undefined) })
  .refine((source) => parseVersionRange(source) !== undefined, mistake('not a version range', rangeHint))
  .refine((source) => isPossible(parseVersionRange(source) ?? []), mistake('no version is in this range', rangeHint))
  .describe(`a range of versions, ${rangeHint}`);

/** Whether something with this WHEN is meant for a variant, by the variant's own name: one that extends it is another. */
export function isForVariant(when: { readonly variant?: string | readonly string[] } | undefined, variant: string): boolean {
  return when?.variant === undefined || [when.variant].flat().includes(variant);
}

export const whenSchema = z
  .strictObject({
    patroni: rangeText.exactOptional(),
    postgres: rangeText.exactOptional(),
    pgbackrest: rangeText.exactOptional(),
    etcd: rangeText.exactOptional(),
    at: text
      .exactOptional()
      .describe("the host whose programs are meant, by its name or as a step recorded it; default the step's or the line's own hosts"),
    variant: z
      .union([nameText, z.array(nameText).min(1)])
      .exactOptional()
      .describe('only in this variant, or these'),
    params: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .exactOptional()
      .describe('in recipes only: parameters that must have these values'),
  })
  .meta({
    id: 'when',
    description:
      'only for these versions, as the programs gave them when the run began, or in these variants; what is not for this run is passed over',
  });

/** The part of WHEN that is only known once the lab runs; variants and parameters are decided by the planner. */
export interface When {
  readonly versions: Readonly<Partial<Record<VersionedProgram, string>>>;
  /** A host, possibly `${...}`, which may turn out to be several. */
  readonly at?: string | readonly string[];
}

/** `holds` is undefined where nobody can say. */
export type WhenOutcome = { readonly holds: true } | { readonly holds: false | undefined; readonly because: string };

/** In place of the version of a program that did not say it. */
export const unknownVersion = 'not known';

/**
 * Whether a WHEN holds in a running lab. `versions`: as in `run-started`, by host. `hosts`: those of the step or line, used where
 * there is no `at`; of these, the ones that have the program, else every host that has it. All of them must be in the range; a
 * program that runs nowhere is in no range. `at` must be expanded.
 */
export function whenHolds(
  when: When,
  versions: Readonly<Record<string, Readonly<Record<string, string>>>>,
  hosts: readonly string[],
): WhenOutcome {
  for (const [program, source] of Object.entries(when.versions)) {
    const range = parseVersionRange(source);
    const running = (host: string) => versions[host]?.[program] ?? (program === 'postgres' ? versions[host]?.postgresql : undefined);
    const meant = when.at === undefined ? hosts.filter((host) => running(host) !== undefined) : [when.at].flat();
    const asked = meant.length > 0 ? meant : Object.keys(versions).filter((host) => running(host) !== undefined);
    if (asked.length === 0) return { holds: false, because: `no host runs ${program}` };
    for (const host of asked) {
      const found = running(host);
      if (found === unknownVersion)
        return { holds: undefined, because: `which ${program} runs on ${host} is not known: it did not answer` };
      if (found === undefined) return { holds: false, because: `${host} does not run ${program}` };
      if (!range || !inVersionRange(range, found)) return { holds: false, because: `${program} on ${host} is ${found}, not ${source}` };
    }
  }
  return { holds: true };
}
