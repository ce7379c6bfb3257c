/**
 * Judges a run from its plan, its history and its ledger. One code path for a live run, event by event, and for a recorded one.
 * Knows no clock, no lab and no files: what is not in the history did not happen.
 */

import { seconds } from '../core/duration.ts';
import { type ClusterLook, type Event, hostWords, type LedgerRow, type RunStarted } from '../core/event.ts';
import { Newest } from '../core/newest.ts';
import { LabError } from '../core/problem.ts';
import { bind, namesAt, startBindings } from '../scenario/bindings.ts';
import type { Plan, PlannedStep, StepOf } from '../scenario/plan.ts';
import type { ActiveExpectation } from './active-expectation.ts';
import type { ClauseContext } from './clause-context.ts';
import { decide, inTime } from './decide.ts';
import { expectationOutcome } from './expectation-outcome.ts';
import { createFaultRecord } from './faults.ts';
import { createForbiddenWatch } from './forbidden-lines.ts';
import { createHistoryCheck } from './history-check.ts';
import { createLedgerRecord } from './ledger-record.ts';
import { createLogStore } from './log-store.ts';
import { clusterKey, stepOfKey } from './look-request.ts';
import { type OpenExpectation, openExpectation } from './open-expectation.ts';
import { placeOf } from './place.ts';
import { createPointRecord } from './point-record.ts';
import { type Answer, type Answers, answerOf } from './reading.ts';
import { selectorView } from './selector-view.ts';
import { createStarvationWatch } from './starvation.ts';
import { createStepRecord } from './step-record.ts';
import { stepShortfall } from './step-result.ts';
import type { Finding, Verdict } from './verdict.ts';
import { createWhy } from './why/why.ts';

export interface Judge {
  /** Takes in the next event. Throws LabError where the history contradicts itself or the plan: a gap in `seq`, an unknown step, ... */
  readonly feed: (event: Event) => void;
  /** Takes in a ledger row whose outcome is settled; before any ledger look that began after `row.settled`. */
  readonly feedRow: (row: LedgerRow) => void;
  /** The expect step that was started and has not ended. */
  readonly active: () => ActiveExpectation | undefined;
  /** What was found so far, in time; at the first of them a run can stop. */
  readonly findings: () => readonly Finding[];
  /** The verdict on what was fed; a history that did not end with a completed run makes it unknown at best. Throws LabError on none. */
  readonly end: () => Verdict;
}

/** How long before its window a line may have been logged, and still be shown as the one that was meant. */
const hindsight = seconds(60);

export function createJudge(plan: Plan): Judge {
  const check = createHistoryCheck(plan);
  let bindings = startBindings(plan);
  let facts: RunStarted | undefined;
  let startedAt = 0;
  let lastAt = 0;
  let completed = false;
  const steps = createStepRecord(plan, () => startedAt);
  const logs = createLogStore();
  const faults = createFaultRecord(bindings.steps);
  const points = createPointRecord(bindings.steps);
  const ledger = createLedgerRecord();
  let fed = 0;
  const starvation = createStarvationWatch(faults.disturbed);
  const forbidden = createForbiddenWatch(plan);
  const why = createWhy();
  const answers = new Map<string, Answer>();
  const clusters = new Newest<ClusterLook>();
  const findings: Finding[] = [];
  /** When each snapshot was begun, and what had been given up by then, by name. */
  const snapshots = new Map<string, { readonly at: number; readonly givenUp: ReturnType<typeof ledger.givenUp> }>();
  let open: { readonly step: StepOf<'expect'>; readonly expectation: OpenExpectation } | undefined;

  function find(finding: Pick<Finding, 'verdict' | 'reason' | 'message' | 'at'>, step: PlannedStep | undefined, event?: number): void {
    findings.push({
      ...finding,
      ...(step
        ? { step: step.id, ...(step.name === undefined ? {} : { stepName: step.name }), place: placeOf(step.span, step.file ?? plan.file) }
        : {}),
      ...(event === undefined ? {} : { event }),
    });
  }

  function context(step: PlannedStep, clause: number): ClauseContext {
    return {
      step: step.id,
      clause,
      facts: facts as RunStarted,
      names: () => namesAt(bindings, step.id),
      view: (main, answers) => selectorView(facts as RunStarted, answers ? seenIn(answers) : clusters, main),
      running: (name) => steps.running(step.id, name),
      points,
      ledger,
    };
  }

  /** Clusters as a round of answers has them; those that it is not about as they were last seen. */
  function seenIn(answers: Answers): ReadonlyMap<string, ClusterLook> {
    return new Map(
      Object.entries(clusters.all()).map(([name, last]) => {
        const found = answerOf(answers, clusterKey(name), 'cluster', '');
        return [name, 'seen' in found ? found.seen : last];
      }),
    );
  }

  /** The answer that a look event stands for, also where it only refers to an earlier one. */
  function answerIn(event: Event): Answer | undefined {
    if (event.type !== 'look' && event.type !== 'look-again') return undefined;
    const answer = event.type === 'look' ? event.answer : answers.get(event.key)?.answer;
    if (answer === undefined) return undefined;
    const seen: Answer = { answer, at: event.at, began: event.at - (event.took ?? 0), seq: event.seq };
    answers.set(event.key, seen);
    if ('kind' in answer && answer.kind === 'cluster') clusters.take(answer.cluster, seen.began, answer);
    return seen;
  }

  function watch(event: Event): void {
    findings.push(...forbidden.feed(event, namesAt(bindings, '')));
    const starved = starvation(event);
    if (starved) find(starved, undefined, event.seq);
    if (!isRemoval(event) || steps.open().some((step) => step.verb === 'fork')) return;
    find(
      { verdict: 'unknown', reason: 'broken', message: `host ${event.host} was removed, and by no step`, at: event.at },
      undefined,
      event.seq,
    );
  }

  function stepStarted(event: Extract<Event, { type: 'step-started' }>): void {
    const step = bindings.steps.get(event.step) as PlannedStep;
    if (event.skipped !== undefined) {
      steps.skipped(step.id, event.skipped);
      if (step.verb === 'expect')
        find({ verdict: 'unknown', reason: 'skipped', message: `passed over: ${event.skipped}`, at: event.at }, step, event.seq);
      return;
    }
    steps.started(step.id, event.at, event.title);
    // One that is tried again asks the same, and an answer may refer to the last.
    for (const key of answers.keys()) if ((stepOfKey(key) ?? step.id) !== step.id) answers.delete(key);
    logs.forget(steps.needed() - hindsight);
    if (step.verb === 'snapshot') snapshots.set(step.args.name, { at: event.at, givenUp: ledger.givenUp() });
    if (step.verb !== 'expect') return;
    const expectation = openExpectation({
      step,
      started: event.at,
      context: (clause) => context(step, clause),
      window: (since) => steps.window(step.id, since),
      logs,
    });
    open = { step, expectation };
  }

  function stepEnded(event: Extract<Event, { type: 'step-ended' }>): void {
    const step = bindings.steps.get(event.step) as PlannedStep;
    steps.ended(step.id, event.at, event.result);
    const then = step.verb === 'fork' ? snapshots.get(step.args.name) : undefined;
    if (then) ledger.goBack(then.givenUp, [then.at, event.at]);
    const note = steps.note(step.id);
    if (step.verb === 'workload' && (step.args.do === 'start' || step.args.do === 'set')) ledger.writing(event.at, true);
    if (step.verb === 'workload' && step.args.do === 'stop') ledger.writing(note?.started ?? event.at, false);
    if (open?.step.id === step.id) {
      const outcome = expectationOutcome(open.expectation.state(), event.at, event.result, logs, step.file ?? plan.file);
      const printed = steps.printedBefore(open.step);
      open = undefined;
      if (note)
        Object.assign(note, {
          clauses: outcome.clauses,
          waited: outcome.waited,
          ...(outcome.shortfall ? { shortfall: outcome.shortfall, ...(printed.length > 0 ? { printed } : {}) } : {}),
        });
      if (outcome.shortfall) find(outcome.shortfall, step, event.seq);
      return;
    }
    const shortfall = stepShortfall(step, event.result, event.result.took ?? event.at - (note?.started ?? event.at));
    if (!shortfall) return;
    if (note) note.shortfall = shortfall;
    find({ ...shortfall, at: event.at }, step, event.seq);
  }

  /** What a person changes by hand is not what the scenario says: from here on nothing can pass. */
  function byHand(event: Extract<Event, { type: 'by-hand' }>): void {
    const step = bindings.steps.get(event.step) as PlannedStep;
    if (event.did === 'tried-again') steps.again(step.id);
    const message = {
      'tried-again': 'somebody had it tried again',
      'passed-over': 'somebody passed over it',
      'went-on': 'somebody had the run go on after it',
      ran: `somebody did something else by hand: ${event.what}`,
    }[event.did];
    find({ verdict: 'unknown', reason: 'by-hand', message, at: event.at }, step, event.seq);
  }

  function runEnded(event: Extract<Event, { type: 'run-ended' }>): void {
    const unknown = (reason: Finding['reason'], message: string, step?: PlannedStep) =>
      find({ verdict: 'unknown', reason, message, at: event.at }, step, event.seq);
    if (event.unsupported && event.unsupported.length > 0) {
      unknown('unsupported', `this machine lacks ${event.unsupported.join(', ')}`);
      return;
    }
    if (event.reason === 'cut-short') {
      const reason = steps.anyStarted() ? 'cut-short' : 'lab-not-ready';
      unknown(reason, event.detail ?? (reason === 'cut-short' ? 'the run was cut short' : 'the lab did not become ready'));
      return;
    }
    completed = true;
    for (const step of steps.open()) {
      if (step.background) unknown('background-unjoined', 'it still ran in the background when the run ended', step);
      else unknown('cut-short', 'it had not ended when the run did', step);
    }
    // A run that stops at its first failure leaves steps undone, and its streams need not be read further.
    if (findings.some((finding) => counts(finding))) return;
    const [notRun] = steps.notRun();
    if (notRun) unknown('cut-short', 'it was never carried out', notRun);
    const end = steps.lastEnd() ?? startedAt;
    const unread = (facts as RunStarted).hosts.filter((host) => !logs.readPast(host, end));
    if (unread.length > 0)
      unknown('not-read-through', `the log of ${unread.join(', ')} was not read to the end, so a forbidden line may have been missed`);
    const lacking = (event.rows ?? 0) - fed;
    if (lacking > 0) unknown('broken', `the ledger lacks ${lacking} of the ${event.rows} rows that were written down`);
    const unwatched = forbidden.unwatched();
    if (unwatched.length > 0)
      unknown(
        'unbound',
        `a forbidden line was not looked for, since what it refers to or asks the version of is not known: ${unwatched.join(', ')}`,
      );
  }

  /** Being starved after everything was done spoils nothing. */
  function counts(finding: Finding): boolean {
    const end = steps.lastEnd();
    return !(finding.reason === 'starved' && completed && end !== undefined && finding.at > end);
  }

  function feed(event: Event): void {
    check(event);
    lastAt = Math.max(lastAt, event.at);
    if (event.type === 'run-started') {
      facts = event;
      startedAt = event.at;
      lastAt = event.at;
    }
    bindings = bind(bindings, event);
    logs.feed(event);
    faults.feed(event);
    points.feed(event);
    why.feed(event);
    const answer = answerIn(event);
    watch(event);
    open?.expectation.feed(event, answer);
    if (event.type === 'step-started') stepStarted(event);
    if (event.type === 'step-ended') stepEnded(event);
    if (event.type === 'by-hand') byHand(event);
    if (event.type === 'run-ended') runEnded(event);
  }

  function end(): Verdict {
    if (!facts) throw new LabError('the history cannot be judged: it is empty', { hint: 'take the run folder as the run left it' });
    const counted = findings.filter(counts);
    const decision = decide(plan, counted, completed, lastAt);
    const totals = ledger.totals();
    const { longest: outage } = ledger.outage(startedAt, lastAt);
    const outcomes = steps.outcomes();
    const { because } = decision;
    const blamed = outcomes.find((step) => step.id === because?.step);
    const causes = because ? why.causes(because, blamed, () => ledger.settledBy(because.at)) : [];
    return {
      format: 1,
      scenario: plan.scenario,
      variant: plan.variant,
      file: plan.file,
      proves: plan.proves,
      sources: plan.sources,
      ...decision,
      ...(causes.length > 0 ? { causes } : {}),
      findings: inTime(counted),
      steps: outcomes,
      ...(plan.forbid.length > 0 ? { forbid: forbidden.outcomes((host) => logs.readPast(host, steps.lastEnd() ?? startedAt)) } : {}),
      seconds: Math.round(lastAt - startedAt) / 1000,
      started: startedAt,
      lab: facts.lab,
      versions: facts.versions,
      ...(totals.acked + totals.open + totals.refused > 0 ? { rows: { ...totals, ...(outage ? { outage } : {}) } } : {}),
    };
  }

  return {
    feed,
    feedRow: (row) => {
      fed += 1;
      ledger.feed(row);
    },
    active: () => open?.expectation.active(),
    findings: () => inTime(findings.filter(counts)),
    end,
  };
}

function isRemoval(event: Event): event is Extract<Event, { type: 'log' }> {
  return event.type === 'log' && event.program === 'lab' && event.source === 'stream' && event.text === hostWords.destroy;
}

/** Judges a recorded run. Throws as `Judge.feed` does. */
export function judge(plan: Plan, history: Iterable<Event>, rows: Iterable<LedgerRow>): Verdict {
  const judge = createJudge(plan);
  for (const row of rows) judge.feedRow(row);
  for (const event of history) judge.feed(event);
  return judge.end();
}
