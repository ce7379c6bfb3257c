/**
 * One `expect` step from its start to its end: feeds its clauses, puts their answers together into rounds, and says what must
 * be looked at and when looking can stop. How it turned out is `expectation-outcome.ts`.
 */
import type { Event } from '../core/event.ts';
import { expand } from '../scenario/expand.ts';
import type { Clause, StepOf } from '../scenario/plan.ts';
import type { ActiveExpectation } from './active-expectation.ts';
import type { ClauseContext } from './clause-context.ts';
import { startCluster } from './expectations/cluster.ts';
import { startDcs } from './expectations/dcs.ts';
import { startFile } from './expectations/file.ts';
import { startLedger } from './expectations/ledger.ts';
import { type LogFold, type LogReading, startLog } from './expectations/log.ts';
import { startOutage } from './expectations/outage.ts';
import { startRepo } from './expectations/repo.ts';
import { startSql } from './expectations/sql.ts';
import { startValue } from './expectations/value.ts';
import { addRound, type Hold, type HoldTerms, holdOf, mayHoldFrom, type Round, type Streak } from './hold.ts';
import { byTime, type LogStore } from './log-store.ts';
import type { LookRequest } from './look-request.ts';
import { type Answer, conjunction, type Reading, type StateFold } from './reading.ts';
import { intersect, type Span } from './span.ts';
import type { Window } from './step-record.ts';

const always: Span = { from: Number.NEGATIVE_INFINITY, until: Number.POSITIVE_INFINITY };

/** The looks of one round begin together; at most so far apart, ms, as recorded when each took its own time. */
const sideBySide = 10;

/** LANGUAGE.md: "Default within 30s". */
export const defaultWithin = 30_000;

export interface OpenClause {
  readonly clause: Clause;
  /** With values filled in, where they are known. */
  readonly title: string;
  readonly state?: StateFold;
  readonly log?: LogFold;
}

/** A round with what it showed. */
export interface SeenRound extends Round {
  /** What it said of each clause, by index; nothing of log clauses. */
  readonly readings: readonly (Reading | undefined)[];
  /** Events whose answers it was made of. */
  readonly looks: readonly number[];
}

/** All that the outcome is made of. */
export interface ExpectationState {
  readonly step: StepOf<'expect'>;
  readonly started: number;
  readonly terms: HoldTerms;
  readonly hold: Hold<SeenRound>;
  readonly clauses: readonly OpenClause[];
  /** The round that decided; while none did, the last that began by the deadline. */
  readonly shown: SeenRound | undefined;
  /** The last round by the deadline that was true or false. */
  readonly last: SeenRound | undefined;
  /** How often the states became true: a line that is read only now may show that all clauses held at one of those times. */
  readonly timesTrue: number;
  /** The first entry that must not have been logged before the expectation was met. */
  readonly broken: LogReading['broken'];
  /** When more looking had become pointless: what is recorded will not change. */
  readonly settledAt: number | undefined;
  /** When the window of the log clauses ended. */
  readonly windowEnd: number;
}

export interface OpenExpectation {
  /** `answer`: what a look or look-again event says. */
  readonly feed: (event: Event, answer?: Answer) => void;
  readonly active: () => ActiveExpectation;
  readonly state: () => ExpectationState;
}

export interface OpenTerms {
  readonly step: StepOf<'expect'>;
  readonly started: number;
  readonly context: (clause: number) => ClauseContext;
  /** The window of a clause, from its `since`. */
  readonly window: (since: string | undefined) => Window;
  readonly logs: LogStore;
}

export function openExpectation({ step, started, context, window, logs }: OpenTerms): OpenExpectation {
  const terms: HoldTerms = { deadline: started + (step.within ?? defaultWithin), span: step.for ?? 0 };
  const clauses = step.args.clauses.map((clause, index): OpenClause => {
    const filledIn = expand(clause.title, context(index).names());
    const title = filledIn.ok ? filledIn.value : clause.title;
    if (clause.kind !== 'log') return { clause, title, state: startState(clause, context(index), window, started) };
    const log = startLog(clause.claim, context(index), window(clause.claim.since));
    for (const entry of logs.since(log.start)) log.feed(entry);
    return { clause, title, log };
  });
  const logFolds = clauses.flatMap((clause) => (clause.log ? [clause.log] : []));
  const stateFolds = clauses.flatMap((clause) => (clause.state ? [clause.state] : []));
  /** By key, in the order in which they came, as far as they may belong to a round yet. */
  const fresh = new Map<string, Answer[]>();
  let streaks: readonly Streak<SeenRound>[] = [];
  let inTime: SeenRound | undefined;
  let last: SeenRound | undefined;
  let settled: SeenRound | undefined;
  let roundBegan: number | undefined;
  /** How far the history has got, where nothing is looked at. */
  let reached = started;
  timeTo(started);

  function wanted(): readonly LookRequest[] {
    return [...new Map(stateFolds.flatMap((fold) => fold.looks()).map((look) => [look.key, look])).values()];
  }

  /**
   * A round is whole when everything that must be looked at was looked at side by side. Clusters are looked at for the record as well:
   * an answer from between two rounds belongs to neither, and one that comes amid a slow round must not push its own out.
   */
  function wholeRound(requests: readonly LookRequest[], newest: Answer): ReadonlyMap<string, Answer> | undefined {
    const nearest = requests.flatMap(({ key }): [string, Answer][] => {
      // Of two that are as near, the one that came later.
      const [near] = (fresh.get(key) ?? [])
        .toReversed()
        .sort((a, b) => Math.abs(a.began - newest.began) - Math.abs(b.began - newest.began));
      return near && Math.abs(near.began - newest.began) <= sideBySide ? [[key, near]] : [];
    });
    return nearest.length === requests.length ? new Map(nearest) : undefined;
  }

  function round(began: number, at: number, answers: ReadonlyMap<string, Answer>): void {
    roundBegan = began;
    const looks = [...answers.values()].map((answer) => answer.seq);
    const early = began <= terms.deadline;
    // What settled it is to be reported, not a later round; and after the deadline, only what held already has to go on.
    if (settled || !(early || terms.span > 0)) return;
    const readings = clauses.map((clause) => clause.state?.read((key) => answers.get(key), began));
    const seen = readings.filter((reading) => reading !== undefined);
    const one: SeenRound = { truth: conjunction(seen.map((reading) => reading.truth)), began, at, readings, looks };
    if (early) inTime = one;
    if (early && one.truth !== 'unknown') last = one;
    if (seen.some((reading) => reading.final === true && reading.truth !== 'yes')) settled = one;
    streaks = addRound(streaks, one, terms);
  }

  function answered(key: string, answer: Answer): void {
    fresh.set(key, [...(fresh.get(key) ?? []), answer]);
    const requests = wanted();
    const answers = requests.some((request) => request.key === key) ? wholeRound(requests, answer) : undefined;
    if (!answers) return;
    const used = [...answers.values()];
    const began = Math.min(...used.map((one) => one.began));
    for (const [of, all] of fresh)
      fresh.set(
        of,
        all.filter((one) => one.began >= began),
      );
    round(began, Math.max(...used.map(({ at }) => at)), answers);
  }

  /** Clauses without looks: only bindings and logs matter, and time. */
  function timeTo(at: number): void {
    reached = Math.max(reached, at);
    if (stateFolds.length > 0 && wanted().length === 0) round(at, at, new Map());
  }

  /** Where only logs matter, time itself is a round that never ends. */
  function timeItself(): Streak<SeenRound> {
    const first: SeenRound = { truth: 'yes', began: started, at: started, readings: [], looks: [] };
    const last = { ...first, began: reached, at: reached };
    return { first, inTime: { ...first, at: Number.POSITIVE_INFINITY }, last, latest: last };
  }

  /** What can be said by now, of rounds and lines in whatever order they became known. */
  function findings(): Pick<ExpectationState, 'hold' | 'settledAt' | 'windowEnd' | 'broken'> {
    const whole = logFolds.reduce<readonly Span[]>((spans, log) => intersect(spans, log.whole()), [always]);
    const hold = holdOf(stateFolds.length > 0 ? streaks : [timeItself()], whole, terms);
    const settles = settled && (hold.phase === 'holding' || (hold.phase === 'waiting' && settled.began <= terms.deadline));
    const settledAt = settles ? settled?.at : undefined;
    // The moment that decides, or the latest it can be.
    const windowEnd = hold.phase === 'holding' ? (hold.from as number) + terms.span : (hold.at ?? settledAt ?? terms.deadline);
    const [broken] = logFolds.flatMap((log) => log.read(windowEnd).broken ?? []).sort((a, b) => byTime(a.entry, b.entry));
    // It may have come after all clauses held, which only the next round can show.
    const mayHold = broken && hold.phase === 'waiting' ? mayHoldFrom(streaks, whole, terms) : undefined;
    return { hold, settledAt, windowEnd, broken: broken && mayHold !== undefined && mayHold < broken.entry.at ? undefined : broken };
  }

  function streams(): readonly string[] {
    return [...new Set(logFolds.flatMap((log) => log.hosts))];
  }

  function feed(event: Event, answer?: Answer): void {
    if (event.type === 'log') {
      // It says when it was written, not how far the history has got.
      for (const log of logFolds) log.feed(event);
    } else if (event.type === 'read-through') {
      if (stateFolds.length === 0 && streams().every((host) => logs.readPast(host, event.through))) timeTo(event.through);
    } else if (event.type === 'look' || event.type === 'look-again') {
      // What was seen before the step began is not evidence for it.
      if (answer && answer.began >= started) answered(event.key, answer);
      timeTo(event.at);
    } else timeTo(event.at);
  }

  function active(): ActiveExpectation {
    const { hold, settledAt, broken } = findings();
    const over = broken !== undefined || hold.phase === 'broken' || hold.phase === 'gap' || settledAt !== undefined;
    return {
      step: step.id,
      state: over ? 'failed' : hold.phase === 'met' ? 'met' : hold.phase === 'holding' ? 'holding' : 'waiting',
      looks: wanted(),
      streams: streams(),
      deadline: terms.deadline,
      ...(hold.from === undefined || terms.span === 0 ? {} : { holdUntil: hold.from + terms.span }),
      ...(roundBegan === undefined ? {} : { roundBegan }),
    };
  }

  return {
    feed,
    active,
    state: () => {
      const found = findings();
      return {
        step,
        started,
        terms,
        clauses,
        ...found,
        shown: found.hold.round ?? inTime,
        last,
        timesTrue: stateFolds.length > 0 ? streaks.length : 1,
      };
    },
  };
}

function startState(
  clause: Exclude<Clause, { kind: 'log' }>,
  context: ClauseContext,
  window: OpenTerms['window'],
  started: number,
): StateFold {
  switch (clause.kind) {
    case 'cluster':
      return startCluster(clause.claim, context);
    case 'ledger':
      return startLedger(clause.claim, context);
    case 'outage':
      return startOutage(clause.claim, context, window(clause.claim.since), started);
    case 'repo':
      return startRepo(clause.claim, context);
    case 'sql':
      return startSql(clause.claim, context);
    case 'file':
      return startFile(clause.claim, context);
    case 'dcs':
      return startDcs(clause.claim, context);
    case 'value':
      return startValue(clause.claim, context);
  }
}
