/** A scenario file as it was understood, before any variant is chosen: every part with its place, nothing looked up yet. */

import type { z } from 'zod';
import type { Value } from '../core/event.ts';
import type { Span } from '../core/problem.ts';
import type { Claims, ExpectationKind } from './expectations/expectations.ts';
import type { Line } from './line-pattern.ts';
import type { Fails } from './plan.ts';
import type { VerbArgs, VerbName } from './verbs/verbs.ts';
import type { whenSchema } from './version-range.ts';
import type { Path, YamlSource } from './yaml-source.ts';

export type WhenSource = z.output<typeof whenSchema>;

/** An expectation before its lines are sorted out by variant, discriminated by `kind`. `path` is the clause's place in the file. */
export type ParsedClause = {
  readonly [K in ExpectationKind]: { readonly kind: K; readonly path: Path; readonly claim: Claims[K] };
}[ExpectationKind];

/** As each verb's schema put them out. */
type ParsedArgs = { readonly [V in VerbName]: V extends 'expect' ? readonly ParsedClause[] : VerbArgs[V] };

interface ParsedCommon {
  readonly yaml: YamlSource;
  readonly path: Path;
  readonly span: Span;
  /** The whole step as written. */
  readonly raw: Readonly<Record<string, Value>>;
  readonly as?: string;
  readonly within?: string;
  readonly for?: string;
  readonly when?: WhenSource;
  readonly fails?: Fails;
  readonly background: boolean;
}

/** Discriminated by `verb`. */
export type ParsedStep = { readonly [V in VerbName]: ParsedCommon & { readonly verb: V; readonly args: ParsedArgs[V] } }[VerbName];

export interface ParsedLine {
  readonly line: Line;
  readonly path: Path;
}

export interface ParsedVariant {
  readonly name: string;
  readonly path: Path;
  readonly lab?: Value;
  readonly vars: Readonly<Record<string, Value>>;
  readonly extends?: string;
  readonly steps: readonly ParsedStep[];
  readonly mustFail?: string;
}

export interface Scenario {
  readonly yaml: YamlSource;
  readonly name: string;
  readonly proves: string;
  readonly sources: readonly string[];
  readonly lab: Value;
  readonly vars: Readonly<Record<string, Value>>;
  readonly needs: readonly string[];
  readonly allow: readonly string[];
  readonly forbid: readonly ParsedLine[];
  readonly steps: readonly ParsedStep[];
  /** In the order of the file; one named `default` where the file has none. */
  readonly variants: readonly ParsedVariant[];
  /** Steps that could not be read are left out. */
  readonly broken: BrokenSteps;
}

/** What is known of steps, and of claims, that were left out, so that their mistakes do not bring others about. */
export interface BrokenSteps {
  readonly count: number;
  /** Claims of steps that are there. */
  readonly claims: number;
  /** Names that they would have defined. */
  readonly names: ReadonlySet<string>;
}

export interface RecipeSource {
  readonly yaml: YamlSource;
  readonly name: string;
  readonly about: string;
  readonly params: Readonly<Record<string, RecipeParamSpec>>;
  readonly steps: readonly ParsedStep[];
  readonly broken: BrokenSteps;
}

interface RecipeParamSpec {
  readonly about: string;
  /** Without one the parameter must be given. */
  readonly default?: Value;
  readonly oneOf?: readonly Value[];
  /** Hosts, resolved when the recipe is called. */
  readonly selector: boolean;
}
