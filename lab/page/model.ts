/** What the page knows of a run: lanes, log lines, steps, curves and changes. Times are the engine's, ms. */
import type { Program, SettingsLook, StepResult } from '../core/event.ts';

/** What a program's own word for a level amounts to. */
export type Severity = 'debug' | 'info' | 'warning' | 'error';
export const severities = ['debug', 'info', 'warning', 'error'] as const;

export interface LogLine {
  readonly seq: number;
  readonly at: number;
  readonly host: string;
  readonly program: Program;
  readonly severity: Severity;
  readonly level: string;
  readonly text: string;
}

/** What an expectation says of a line: `met` it, came `near`, or `broke` it. */
export type Verdictive = 'met' | 'near' | 'broke';

export interface StepSpan {
  readonly id: string;
  readonly title: string;
  readonly from: number;
  to: number | undefined;
  result: StepResult | undefined;
}

/** Something that was seen to change, in a few words. `line`: the log line that says so. */
export interface Change {
  readonly at: number;
  readonly kind: 'leader' | 'member' | 'host' | 'job' | 'mark';
  readonly host?: string;
  readonly text: string;
  readonly line?: number;
}

/** A backup or a restore. */
export interface Job {
  readonly what: 'backup' | 'restore';
  /** `backup 20261124-060010F`, `restore`. */
  title: string;
  readonly from: number;
  to: number | undefined;
  failed: boolean;
}

export type Standing = 'leader' | 'replica' | 'catching-up' | 'unreachable' | 'down' | 'frozen' | 'up';

/** How a host stood for a while. */
export interface Span {
  readonly from: number;
  /** When it was last seen so. */
  to: number;
  readonly standing: Standing;
  /** `running`, `streaming`, ...: Patroni's word. */
  readonly state: string;
  readonly timeline: number | undefined;
}

/** How far WAL had come. */
export interface WalPoint {
  readonly at: number;
  /** Byte position; below 2^53 in any lab. */
  readonly position: number;
  readonly timeline: number;
  readonly label: string;
}

export interface Lane {
  readonly host: string;
  readonly kind: 'member' | 'other';
  readonly lines: LogLine[];
  readonly spans: Span[];
  readonly lag: (readonly [at: number, bytes: number])[];
  readonly jobs: Job[];
  /** The options of each pgBackRest command that ran here last, in its own words. */
  readonly commands: Map<string, { readonly line: LogLine; readonly options: readonly (readonly [name: string, value: string])[] }>;
}

export interface Model {
  /** First and last moment of anything, engine's time, ms. */
  start: number;
  end: number;
  /** When the lab stood and the recording of steps began. */
  ready: number | undefined;
  over: boolean;
  /** The repository host, where there is one of its own. */
  repo: string | undefined;
  readonly lanes: Map<string, Lane>;
  readonly lines: LogLine[];
  readonly steps: StepSpan[];
  readonly leaderWal: WalPoint[];
  readonly archivedWal: WalPoint[];
  /** Points that scenarios recover to, by name. */
  readonly marks: WalPoint[];
  readonly changes: Change[];
  /** Moments of looks by their event's number, for expectations that were judged by them. */
  readonly looks: Map<number, number>;
  /** Newest settings of each host, and when they were looked at. */
  readonly settings: Map<string, { readonly at: number; readonly look: SettingsLook }>;
}

export function laneOf(model: Model, host: string, kind: Lane['kind'] = 'other'): Lane {
  const known = model.lanes.get(host);
  if (known) return known;
  const lane: Lane = { host, kind, lines: [], spans: [], lag: [], jobs: [], commands: new Map() };
  model.lanes.set(host, lane);
  return lane;
}
