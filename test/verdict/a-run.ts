/** Small histories, told as a run: steps, looks and log lines at seconds from the start. */
import { expect } from 'vitest';
import type {
  ClusterLook,
  Event,
  EventBody,
  LedgerLook,
  LedgerRow,
  LookAnswer,
  MarkEvent,
  Program,
  RunEnded,
  RunStarted,
  StepResult,
} from '../../lab/core/event.ts';
import { type Lsn, parseLsn } from '../../lab/core/lsn.ts';
import { allSteps, type Plan } from '../../lab/scenario/plan.ts';
import { readScenario } from '../../lab/scenario/plan-scenario.ts';
import { runsProgram } from '../../lab/scenario/verbs/verbs.ts';
import { createJudge, judge } from '../../lab/verdict/judge.ts';
import type { ClauseOutcome, Finding, StepOutcome, Verdict } from '../../lab/verdict/verdict.ts';
import { catalogue } from '../topology/catalogue.ts';

export const file = 'scenarios/test.yaml';

/** A scenario's text around its steps (YAML, a list). */
export function scenarioText(steps: string, { head = '', variants = 'plain: {}' }: { head?: string; variants?: string } = {}): string {
  const indent = (text: string) =>
    text
      .trim()
      .split('\n')
      .map((line) => `  ${line}`)
      .join('\n');
  return `scenario: test\nproves: Something.\nsources: ["talk: a test"]\nlab: three-nodes-repo-host\n${head}${head ? '\n' : ''}steps:\n${indent(steps)}\nvariants:\n${indent(variants)}\n`;
}

/** Its plan. Throws where the scenario has mistakes, so that no test judges by a plan that could not be made. */
export function planOf(steps: string, options: { head?: string; variants?: string; variant?: string } = {}): Plan {
  const key = JSON.stringify([steps, options]);
  const plan = known.get(key) ?? planAnew(steps, options);
  known.set(key, plan);
  return plan;
}

const known = new Map<string, Plan>();

function planAnew(steps: string, options: { head?: string; variants?: string; variant?: string }): Plan {
  const { plans, problems } = readScenario({ file, text: scenarioText(steps, options) }, { catalogue }, [options.variant ?? 'plain']);
  if (!plans[0]) throw new Error(problems.map((problem) => `${problem.span?.start.line}: ${problem.message}`).join('\n'));
  return plans[0];
}

/** The engine's time at which runs start, ms. */
export const epoch = 1_800_000_000_000;
const hosts = ['etcd1', 'etcd2', 'etcd3', 'pg1', 'pg2', 'pg3', 'repo'];

export const healthy: ClusterLook = {
  kind: 'cluster',
  cluster: 'main',
  leader: 'pg1',
  timeline: 1,
  systemId: '7000',
  paused: false,
  members: {
    pg1: { role: 'leader', state: 'running', timeline: 1, lag: 0 },
    pg2: { role: 'replica', state: 'streaming', timeline: 1, lag: 0 },
    pg3: { role: 'replica', state: 'streaming', timeline: 1, lag: 0 },
  },
};
/** pg1 gone, pg2 leads on timeline 2. */
export const failedOver: ClusterLook = {
  ...healthy,
  leader: 'pg2',
  timeline: 2,
  members: {
    pg1: { role: 'unreachable', state: 'unreachable' },
    pg2: { role: 'leader', state: 'running', timeline: 2, lag: 0 },
    pg3: { role: 'replica', state: 'streaming', timeline: 2, lag: 0 },
  },
};
export const leaderless: ClusterLook = {
  kind: 'cluster',
  cluster: 'main',
  members: {
    pg1: { role: 'unreachable', state: 'unreachable' },
    pg2: { role: 'replica', state: 'running' },
    pg3: { role: 'replica', state: 'running' },
  },
};

export const done: StepResult = { outcome: 'done', fields: {} };
export const lsn = (text: string): Lsn => parseLsn(text);

export class Run {
  readonly plan: Plan;
  readonly events: Event[] = [];
  rows: LedgerRow[] = [];
  #now = epoch;

  constructor(plan: Plan, facts: Partial<RunStarted> = {}) {
    this.plan = plan;
    const versions = Object.fromEntries(
      ['pg1', 'pg2', 'pg3'].map((host) => [host, { patroni: '4.1.5', postgres: '18.6', pgbackrest: '2.60.0' }]),
    );
    this.add({
      type: 'run-started',
      format: 1,
      scenario: plan.scenario,
      variant: plan.variant,
      lab: 'lab-1',
      offset: 0,
      versions,
      clusters: { main: ['pg1', 'pg2', 'pg3'] },
      hosts,
      etcd: ['etcd1', 'etcd2', 'etcd3'],
      repo: ['repo'],
      ...facts,
    });
  }

  /** Moves the clock to so many seconds from the start. */
  at(seconds: number): this {
    this.#now = epoch + seconds * 1000;
    return this;
  }

  add(body: EventBody, at = this.#now): this {
    this.events.push({ ...body, seq: this.events.length, at } as Event);
    return this;
  }

  start(step: string, resolved: Readonly<Record<string, readonly string[]>> = {}): this {
    const title = allSteps(this.plan.steps).find((one) => one.id === step)?.title ?? step;
    return this.add({ type: 'step-started', step, title, resolved });
  }

  skip(step: string, why = 'not for this version'): this {
    return this.add({ type: 'step-started', step, title: step, resolved: {}, skipped: why });
  }

  end(step: string, result: Partial<StepResult> = {}): this {
    const verb = allSteps(this.plan.steps).find((one) => one.id === step)?.verb;
    return this.add({ type: 'step-ended', step, result: { ...done, ...(verb && runsProgram(verb) ? { exit: 0 } : {}), ...result } });
  }

  /** A whole step. */
  did(step: string, result: Partial<StepResult> = {}): this {
    return this.start(step).end(step, result);
  }

  /** `at`: seconds from the start, where it was written earlier than it was read. */
  log(host: string, program: Program, text: string, options: { at?: number; level?: string } = {}): this {
    const { at, level } = options;
    return this.add(
      { type: 'log', host, program, text, source: 'stream', ...(level === undefined ? {} : { level }) },
      at === undefined ? this.#now : epoch + at * 1000,
    );
  }

  look(key: string, answer: LookAnswer | { unknown: string }, took = 0): this {
    return this.add({ type: 'look', key, answer, took });
  }

  cluster(look: ClusterLook | { unknown: string } = healthy, took = 0): this {
    return this.look('cluster:main', look, took);
  }

  /** The same answer every 200 ms, from now to `until` (seconds). */
  steadily(until: number, look: (run: this) => void): this {
    for (; this.#now < epoch + until * 1000; this.#now += 200) look(this);
    return this.at(until);
  }

  /** Streams read up to now. */
  read(...names: string[]): this {
    return this.add({ type: 'read-through', hosts: names.length > 0 ? names : hosts, through: this.#now });
  }

  mark(step: string, name: string, mark: Partial<MarkEvent> = {}): this {
    this.start(step);
    this.add({
      type: 'mark',
      name,
      lsn: lsn('0/5000'),
      xid: '700',
      time: '2026-11-22 20:00:00+00',
      timeline: 1,
      wal: '000000010000000000000005',
      systemId: '7000',
      row: 1000,
      ancestry: [],
      ...mark,
    });
    return this.end(step);
  }

  heartbeat(late = 0): this {
    return this.add({ type: 'heartbeat', late });
  }

  complete(ending: Partial<RunEnded> = {}): this {
    return this.read().add({ type: 'run-ended', reason: 'completed', ...ending });
  }

  /** Judged offline and as a live run is, asking what the runner asks after every event: both must be the same. */
  verdict(): Verdict {
    const offline = judge(this.plan, this.events, this.rows);
    const live = createJudge(this.plan);
    const rows = [...this.rows].sort((a, b) => (a.settled ?? 0) - (b.settled ?? 0));
    for (const event of this.events) {
      for (; (rows[0]?.settled ?? 0) <= event.at && rows.length > 0; rows.shift()) live.feedRow(rows[0] as LedgerRow);
      live.feed(event);
      live.active();
      live.findings();
    }
    for (const row of rows) live.feedRow(row);
    expect(live.end()).toEqual(offline);
    return offline;
  }

  /** What decided, or `pass`. */
  because(): Finding | 'pass' {
    const { verdict, because } = this.verdict();
    if (verdict === 'pass') return 'pass';
    if (!because) throw new Error('not passed, and nothing decided');
    return because;
  }

  step(id: string): StepOutcome {
    const step = this.verdict().steps.find((one) => one.id === id);
    if (!step) throw new Error(`no step ${id}`);
    return step;
  }

  clause(id: string, index = 0): ClauseOutcome {
    const clause = this.step(id).clauses?.[index];
    if (!clause) throw new Error(`step ${id} has no clause ${index}`);
    return clause;
  }
}

/** `count` acknowledged rows of timeline 1 from id `first` on, 16 bytes of WAL each, from `from` on. */
export function acked(first: number, count: number, from: string, more: Partial<LedgerRow> = {}): LedgerRow[] {
  const start = Number.parseInt(from.split('/')[1] ?? '0', 16);
  return Array.from({ length: count }, (_, index) => ({
    id: first + index,
    outcome: 'acked' as const,
    host: 'pg1',
    timeline: 1,
    after: lsn(`0/${(start + index * 16).toString(16)}`),
    before: lsn(`0/${(start + index * 16 + 16).toString(16)}`),
    ...more,
  }));
}

export function ledgerLook(rows: LedgerLook['rows'], more: Partial<LedgerLook> = {}): LedgerLook {
  return { kind: 'ledger', host: 'pg1', timeline: 1, systemId: '7000', ancestry: [], end: lsn('0/9000'), rows, damaged: [], ...more };
}
