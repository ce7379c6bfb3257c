/** What the effects of all verbs share: what they are given, and what they give back. */

import type { Millis } from '../../core/duration.ts';
import type { ClusterLook, StepResult } from '../../core/event.ts';
import type { Command, CommandResult } from '../../engine/commands.ts';
import type { Docker } from '../../engine/connect.ts';
import type { Host, Lab } from '../../engine/lab.ts';
import type { PlannedArgs } from '../../scenario/plan.ts';
import type { VerbName } from '../../scenario/verbs/verbs.ts';
import type { ActiveFaults } from '../active-faults.ts';
import type { HostStreams } from '../host-streams.ts';
import type { Recorder } from '../recorder.ts';
import type { Workload } from '../workload.ts';

/** A program that runs already, started by somebody in a terminal of his own: resolves when it ended. */
export type Elsewhere = (onOutput: NonNullable<Command['onOutput']>) => Promise<CommandResult>;

/** Something that has happened to a host already, told by the engine. */
export interface Witnessed {
  /** Engine's time, ms. */
  readonly at: number;
  /** Exit code of a host that ends; 0 for one that does not. Throws LabError where it does not come to an end. */
  readonly exit: Promise<number>;
}

/** One run on one lab. */
export interface RunContext {
  readonly docker: Docker;
  readonly lab: Lab;
  readonly recorder: Recorder;
  readonly streams: HostStreams;
  readonly workload: Workload;
  readonly faults: ActiveFaults;
  /** Takes a new look at every cluster, records it, and returns it by cluster. */
  readonly lookAtClusters: () => Promise<Readonly<Record<string, ClusterLook>>>;
  readonly signal: AbortSignal;
  /** Does what the step is about, where that is not the effect's to do. */
  readonly elsewhere?: Elsewhere;
  /** The step is done: it only is to be proven, and began then. */
  readonly witnessed?: Witnessed;
}

/** One step being carried out. */
export interface StepContext extends RunContext {
  readonly step: string;
  /** The step's name, else its id: what `heal` calls a fault by. */
  readonly name: string;
  readonly within?: Millis;
  /** Hosts that a selector of this step meant when it began. */
  readonly hosts: (selector: string) => readonly Host[];
}

/** `on` becomes the step's `on` field. Errors that are thrown make the step `broken`. */
export interface Done extends Omit<Partial<StepResult>, 'fields'> {
  readonly on?: readonly Host[];
  readonly fields?: StepResult['fields'];
}

export interface Effect<V extends VerbName> {
  /** Selectors that are resolved at the step's start. */
  readonly selectors: (args: PlannedArgs[V], lab: Lab) => readonly string[];
  readonly run: (ctx: StepContext, args: PlannedArgs[V]) => Promise<Done>;
}

/** Verbs that `run/steps.ts` carries out itself, since they look or contain steps. */
export type EffectVerb = Exclude<VerbName, 'expect' | 'recipe'>;
export type Effects = { readonly [V in EffectVerb]: Effect<V> };
