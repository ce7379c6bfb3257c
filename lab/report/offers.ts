/**
 * What a recorded step brought about, offered as expectations for the next time: log lines that are out of the ordinary, and how
 * the cluster is now. Pure: a history in, claims of the scenario language out. Hosts are named by what they were, where the
 * language can say it.
 */
import { type ClusterLook, type Event, isMap, type LogEvent, type Program, type RunStarted, type Value } from '../core/event.ts';
import type { Names } from '../scenario/expand.ts';
import { hostReference } from '../scenario/host-reference.ts';
import type { PlannedStep } from '../scenario/plan.ts';
import { withinFor } from '../scenario/recorded-scenario.ts';
import { stablePattern } from '../scenario/stable-pattern.ts';
import type { RawStep } from '../scenario/typed-step.ts';
import { runsProgram } from '../scenario/verbs/verbs.ts';

interface Common {
  /** For people: what was seen. */
  readonly shown: string;
  /** Engine's time, ms. */
  readonly at: number;
}

export interface LineOffer extends Common {
  readonly kind: 'line';
  /** Whose line it was, and whose it should be the next time: a selector. */
  readonly host: string;
  readonly on: string;
  readonly program: Program;
  readonly pattern: string;
}

/** `claim`: as below `expect:`, such as `{cluster: {...}}`. */
export interface StateOffer extends Common {
  readonly kind: 'state';
  readonly claim: Readonly<Record<string, Value>>;
}

export type Offer = LineOffer | StateOffer;

/** What a step brought about is in the history since it began. */
export interface Cause {
  readonly step: PlannedStep;
  readonly history: readonly Event[];
  /** Names as they were when the step began, and as they are now; its own is among these. */
  readonly before: Names;
  readonly names: Names;
}

/** Words of programs that tell what became of a host; what is said at other times too is not among them. */
const telling: Readonly<Partial<Record<Program, RegExp>>> = {
  patroni:
    /^(?!.*in progress).*(promoted self|demot|failover|switchover|replica has been created|bootstrapped|data directory uncleaned|pg_rewind|initialized a new cluster|released leader|leader key|DCS is not accessible|acquired session lock as)/is,
  postgres:
    /selected new timeline|received promote|started streaming|starting (point-in-time|archive|backup) recovery|consistent recovery state|recovery stopping|completed backup recovery|redo done|database system is (ready|shut)|database system was|fast shutdown|immediate shutdown|archive recovery complete|terminated by signal/,
  pgbackrest: /^(?!archive-push|archive-get|server)[\w-]+ command (begin|end)|backup label =/,
  lab: /^host /,
};

/** Levels that mean trouble. */
const troubled = /^(WARN|WARNING|ERROR|CRITICAL|FATAL|PANIC)$/;

/** Trouble that any host that is down brings to the others, in words that depend on what they were doing. */
const ordinary =
  /watchprefix failed|Request failed to|Retry|Connection(Pool| broken| reset)|Loop time exceeded|could not (connect|receive|send)|starting up|not accept|^terminating (connection|walreceiver)/i;

/** In the order of time, lines first; each pattern of a host once. */
export function offersOf(cause: Cause): readonly Offer[] {
  const started = startOf(cause);
  return started ? [...lineOffers(cause, started), ...stateOffers(cause, started)] : [];
}

type Started = Extract<Event, { type: 'step-started' }>;

/** The last time that it was started. */
function startOf({ step, history }: Cause): Started | undefined {
  return history.findLast((event): event is Started => event.type === 'step-started' && event.step === step.id);
}

function lineOffers(cause: Cause, started: Started): readonly LineOffer[] {
  const { history } = cause;
  const facts = factsOf(history);
  const words = hostsThatDiffer(facts);
  const usual = new Set<string>();
  const offers: LineOffer[] = [];
  const entries = history
    .filter((event): event is LogEvent & Event => event.type === 'log')
    .toSorted((a, b) => a.at - b.at || a.seq - b.seq);
  for (const { host, program, level = '', text, at } of entries) {
    const telltale = telling[program]?.test(text) === true;
    if (!telltale && (program === 'etcd' || !troubled.test(level) || ordinary.test(text))) continue;
    const pattern = stablePattern(text, words);
    if (pattern === undefined) continue;
    if (at < started.at) usual.add(`${program} ${pattern}`);
    if (at < started.at || (!telltale && usual.has(`${program} ${pattern}`))) continue;
    if (offers.some((other) => other.host === host && other.program === program && other.pattern === pattern)) continue;
    offers.push({
      kind: 'line',
      shown: `${host}  ${program}: ${text.split('\n')[0]}`,
      at,
      host,
      on: hostNow(cause, started, host),
      program,
      pattern,
    });
  }
  return offers;
}

function factsOf(history: readonly Event[]): RunStarted {
  return history[0] as RunStarted & Event;
}

/** Members that may change places; a host alone in its cluster cannot. */
function hostsThatDiffer(facts: RunStarted): readonly string[] {
  return Object.values(facts.clusters).flatMap((members) => (members.length > 1 ? members : []));
}

/**
 * Whose line it should be the next time. Who takes over from a leader is luck: then it is one of the others. What else has a
 * name is called by it.
 */
function hostNow(cause: Cause, started: Started, host: string): string {
  const { step, history } = cause;
  const facts = factsOf(history);
  const acted = victimsOf(cause);
  if (acted.length === 1 && acted[0] === host) return hostReference(host, cause.names, facts) ?? host;
  const members = facts.clusters.main ?? [];
  const before = lookBefore(history, started.seq);
  const after = lastLook(history);
  if (members.includes(host) && before?.leader !== undefined && before.leader !== after?.leader && acted.includes(before.leader))
    return `members but \${${step.name}.on}`;
  const named = nameOf(host, cause);
  if (named !== undefined || !members.includes(host) || after?.leader === host || leaderAt(cause) !== after?.leader) return named ?? host;
  return `members but \${${step.name}.leader}`;
}

/** Who led when the step ended, if that has a name. */
function leaderAt({ step, names }: Cause): Value | undefined {
  return step.name === undefined ? undefined : fieldOf(names.values[step.name], 'leader');
}

/** By what it was before the step rather than by what it is since: the step may be what changed it. */
function nameOf(host: string, cause: Cause): string | undefined {
  const facts = factsOf(cause.history);
  return hostReference(host, cause.before, facts) ?? hostReference(host, cause.names, facts);
}

/** Hosts that the step itself did something to; where a program ran says nothing of whom it was about. */
function victimsOf({ step, names }: Cause): readonly string[] {
  return step.name === undefined || runsProgram(step.verb) ? [] : onOf(names.values[step.name]);
}

function onOf(value: Value | undefined): readonly string[] {
  const on = fieldOf(value, 'on');
  return Array.isArray(on) ? (on as readonly string[]) : typeof on === 'string' ? [on] : [];
}

/** Looks at the main cluster, those that only refer to an earlier one aside. */
function looks(history: readonly Event[]): readonly (ClusterLook & { readonly seq: number; readonly at: number })[] {
  return history.flatMap((event) =>
    event.type === 'look' && 'kind' in event.answer && event.answer.kind === 'cluster' && event.answer.cluster === 'main'
      ? [{ ...event.answer, seq: event.seq, at: event.at }]
      : [],
  );
}

const lastLook = (history: readonly Event[]) => looks(history).at(-1);
const lookBefore = (history: readonly Event[], seq: number) => looks(history).findLast((look) => look.seq < seq);

function stateOffers(cause: Cause, started: Started): readonly StateOffer[] {
  const { step, history } = cause;
  const offer = (shown: string, claim: StateOffer['claim'], at = history.at(-1)?.at ?? 0): StateOffer => ({
    kind: 'state',
    shown,
    claim,
    at,
  });
  if (step.verb === 'workload')
    return step.args.do === 'stop' ? [offer('the ledger: no acknowledged row is lost', { ledger: { lost: 0 } })] : [];
  const backup = step.verb === 'pgbackrest' && step.name !== undefined ? backupType(cause.names.values[step.name]) : undefined;
  return [
    ...(backup ? [offer(`the newest backup is ${backup}, without errors`, { repo: { last: { type: backup, error: false } } })] : []),
    ...clusterOffers(cause, started).map(({ shown, cluster, at }) => offer(shown, { cluster }, at)),
  ];
}

/** pgBackRest's labels end in F, D or I. */
function backupType(value: Value | undefined): string | undefined {
  const label = fieldOf(value, 'label');
  return typeof label === 'string' ? { F: 'full', D: 'diff', I: 'incr' }[label.slice(-1)] : undefined;
}

interface ClusterOffer {
  readonly shown: string;
  readonly cluster: Readonly<Record<string, Value>>;
  readonly at: number;
}

function clusterOffers(cause: Cause, started: Started): readonly ClusterOffer[] {
  const { step, history } = cause;
  const now = lastLook(history);
  const before = lookBefore(history, started.seq);
  if (!now?.leader || !before) return [];
  const { at } = now;
  const facts = factsOf(history);
  const acted = victimsOf(cause);
  const changed = before.leader !== undefined && before.leader !== now.leader;
  const old = changed ? hostReference(before.leader as string, acted.length === 1 ? cause.names : cause.before, facts) : undefined;
  const same = changed ? undefined : nameOf(now.leader, cause);
  const timeline = timelineBefore(cause);
  const replicas = Object.entries(now.members).filter(([, member]) => member.role !== 'leader');
  const streaming = replicas.length > 0 && replicas.every(([, member]) => member.state === 'streaming');
  const away = replicas.filter(([host, member]) => member.state !== 'streaming' && !acted.includes(host));
  return [
    ...(old === undefined ? [] : [{ shown: `${now.leader} leads, no longer ${before.leader}`, cluster: { leader: { not: old } }, at }]),
    ...(same === undefined ? [] : [{ shown: `${now.leader} leads`, cluster: { leader: same }, at }]),
    ...(timeline && now.timeline !== undefined && now.timeline > timeline.value
      ? [{ shown: `timeline ${now.timeline}, above ${timeline.value}`, cluster: { timeline: { above: timeline.reference } }, at }]
      : []),
    ...(streaming ? [{ shown: 'all replicas stream', cluster: { members: { replicas: 'streaming' } }, at }] : []),
    ...(!streaming && away.length === 0 && replicas.length > acted.length
      ? [{ shown: 'all other replicas stream', cluster: { members: { [`replicas but \${${step.name}.on}`]: 'streaming' } }, at }]
      : []),
  ];
}

/** The last timeline that had a name before the step did. */
function timelineBefore(cause: Cause): { readonly value: number; readonly reference: string } | undefined {
  const known = Object.entries(cause.before.values).flatMap(([name, value]) => {
    const timeline = fieldOf(value, 'timeline');
    return typeof timeline === 'number' ? [{ value: timeline, reference: `\${${name}.timeline}` }] : [];
  });
  return known.at(-1);
}

/** Lines of one host within this of each other may come in another order the next time, where different programs write them; ms. */
const together = 500;

/** The expectation that was chosen from what a step brought about. `since`: the step's name. */
export function expectationOf(chosen: readonly Offer[], { step, history }: Cause, name: string): RawStep {
  const hosts = [...new Set(chosen.flatMap((offer) => (offer.kind === 'line' ? offer.host : [])))];
  const logs = hosts.flatMap((host) =>
    logClauses(
      chosen.filter((offer) => offer.kind === 'line').filter((offer) => offer.host === host),
      step.name,
    ),
  );
  const distinct = logs.filter((log, index) => logs.findIndex((other) => JSON.stringify(other) === JSON.stringify(log)) === index);
  const states = chosen.flatMap((offer) => (offer.kind === 'state' ? [offer.claim] : []));
  const began = history.findLast((event) => event.type === 'step-started' && event.step === step.id)?.at ?? 0;
  const took = Math.max(0, ...chosen.map(({ at }) => at - began)) / 1000;
  return {
    expect: {
      ...(distinct.length === 0 ? {} : { log: distinct.length === 1 ? (distinct[0] as Value) : distinct }),
      ...states.reduce<Record<string, Value>>(merged, {}),
    },
    within: withinFor(took),
    as: name,
  };
}

/** Lines of one host in order; program by program, where it is luck which of two writes first. */
function logClauses(lines: readonly LineOffer[], since: string | undefined): readonly Readonly<Record<string, Value>>[] {
  const close = lines.some((line, index) => {
    const next = lines[index + 1];
    return next !== undefined && next.program !== line.program && next.at - line.at < together;
  });
  const parts = close
    ? [...new Set(lines.map(({ program }) => program))].map((one) => lines.filter(({ program }) => program === one))
    : [lines];
  return parts.map((part) => ({
    on: part[0]?.on ?? 'all',
    ...(since === undefined ? {} : { since }),
    lines: part.map(({ program, pattern }) => ({ [program]: pattern })),
  }));
}

/** Claims about one thing are one claim. */
function merged(all: Record<string, Value>, one: Readonly<Record<string, Value>>): Record<string, Value> {
  const both = { ...all };
  for (const [key, value] of Object.entries(one)) {
    const before = both[key];
    both[key] = isMap(before) && isMap(value) ? merged(before as Record<string, Value>, value) : value;
  }
  return both;
}

/** What a named step recorded under that name. */
function fieldOf(value: Value | undefined, name: string): Value | undefined {
  return isMap(value) ? value[name] : undefined;
}
