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
import { type LogFold, startLog } from './expectations/log.ts';
import { startRepo } from './expectations/repo.ts';
import { startSql } from './expectations/sql.ts';
import { startValue } from './expectations/value.ts';
import { type Hold, type HoldTerms, logsArrived, nextRound, observationGap, startHold, timePassed } from './hold.ts';
import type { LogStore } from './log-store.ts';
import type { LookRequest } from './look-request.ts';
import { type Answer, conjunction, type Reading, type StateFold, type Truth } from './reading.ts';
import type { Window } from './step-record.ts';

/** LANGUAGE.md: "Default within 30s". */
export const defaultWithin = 30_000;

export interface OpenClause {
  readonly clause: Clause;
  /** With values filled in, where they are known. */
  readonly title: string;
  readonly state?: StateFold;
  readonly log?: LogFold;
}

/** All that the outcome is made of. */
export interface ExpectationState {
  readonly step: StepOf<'expect'>;
  readonly started: number;
  readonly terms: HoldTerms;
  readonly hold: Hold;
  readonly clauses: readonly OpenClause[];
  /** What the last round said of each state clause, by index; where there was none, what is known. */
  readonly readings: readonly (Reading | undefined)[];
  /** Events whose answers the last round was made of. */
  readonly looks: readonly number[];
  /** How many rounds there were, and what the last one said. */
  readonly rounds: number;
  readonly latest: Truth | undefined;
  /** When the last needed line was written; undefined while lines are missing. */
  readonly logsAt: number | undefined;
  /** A `never` line was logged before the expectation was met. */
  readonly brokenAt: number | undefined;
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
  /** The window of a log clause, from its `since`. */
  readonly window: (since: string | undefined) => Window;
  readonly logs: LogStore;
}

export function openExpectation({ step, started, context, window, logs }: OpenTerms): OpenExpectation {
  const terms: HoldTerms = { deadline: started + (step.within ?? defaultWithin), span: step.for ?? 0 };
  const clauses = step.args.clauses.map((clause, index): OpenClause => {
    const filledIn = expand(clause.title, context(index).names());
    const title = filledIn.ok ? filledIn.value : clause.title;
    if (clause.kind !== 'log') return { clause, title, state: startState(clause, context(index)) };
    const log = startLog(clause.claim, context(index), window(clause.claim.since));
    for (const entry of logs.since(log.start)) log.feed(entry);
    return { clause, title, log };
  });
  const logFolds = clauses.flatMap((clause) => (clause.log ? [clause.log] : []));
  const stateFolds = clauses.flatMap((clause) => (clause.state ? [clause.state] : []));
  const answers = new Map<string, Answer>();
  let readings: readonly (Reading | undefined)[] = clauses.map(() => undefined);
  let looks: readonly number[] = [];
  let rounds = 0;
  let latest: Truth | undefined;
  let settledAt: number | undefined;
  let lastRoundSeq = Number.NEGATIVE_INFINITY;
  let hold = startHold;
  let logsAt = logsComplete();
  timeTo(started);

  function wanted(): readonly LookRequest[] {
    return [...new Map(stateFolds.flatMap((fold) => fold.looks()).map((look) => [look.key, look])).values()];
  }

  function logsComplete(): number | undefined {
    const read = logFolds.map((log) => log.read(Number.POSITIVE_INFINITY));
    return read.every((reading) => reading.complete) && logFolds.every((log) => !log.unknown)
      ? Math.max(Number.NEGATIVE_INFINITY, ...read.map((reading) => reading.completeAt))
      : undefined;
  }

  /** A round is whole when everything that must be looked at was looked at anew, and near enough in time to be one look. */
  function roundDone(requests: readonly LookRequest[]): boolean {
    const fresh = requests.map((request) => answers.get(request.key));
    if (!fresh.every((answer): answer is Answer => answer !== undefined && answer.seq > lastRoundSeq)) return false;
    return Math.max(...fresh.map((answer) => answer.at)) - Math.min(...fresh.map((answer) => answer.at)) <= observationGap;
  }

  function round(began: number, at: number): void {
    // What decided is to be reported, not a later round (of the record made once a second, say), nor one that began too late.
    if (hold.phase !== 'holding' && (hold.phase !== 'waiting' || began > terms.deadline || settledAt !== undefined)) return;
    readings = clauses.map((clause) => clause.state?.read((key) => answers.get(key)));
    const seen = readings.filter((reading) => reading !== undefined);
    latest = conjunction(seen.map((reading) => reading.truth));
    rounds += 1;
    if (seen.some((reading) => reading.final === true && reading.truth !== 'yes')) settledAt ??= at;
    hold = nextRound(hold, { truth: latest, began, at }, logsAt, terms);
  }

  function answered(event: Event): void {
    const requests = wanted();
    if (requests.length === 0 || !roundDone(requests)) return;
    const used = requests.map((request) => answers.get(request.key) as Answer);
    looks = used.map((answer) => answer.seq);
    lastRoundSeq = event.seq;
    round(Math.max(...used.map((answer) => answer.began)), Math.max(...used.map((answer) => answer.at)));
  }

  /** Clauses without looks: only bindings and logs matter, and time. */
  function timeTo(at: number): void {
    if (wanted().length > 0) return;
    if (stateFolds.length === 0) hold = timePassed(hold, at, logsAt, started, terms);
    else round(at, at);
  }

  /** When the window of the log clauses ends: the moment that decides, or the latest it can be. */
  function windowEnd(): number {
    if (hold.phase === 'holding') return (hold.from as number) + terms.span;
    return hold.at ?? settledAt ?? terms.deadline;
  }

  function brokenAt(): number | undefined {
    const broken = logFolds.flatMap((log) => log.read(windowEnd()).broken?.at ?? []);
    return broken.length === 0 ? undefined : Math.min(...broken);
  }

  function streams(): readonly string[] {
    return [...new Set(logFolds.flatMap((log) => log.hosts))];
  }

  function feed(event: Event, answer?: Answer): void {
    if (event.type === 'log') {
      for (const log of logFolds) log.feed(event);
      if (logFolds.length > 0) logsAt = logsComplete();
      hold = logsArrived(hold, logsAt, terms);
      // A line says when it was written, not how far the history has got.
      if (stateFolds.length === 0) timeTo(Number.NEGATIVE_INFINITY);
    } else if (event.type === 'read-through') {
      if (stateFolds.length === 0 && streams().every((host) => logs.readPast(host, event.through))) timeTo(event.through);
    } else if (event.type === 'look' || event.type === 'look-again') {
      // What was seen before the step began is not evidence for it.
      if (answer && answer.began >= started) {
        answers.set(event.key, answer);
        answered(event);
      }
      timeTo(event.at);
    } else timeTo(event.at);
  }

  function active(): ActiveExpectation {
    const broken = brokenAt();
    const over = broken !== undefined || hold.phase === 'broken' || hold.phase === 'gap' || settledAt !== undefined;
    return {
      step: step.id,
      state: over ? 'failed' : hold.phase === 'met' ? 'met' : hold.phase === 'holding' ? 'holding' : 'waiting',
      looks: wanted(),
      streams: streams(),
      through: broken ?? windowEnd(),
      deadline: terms.deadline,
      ...(hold.from === undefined || terms.span === 0 ? {} : { holdUntil: hold.from + terms.span }),
      waitingFor: waitingFor(),
    };
  }

  function waitingFor(): readonly string[] {
    const states = readings.flatMap((reading) =>
      (reading?.claims ?? []).filter((claim) => claim.truth !== 'yes').map((claim) => `${claim.expected} (${claim.observed})`),
    );
    const lines = logFolds.flatMap((log) => {
      const { met } = log.read(Number.POSITIVE_INFINITY);
      return log.lines.flatMap((line, index) =>
        line.compiled && line.role === 'expected' && line.times === undefined && !met.has(index) ? [line.shown] : [],
      );
    });
    return [...states, ...lines];
  }

  return {
    feed,
    active,
    state: () => ({
      step,
      started,
      terms,
      hold,
      clauses,
      readings,
      looks,
      rounds,
      latest,
      logsAt,
      brokenAt: brokenAt(),
      settledAt,
      windowEnd: windowEnd(),
    }),
  };
}

function startState(clause: Exclude<Clause, { kind: 'log' }>, context: ClauseContext): StateFold {
  switch (clause.kind) {
    case 'cluster':
      return startCluster(clause.claim, context);
    case 'ledger':
      return startLedger(clause.claim, context);
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
