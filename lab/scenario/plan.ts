/**
 * A Plan is one variant of a scenario with everything decided that can be decided without a lab. `run/` carries it out,
 * `verdict/` judges a history against it, and both read nothing else of the scenario. Plain JSON; `${...}` are still in it.
 */

import type { Millis } from '../core/duration.ts';
import type { Value } from '../core/event.ts';
import type { Span } from '../core/problem.ts';
import type { LabObject } from '../topology/overlay.ts';
import type { Claims, ExpectationKind } from './expectations/expectations.ts';
import type { Line } from './line-pattern.ts';
import type { VerbArgs, VerbName } from './verbs/verbs.ts';
import type { When } from './version-range.ts';

export interface Plan {
  readonly scenario: string;
  /** The file as the user named it; every span without a file of its own is in it. */
  readonly file: string;
  readonly proves: string;
  readonly sources: readonly string[];
  readonly variant: string;
  /** With the variant's changes merged in and vars filled in. */
  readonly lab: LabObject;
  /** The main cluster's name in Patroni, which is what `${cluster}` stands for. */
  readonly cluster: string;
  /** Templates: a var's `${...}` are filled in when the var is used. */
  readonly vars: Readonly<Record<string, Value>>;
  /** A mutant: passes only if its first failure is this step. `step` is its id; `extends`: the variant that it changes. */
  readonly mustFail?: { readonly name: string; readonly step: string; readonly span: Span; readonly extends?: string };
  readonly needs: readonly string[];
  /** Names of always-forbidden lines that this scenario lifts. */
  readonly allow: readonly string[];
  /** Lines that must not be logged in the whole run, beside the always-forbidden ones. */
  readonly forbid: readonly PlannedLine[];
  readonly steps: readonly PlannedStep[];
}

/** Ids are `s1`, `s2`, ... in the order of the run; steps of a recipe are `s7.1`, `s7.2`, ... */
interface StepCommon {
  readonly id: string;
  /** `as`, or a mark's own name. Steps of a recipe have names of their own. */
  readonly name?: string;
  readonly span: Span;
  /** Where the step is not in the scenario's own file but in a recipe's. */
  readonly file?: string;
  /** The step in a few words, with `${...}` as written. */
  readonly title: string;
  readonly within?: Millis;
  readonly for?: Millis;
  readonly when?: When;
  readonly fails?: Fails;
  readonly background: boolean;
}

/** How a step is expected to fail: in any way, or with one of these exit codes or SQLSTATEs. */
export type Fails = true | readonly (number | string)[];

interface ExpectArgs {
  readonly clauses: readonly Clause[];
}

interface RecipeArgs {
  readonly name: string;
  /** Every parameter of the recipe, defaults filled in, `${...}` of the caller's still in it. */
  readonly params: Readonly<Record<string, RecipeParam>>;
  readonly steps: readonly PlannedStep[];
}

/** A `selector` is resolved when the recipe is called: its name then stands for a host, or a list of hosts. */
export interface RecipeParam {
  readonly value: Value;
  readonly selector: boolean;
}

export type PlannedArgs = { readonly [V in VerbName]: V extends 'expect' ? ExpectArgs : V extends 'recipe' ? RecipeArgs : VerbArgs[V] };

/** Discriminated by `verb`. */
export type PlannedStep = { readonly [V in VerbName]: StepCommon & { readonly verb: V; readonly args: PlannedArgs[V] } }[VerbName];
/** A step of one verb. */
export type StepOf<V extends VerbName> = Extract<PlannedStep, { readonly verb: V }>;

/** A line with its place, for messages. What is for other variants is not in the plan. */
export type PlannedLine = Omit<Line, 'when'> & { readonly when?: When; readonly span: Span };

type PlannedClaims = {
  readonly [K in ExpectationKind]: K extends 'log'
    ? Omit<Claims['log'], 'lines' | 'never'> & { readonly lines: readonly PlannedLine[]; readonly never: readonly PlannedLine[] }
    : Claims[K];
};

/** One clause of an expect, in the order of the file; discriminated by `kind`. A list of a kind is several clauses. */
export type Clause = {
  readonly [K in ExpectationKind]: { readonly kind: K; readonly span: Span; readonly title: string; readonly claim: PlannedClaims[K] };
}[ExpectationKind];
export type ClauseOf<K extends ExpectationKind> = Extract<Clause, { readonly kind: K }>;

/** Every step of a plan in the order of the run, a recipe's after the recipe. */
export function allSteps(steps: readonly PlannedStep[]): readonly PlannedStep[] {
  return steps.flatMap((step) => (step.verb === 'recipe' ? [step, ...allSteps(step.args.steps)] : [step]));
}
