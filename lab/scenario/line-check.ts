/** Log lines that could not be logged, or not where they are looked for: an expectation's, and those that a scenario forbids. */
import type { Blueprint, HostSpec } from '../topology/blueprint.ts';
import { whatIs } from '../topology/overlay-check.ts';
import type { Line } from './line-pattern.ts';
import type { ParsedStep } from './scenario.ts';
import type { Mistake } from './schema-problems.ts';
import { parseSelector } from './selector.ts';
import { checkWhen, fixedHosts, hasProgram, isRole, leaves } from './selector-check.ts';
import { type VersionedProgram, versionedPrograms } from './version-range.ts';
import type { Path } from './yaml-source.ts';

export interface PlacedLine {
  readonly line: Line;
  readonly path: Path;
  /** Whose lines are meant where it says nothing itself. */
  readonly on?: string;
  /** It must not come. */
  readonly never: boolean;
}

/** The lines that a step's expectations name. */
export function linesOf(step: ParsedStep): readonly PlacedLine[] {
  if (step.verb !== 'expect') return [];
  return step.args.flatMap((clause) => {
    if (clause.kind !== 'log') return [];
    const { path, claim } = clause;
    const { on, lines, never } = claim;
    const placed = (list: readonly Line[], name: 'lines' | 'never') =>
      list.map((line, index) => ({ line, path: [...path, name, index], ...(on === undefined ? {} : { on }), never: name === 'never' }));
    return [...placed(lines, 'lines'), ...placed(never, 'never')];
  });
}

export function checkLine({ line, path, on, never }: PlacedLine, blueprint: Blueprint | undefined): readonly Mistake[] {
  return [
    ...(line.on === undefined ? [] : checkSteady(line.on, [...path, 'on'])),
    ...checkWhen(line.when, [...path, 'when'], blueprint),
    ...(never ? checkTimes(line, path) : []),
    ...checkLogs(line, line.on ?? on, path, blueprint),
  ];
}

/** Hosts whose lines are read are the same ones all the time. */
export function checkSteady(selector: string, path: Path): readonly Mistake[] {
  const parsed = parseSelector(selector);
  const role = parsed.ok ? leaves(parsed.selector).find((leaf) => leaf.kind === 'word' && isRole(leaf.word)) : undefined;
  if (role?.kind !== 'word') return [];
  return [
    {
      message: `${role.word} changes while lines are read: whose lines are meant?`,
      path,
      hint: `a host, members, or who it was at a named step: \${NAME.${role.word === 'sync' ? 'replicas' : role.word}}`,
    },
  ];
}

/** One such line is one too many. */
function checkTimes({ times }: Line, path: Path): readonly Mistake[] {
  const hint = 'how often it may come is said among the lines of an expectation, such as times: { max: 2 }, with for';
  return times === undefined ? [] : [{ message: 'a line that must not come has no times', path: [...path, 'times'], key: true, hint }];
}

function checkLogs({ program }: Line, on: string | undefined, path: Path, blueprint: Blueprint | undefined): readonly Mistake[] {
  const meant = on === undefined || !blueprint ? undefined : fixedHosts(on, blueprint);
  if (!isVersioned(program) || !blueprint || !meant) return [];
  const logs = (host: HostSpec) => hasProgram(host, program);
  const hosts = blueprint.hosts.filter(({ name }) => meant.includes(name));
  const [lacking] = hosts;
  if (!lacking || hosts.some(logs)) return [];
  const who = hosts.length === 1 ? whatIs(lacking) : hosts.map(({ name }) => name).join(', ');
  const able = blueprint.hosts.filter(logs).map(({ name }) => name);
  return [
    {
      message: `${who}: ${program} logs nothing there`,
      path: [...path, program],
      key: true,
      hint: able.length > 0 ? `it does on ${able.join(', ')}` : 'no host of this lab runs it',
    },
  ];
}

function isVersioned(program: string): program is VersionedProgram {
  return (versionedPrograms as readonly string[]).includes(program);
}

const regexSyntax = /\.[*+]|\\[dDsSwWbB.]|\w\|\w|^\^|\[[^\]]+\][*+{]/;

/** Times and process numbers stand before what is looked through: of PostgreSQL, Patroni and pgBackRest, whose prefixes are cut off. */
const prefix = /^\^?(\d{4}-\d\d-\d\d|\\d\{4\}-)|\bP\d\d +(INFO|WARN|ERROR|DETAIL|DEBUG)/;

/** A text that nobody logs is never missed among lines that must not come. */
export function adviseOnLine({ program, pattern }: Line, path: Path): readonly Mistake[] {
  const at = [...path, program];
  const literals = pattern.parts.flatMap((part) => ('literal' in part ? [part.literal] : []));
  if (isVersioned(program) && literals.some((literal) => prefix.test(literal)))
    return [
      {
        message: 'what stands before the message is not looked through',
        path: at,
        hint: 'begin with the message, or with its level: "ERROR: ..."',
      },
    ];
  if (pattern.kind === 'regex' || !literals.some((literal) => regexSyntax.test(literal))) return [];
  const hint = "one stands between slashes, in quotes: '/.../'";
  return [{ message: 'this is looked for as it stands, and looks like a regular expression', path: at, hint }];
}
