/** Watches the whole run for lines that must not be logged: the scenario's own `forbid`, and signs of damage that no scenario wants. */
import type { Event } from '../core/event.ts';
import { alwaysForbidden, alwaysForbiddenNames } from '../scenario/always-forbidden.ts';
import { expand, type Names } from '../scenario/expand.ts';
import { type CompiledLine, compileLine } from '../scenario/line-pattern.ts';
import type { Plan, PlannedLine } from '../scenario/plan.ts';
import { resolveSelector } from '../scenario/selector.ts';
import { whenHolds } from '../scenario/version-range.ts';
import { placeOf } from './place.ts';
import { selectorView } from './selector-view.ts';
import type { Finding } from './verdict.ts';

export interface ForbiddenWatch {
  /** `names`: the scenario's, as known by now. */
  readonly feed: (event: Event, names: Names) => Finding | undefined;
  /** Lines that could never be watched for, because something in them never had a value. */
  readonly unwatched: () => readonly string[];
}

interface Watched {
  readonly line: CompiledLine;
  readonly hosts: readonly string[] | undefined;
  readonly why: string;
  readonly planned?: PlannedLine;
}

const noNames: Names = { vars: {}, values: {} };

export function createForbiddenWatch(plan: Plan): ForbiddenWatch {
  const watched: Watched[] = alwaysForbiddenNames
    .filter((name) => !plan.allow.includes(name))
    .flatMap((name) => {
      const { why, ...line } = alwaysForbidden[name];
      const compiled = compileLine(line, noNames);
      return compiled.ok ? [{ line: compiled.value, hosts: undefined, why: `always forbidden (${name}): ${why}` }] : [];
    });
  let waiting: readonly PlannedLine[] = plan.forbid;
  let started: Extract<Event, { type: 'run-started' }> | undefined;

  /** Lines become watched as soon as what they refer to has a value. */
  function bindWaiting(names: Names): void {
    const facts = started;
    if (!facts || waiting.length === 0) return;
    waiting = waiting.filter((planned) => {
      const line = compileLine(planned, names);
      const on = expand(planned.on ?? 'all', names);
      const when = expand(planned.when ?? { versions: {} }, names);
      if (!line.ok || !on.ok || !when.ok) return true;
      const resolved = resolveSelector(on.value, selectorView(facts, new Map()));
      if (!resolved.ok) return true;
      if (whenHolds(when.value, facts.versions, resolved.hosts).holds)
        watched.push({ line: line.value, hosts: resolved.hosts, why: 'forbidden by the scenario', planned });
      return false;
    });
  }

  function feed(event: Event, names: Names): Finding | undefined {
    if (event.type === 'run-started') started = event;
    if (event.type === 'run-started' || event.type === 'mark' || event.type === 'step-ended') bindWaiting(names);
    // What was logged while the lab came up is not the scenario's doing.
    if (event.type !== 'log' || !started || event.at < started.at) return undefined;
    const broken = watched.find((one) => (one.hosts?.includes(event.host) ?? true) && one.line.matches(event));
    if (!broken) return undefined;
    return {
      verdict: 'fail',
      reason: 'forbidden-line',
      at: event.at,
      event: event.seq,
      message: `${event.host} ${event.program}: ${event.text.split('\n')[0]} (${broken.why})`,
      ...(broken.planned ? { place: placeOf(broken.planned.span, plan.file) } : {}),
    };
  }

  return { feed, unwatched: () => waiting.map((line) => `${line.program}: ${line.pattern.shown}`) };
}
