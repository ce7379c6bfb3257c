/** Folds a run's events, as they come, into what the page draws. Knows no browser. */
import type { ClusterLook, Event, LogEvent, Program } from '../core/event.ts';
import { lsnValue } from '../core/lsn.ts';
import { Newest } from '../core/newest.ts';
import { followJobs } from './jobs.ts';
import { followMembers } from './member-spans.ts';
import { type LogLine, laneOf, type Model, type Severity } from './model.ts';
import { followOptions } from './options.ts';
import { followWal } from './wal-curves.ts';

export interface ModelFold {
  readonly model: Model;
  readonly feed: (event: Event) => void;
}

export function foldModel(): ModelFold {
  const model: Model = {
    start: Number.POSITIVE_INFINITY,
    end: Number.NEGATIVE_INFINITY,
    ready: undefined,
    over: false,
    repo: undefined,
    lanes: new Map(),
    lines: [],
    steps: [],
    leaderWal: [],
    archivedWal: [],
    marks: [],
    changes: [],
    looks: new Map(),
    settings: new Map(),
  };
  /** By key, as recorded last: what `look-again` is the same as. */
  const clusters = new Map<string, ClusterLook>();
  const newest = new Newest<ClusterLook>();
  const members = followMembers(model);
  const jobs = followJobs(model);
  const options = followOptions(model);
  const wal = followWal(model);

  function log(event: LogEvent & { seq: number; at: number }): void {
    const { seq, at, host, program, text, level = '' } = event;
    const line: LogLine = { seq, at, host, program, severity: severityOf(level, program, text), level, text };
    insertByTime(model.lines, line);
    insertByTime(laneOf(model, host).lines, line);
    members.log(line);
    jobs.log(line);
    options.log(line);
    wal.log(line);
  }

  function look(event: Extract<Event, { type: 'look' | 'look-again' }>): void {
    model.looks.set(event.seq, event.at);
    if (event.type === 'look' && 'kind' in event.answer) {
      if (event.answer.kind === 'cluster') clusters.set(event.key, event.answer);
      if (event.answer.kind === 'etcd') members.etcd(event.at, event.answer);
      if (event.answer.kind === 'repo') jobs.look(event.answer);
      if (event.answer.kind === 'settings') model.settings.set(event.answer.host, { at: event.at, look: event.answer });
    }
    const cluster = clusters.get(event.key);
    if (!cluster || !newest.take(event.key, event.at - (event.took ?? 0), cluster)) return;
    members.look(event.at, cluster);
    if (cluster.cluster === 'main') wal.look(event.at, cluster);
  }

  return {
    model,
    feed: (event) => {
      model.start = Math.min(model.start, event.at);
      model.end = Math.max(model.end, event.at);
      switch (event.type) {
        case 'run-started': {
          model.ready = event.at;
          model.repo = event.repo?.[0];
          const inClusters = Object.values(event.clusters).flat();
          for (const host of inClusters) laneOf(model, host, 'member');
          for (const host of event.hosts.toSorted((a, b) => rank(event.repo, a) - rank(event.repo, b))) laneOf(model, host);
          return;
        }
        case 'log':
          return log(event);
        case 'look':
        case 'look-again':
          return look(event);
        case 'step-started':
          if (event.skipped === undefined)
            model.steps.push({ id: event.step, title: event.title, from: event.at, to: undefined, result: undefined });
          return;
        case 'step-ended': {
          // A step that was tried again is there twice.
          const step = model.steps.findLast((one) => one.id === event.step);
          if (step) Object.assign(step, { to: event.at, result: event.result });
          return;
        }
        case 'mark':
          model.marks.push({ at: event.at, position: Number(lsnValue(event.lsn)), timeline: event.timeline, label: event.name });
          model.changes.push({ at: event.at, kind: 'mark', text: `mark ${event.name}: ${event.lsn}, timeline ${event.timeline}` });
          return;
        case 'run-ended':
          model.over = true;
          return;
        case 'read-through':
        case 'heartbeat':
      }
    },
  };
}

/** Repository hosts stand before etcd's. */
const rank = (repo: readonly string[] | undefined, host: string) => (repo?.includes(host) ? 0 : 1);

/** Hosts are read one after another, so lines come almost in order. */
function insertByTime(lines: LogLine[], line: LogLine): void {
  let place = lines.length;
  while (place > 0 && (lines[place - 1] as LogLine).at > line.at) place -= 1;
  if (place === lines.length) lines.push(line);
  else lines.splice(place, 0, line);
}

const words: Readonly<Record<string, Severity>> = {
  PANIC: 'error',
  FATAL: 'error',
  CRITICAL: 'error',
  ERROR: 'error',
  WARNING: 'warning',
  WARN: 'warning',
  DEBUG: 'debug',
  DETAIL: 'debug',
  TRACE: 'debug',
};

/** PostgreSQL says FATAL to whoever connects too early, and that is no more than a warning to anybody else. */
function severityOf(level: string, program: Program, text: string): Severity {
  if (program === 'postgres' && /^the database system is (starting up|shutting down|not yet accepting connections)/.test(text))
    return 'warning';
  if (program === 'lab' && /^host (stopped|frozen|removed)/.test(text)) return 'warning';
  return words[level.replace(/\d$/, '')] ?? 'info';
}
