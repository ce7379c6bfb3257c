/**
 * What somebody does to a lab's host from outside, with the engine's own client, as the step that does the same in a scenario; and
 * whether a step did it. Pure.
 */
import type { Event } from '../core/event.ts';
import type { HandedStep } from './handed-step.ts';
import type { PlannedStep } from './plan.ts';
import type { VerbName } from './verbs/verbs.ts';

/** `end`: a host ended, and nobody killed or stopped it. `stop`: it is told to end, and goes on for a while. */
export interface Deed {
  readonly kind: 'kill' | 'stop' | 'start' | 'pause' | 'unpause' | 'end' | 'remove';
  readonly host: string;
  /** Engine's time, ms. */
  readonly at: number;
  /** How it ended. */
  readonly exit?: number;
  /** What it was sent before it ended, where no step sends that. */
  readonly signal?: number;
}

/** Verbs whose steps do that to hosts, single ones or all. */
const doers: Readonly<Record<Deed['kind'], readonly VerbName[]>> = {
  kill: ['kill', 'fork'],
  stop: ['stop', 'restart', 'fork'],
  start: ['start', 'restart', 'fork'],
  pause: ['freeze', 'snapshot'],
  unpause: ['heal', 'snapshot'],
  // Root can end a host from within.
  end: ['exec', 'fork'],
  remove: ['fork'],
};

/** Verbs whose steps do not say on which hosts. */
const everywhere: readonly VerbName[] = ['heal', 'snapshot', 'fork'];

/** A step ends when the engine has answered, which may be a moment before its event, ms. Nobody does the same twice so fast by hand. */
const slack = 500;

/** Whether one of the steps did it, which ran at that time. */
export function isOfAStep({ kind, host, at }: Deed, steps: readonly PlannedStep[], history: readonly Event[]): boolean {
  return steps.some((step) => {
    if (!doers[kind].includes(step.verb)) return false;
    const began = beginningOf(step, history);
    if (!began || began.at - slack > at) return false;
    const end = history.findLast((event) => event.type === 'step-ended' && event.step === step.id);
    return (end === undefined || at <= end.at + slack) && (everywhere.includes(step.verb) || hostsOf(began).includes(host));
  });
}

/** `steps` and `history`: what was recorded before it. */
export function stepOfDeed({ kind, host }: Deed, steps: readonly PlannedStep[], history: readonly Event[]): HandedStep {
  if (kind === 'kill' || kind === 'stop' || kind === 'start') return { ok: true, step: { [kind]: host } };
  if (kind === 'pause') return { ok: true, step: { freeze: host } };
  if (kind === 'unpause') return thaw(host, steps, history);
  return { ok: false, why: 'no step does that to a host: kill, stop, start and freeze are steps' };
}

/** Heals the freeze that is in force on the host. */
function thaw(host: string, steps: readonly PlannedStep[], history: readonly Event[]): HandedStep {
  const frozen = steps.findLast(
    (step) => step.verb === 'freeze' && step.args.process === undefined && hostsOf(beginningOf(step, history)).includes(host),
  );
  if (frozen?.name === undefined) return { ok: false, why: `no step of the recording froze ${host}` };
  if (hostsOf(beginningOf(frozen, history)).length > 1) return { ok: false, why: `heal: ${frozen.name} thaws its other hosts as well` };
  return { ok: true, step: { heal: frozen.name } };
}

type Beginning = Extract<Event, { type: 'step-started' }>;

function beginningOf({ id }: PlannedStep, history: readonly Event[]): Beginning | undefined {
  return history.findLast((event): event is Beginning & Event => event.type === 'step-started' && event.step === id);
}

function hostsOf(began: { readonly resolved: Beginning['resolved'] } | undefined): readonly string[] {
  return Object.values(began?.resolved ?? {}).flat();
}

const did = {
  kill: 'was killed',
  stop: 'is told to stop',
  start: 'was started',
  pause: 'was paused',
  unpause: 'was unpaused',
  end: 'ended by itself',
  remove: 'was removed',
} as const;

/** One line, for people. */
export function deedWords({ kind, host, exit, signal }: Deed): string {
  const what = signal === undefined ? did[kind] : `ended on signal ${signal}`;
  return `${host} ${what}${kind === 'end' && exit !== undefined ? ` (exit code ${exit})` : ''}`;
}
