/**
 * When the scenario itself disturbed the lab. What is a sign of a starved machine or of an unknown error at other times is what a
 * fault is expected to bring about.
 */
import type { Event } from '../core/event.ts';
import type { PlannedStep } from '../scenario/plan.ts';
import { healedBy } from '../scenario/step-id.ts';
import type { VerbName } from '../scenario/verbs/verbs.ts';

/** `heal`, or a start of the same hosts, ends these; the others are over when their step is. */
const lasting: Partial<Record<VerbName, 'heal' | 'start'>> = {
  freeze: 'heal',
  cut: 'heal',
  fill: 'heal',
  slow: 'heal',
  clock: 'heal',
  kill: 'start',
  stop: 'start',
};
const passing: readonly VerbName[] = ['crash', 'restart', 'start', 'wipe', 'configure', 'snapshot', 'fork'];

/**
 * How long a fault is felt after it is over, ms: Patroni says "Loop time exceeded" when the slow loop ends, and a loop that waits
 * for the DCS takes loop_wait and twice retry_timeout, 30 s in the slowest profile (`talk`).
 */
const aftermath = 30_000;

/** A fault's time, as a band across the hosts that it was on. */
export interface FaultSpan {
  readonly step: string;
  readonly title: string;
  readonly hosts: readonly string[];
  readonly from: number;
  /** Absent: it was never taken back. */
  readonly to?: number;
}

interface Fault {
  readonly verb: VerbName;
  readonly step: string;
  readonly title: string;
  readonly name: string | undefined;
  readonly until: 'heal' | 'start' | 'step';
  readonly from: number;
  readonly on: readonly string[];
  /** Those of `on` that are not up again. */
  hosts: readonly string[];
  to: number | undefined;
}

export interface FaultRecord {
  readonly feed: (event: Event) => void;
  /** Whether a fault was under way at a moment, or was only just over. */
  readonly disturbed: (at: number) => boolean;
  /** What was done to hosts until now that they did not want: not starts, nor what was configured. */
  readonly spans: () => readonly FaultSpan[];
}

export function createFaultRecord(steps: ReadonlyMap<string, PlannedStep>): FaultRecord {
  const faults: Fault[] = [];

  function started(step: PlannedStep, title: string, at: number, on: readonly string[]): void {
    const until = lasting[step.verb] ?? (passing.includes(step.verb) ? 'step' : undefined);
    if (until) faults.push({ verb: step.verb, step: step.id, title, name: step.name, until, from: at, on, hosts: on, to: undefined });
  }

  function ended(step: PlannedStep, at: number): void {
    const lasts = faults.filter(({ to }) => to === undefined);
    if (step.verb === 'heal') {
      const healable = lasts.filter(({ until }) => until === 'heal');
      for (const fault of healedBy(healable, step.args.fault, step.id)) fault.to = at;
    }
    for (const fault of lasts) {
      if (fault.until === 'step' && fault.step === step.id) fault.to = at;
      if ((step.verb === 'start' || step.verb === 'restart') && fault.until === 'start') {
        const up = faults.find((one) => one.step === step.id)?.hosts ?? [];
        fault.hosts = fault.hosts.filter((host) => !up.includes(host));
        if (fault.hosts.length === 0) fault.to = at;
      }
    }
  }

  return {
    feed: (event) => {
      if (event.type !== 'step-started' && event.type !== 'step-ended') return;
      const step = steps.get(event.step);
      if (!step) return;
      if (event.type === 'step-ended') ended(step, event.at);
      else if (event.skipped === undefined) started(step, event.title, event.at, [...new Set(Object.values(event.resolved).flat())]);
    },
    disturbed: (at) => faults.some((fault) => fault.from <= at && at <= (fault.to ?? Number.POSITIVE_INFINITY) + aftermath),
    spans: () =>
      faults
        .filter(({ verb }) => lasting[verb] !== undefined || verb === 'crash' || verb === 'wipe')
        .map(({ step, title, on, from, to }) => ({ step, title, hosts: on, from, ...(to === undefined ? {} : { to }) })),
  };
}
