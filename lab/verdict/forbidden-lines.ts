/** Watches the whole run for lines that must not be logged: the scenario's own `forbid`, and signs of damage that no scenario wants. */
import type { Event } from '../core/event.ts';
import { alwaysForbidden, alwaysForbiddenNames } from '../scenario/always-forbidden.ts';
import { expand, type Names } from '../scenario/expand.ts';
import { type CompiledLine, compileLine } from '../scenario/line-pattern.ts';
import type { Plan, PlannedLine } from '../scenario/plan.ts';
import { resolveSelector } from '../scenario/selector.ts';
import { whenHolds } from '../scenario/version-range.ts';
import { byTime, type LogEntry } from './log-store.ts';
import { quote } from './nearest-lines.ts';
import { placeOf } from './place.ts';
import { selectorView } from './selector-view.ts';
import type { Finding, LineOutcome } from './verdict.ts';

export interface ForbiddenWatch {
  /** What the event breaks: a line that it is, or lines logged before it that it shows to be forbidden. `names`: as known by now. */
  readonly feed: (event: Event, names: Names) => readonly Finding[];
  /** Lines that could never be watched for, because something in them never had a value. */
  readonly unwatched: () => readonly string[];
  /** What became of each of the scenario's `forbid` lines. `read`: whether a host's log was read to the end of the run. */
  readonly outcomes: (read: (host: string) => boolean) => readonly LineOutcome[];
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
  /** What a line that has no value yet may turn out to have forbidden. */
  let unjudged: LogEntry[] = [];
  let started: Extract<Event, { type: 'run-started' }> | undefined;
  /** Why lines are not meant for these versions. */
  const passedOver = new Map<PlannedLine, string>();
  /** The first entry that each line forbids. */
  const broken = new Map<PlannedLine, LogEntry>();

  /** Lines become watched as soon as what they refer to has a value, and look back over the run: the first entry that each forbids. */
  function bindWaiting(names: Names): readonly Finding[] {
    const facts = started;
    if (!facts || waiting.length === 0) return [];
    const bound: Watched[] = [];
    waiting = waiting.filter((planned) => {
      const line = compileLine(planned, names);
      const on = expand(planned.on ?? 'all', names);
      const when = expand(planned.when ?? { versions: {} }, names);
      if (!line.ok || !on.ok || !when.ok) return true;
      const resolved = resolveSelector(on.value, selectorView(facts, new Map()));
      if (!resolved.ok) return true;
      const outcome = whenHolds(when.value, facts.versions, resolved.hosts);
      if (outcome.holds === undefined) return true;
      if (outcome.holds) bound.push({ line: line.value, hosts: resolved.hosts, why: 'forbidden by the scenario', planned });
      else passedOver.set(planned, outcome.because);
      return false;
    });
    watched.push(...bound);
    const found = bound.flatMap((one) => {
      const entry = unjudged.filter((each) => isMeant(one, each)).sort(byTime)[0];
      return entry ? [finding(one, entry)] : [];
    });
    unjudged = unjudged.filter(mayBeMeant);
    return found;
  }

  /** By the program alone: so much is known of a line before it has its values. */
  function mayBeMeant(entry: LogEntry): boolean {
    return waiting.some(({ program }) => program === 'any' || program === entry.program);
  }

  function finding({ why, planned }: Watched, entry: LogEntry): Finding {
    if (planned && !broken.has(planned)) broken.set(planned, entry);
    return {
      verdict: 'fail',
      reason: 'forbidden-line',
      at: entry.at,
      event: entry.seq,
      message: `${entry.host} ${entry.program}: ${entry.text.split('\n')[0]} (${why})`,
      ...(planned ? { place: placeOf(planned.span, plan.file) } : {}),
    };
  }

  function feed(event: Event, names: Names): readonly Finding[] {
    if (event.type === 'run-started') started = event;
    if (event.type === 'run-started' || event.type === 'mark' || event.type === 'step-ended') return bindWaiting(names);
    // What was logged while the lab came up is not the scenario's doing.
    if (event.type !== 'log' || !started || event.at < started.at) return [];
    if (mayBeMeant(event)) unjudged.push(event);
    return watched.filter((one) => isMeant(one, event)).map((one) => finding(one, event));
  }

  function outcome(planned: PlannedLine, read: (host: string) => boolean): LineOutcome {
    const bound = watched.find((one) => one.planned === planned);
    const common = {
      role: 'never' as const,
      shown: bound?.line.shown ?? shownOf(planned),
      place: placeOf(planned.span, plan.file),
      nearest: [],
    };
    const note = passedOver.get(planned);
    if (note !== undefined) return { ...common, state: 'skipped', note };
    if (!bound) return { ...common, state: 'unread', note: 'what it refers to or asks the version of is not known' };
    const by = broken.get(planned);
    if (by) return { ...common, state: 'present', by: quote(by) };
    return { ...common, state: (bound.hosts ?? []).every(read) ? 'absent' : 'unread' };
  }

  return { feed, unwatched: () => waiting.map(shownOf), outcomes: (read) => plan.forbid.map((planned) => outcome(planned, read)) };
}

function shownOf({ program, pattern }: PlannedLine): string {
  return `${program}: ${pattern.shown}`;
}

function isMeant({ hosts, line }: Watched, entry: LogEntry): boolean {
  return (hosts?.includes(entry.host) ?? true) && line.matches(entry);
}
