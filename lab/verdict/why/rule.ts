/**
 * What a rule is: one known cause of failures, recognised by what the programs said. A rule knows log lines and the failure; it
 * fires only where its lines stand for what was not met, since a scenario shows trouble on purpose and goes on.
 */
import type { Program } from '../../core/event.ts';
import type { Failure } from './failure.ts';
import type { Sighting } from './sighting.ts';

export interface WatchedLine {
  readonly program: Program;
  readonly pattern: RegExp;
}

const lineOf =
  (program: Program) =>
  (pattern: RegExp): WatchedLine => ({ program, pattern });
export const patroni = lineOf('patroni');
export const postgres = lineOf('postgres');
export const pgbackrest = lineOf('pgbackrest');

/** The newest entries that matched a rule's lines, per line and host, in the order in which they were written. */
export interface Sightings<Name extends string> {
  readonly of: (line: Name, host?: string) => readonly Sighting[];
}

/** Why it failed, in one sentence, and the entries that show it. */
export interface Explanation {
  readonly message: string;
  readonly lines: readonly Sighting[];
}

export interface Rule<Name extends string = string> {
  readonly name: string;
  /** Where the program's documentation, its source or an issue says that this is so. */
  readonly source: string;
  readonly lines: Readonly<Record<Name, WatchedLine>>;
  readonly explain: (failure: Failure, seen: Sightings<Name>) => Explanation | undefined;
}

/** A rule whose `explain` is checked against the names of its own lines. */
export function rule<Name extends string>(one: Rule<Name>): Rule {
  return one as Rule;
}

export function last<T>(list: readonly T[]): T | undefined {
  return list.at(-1);
}

/** The newest `trouble` that no `over` on the same host has followed. */
export function standing<Name extends string>(seen: Sightings<Name>, trouble: Name, over: Name): Sighting | undefined {
  const ended = (one: Sighting) => seen.of(over, one.entry.host).some((later) => later.entry.at > one.entry.at);
  return last(seen.of(trouble).filter((one) => !ended(one)));
}

/** Whether some entry of `line` was written on the host after `from`. */
export function follows<Name extends string>(seen: Sightings<Name>, line: Name, from: Sighting): boolean {
  return seen.of(line, from.entry.host).some((one) => one.entry.at > from.entry.at);
}
