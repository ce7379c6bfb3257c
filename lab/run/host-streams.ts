/**
 * Reads every host's log stream into the history, across restarts, without losing or doubling a line; and tells up to where
 * everything was read.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { poll } from '../core/deadline.ts';
import { seconds } from '../core/duration.ts';
import { hostWords } from '../core/event.ts';
import { LabError } from '../core/problem.ts';
import { listens } from '../engine/commands.ts';
import { type Docker, statusOf } from '../engine/connect.ts';
import { type Host, isRemoved, type Lab } from '../engine/lab.ts';
import { engineTime, firstMark, justAfter, readLog, type StreamLine } from '../engine/log-stream.ts';
import { hostChanges } from '../engine/watch.ts';
import { continues, join, type LogEntry, readEntry, readMark } from '../observe/log-entry.ts';
import type { History } from './history.ts';

/** How long an entry waits for a continuation line, ms. Lines written at once arrive at once. */
const continuationWait = 20;

/** How long a stream may take to bring what the engine has. */
const patience = seconds(10);

/** That everything was read which was written so far, or that no mark will come: the host is paused, or died. */
type News = 'read' | 'silent';

interface HostReader {
  readonly host: Host;
  state: 'running' | 'paused' | 'stopped';
  /** Where reading begins, as the engine's `since`. */
  readonly from: string | undefined;
  /** The last line read. */
  last?: StreamLine;
  /** How many lines with its stamp were read. */
  lastTwins: number;
  /** Until the host is known to be down: from a stream's end on, the engine is asked that. */
  attached: boolean;
  /** Whether a start was heard since the stream began. */
  started: boolean;
  /** Whether the host's init heeds signals since its start. */
  listens: boolean;
  /** Called at every barrier and every end of the stream, and when the host is paused or dies. */
  readonly waiting: Set<(news: News) => void>;
  /** Barriers of one host follow each other: a mark belongs to one of them. */
  barriers: Promise<void>;
  held?: { entry: LogEntry; at: number };
  flush?: NodeJS.Timeout;
}

export interface HostStreams {
  /**
   * Waits until every stream of `hosts` was read past this moment, and records that. Of a host that is down or paused that is
   * all it wrote. Throws LabError where a stream does not get there in time.
   */
  readonly readThrough: (hosts: readonly string[]) => Promise<void>;
  readonly stateOf: (host: string) => 'running' | 'paused' | 'stopped';
  /** Resolves after the last stream ended. */
  readonly stop: () => Promise<void>;
}

/**
 * `since`: from when on lines are read, Unix ms by the engine's clock; from the first by default. What happens to hosts is told from
 * the moment on when `lab` was seen: nothing is lost between its hosts' states and their changes.
 */
export function followHosts(docker: Docker, lab: Lab, history: History, onTrouble: (error: unknown) => void, since?: number): HostStreams {
  const stopping = new AbortController();
  const from = since === undefined ? undefined : engineTime(since);
  const readers = new Map(
    lab.hosts.map((host): [string, HostReader] => [
      host.name,
      {
        host,
        state: stateOf(host),
        from,
        lastTwins: 0,
        attached: false,
        started: false,
        listens: false,
        waiting: new Set(),
        barriers: Promise.resolve(),
      },
    ]),
  );
  const signal = stopping.signal;
  const trouble = (error: unknown) => {
    if (!signal.aborted) onTrouble(error);
  };
  const loops: Promise<void>[] = [];
  const attach = (reader: HostReader) => {
    if (reader.attached) return;
    reader.attached = true;
    loops.push(read(docker, reader, history, signal).catch(trouble));
  };
  for (const reader of readers.values()) attach(reader);

  const watch = async () => {
    for await (const { host, change, at } of hostChanges(docker, lab.id, signal, (lab.seen + history.offset) / 1000)) {
      const reader = readers.get(host);
      // Signals are not news of a host: what they bring about is.
      if (!reader || change === 'kill') continue;
      reader.state = stateAfter[change];
      history.recordLog({ host, program: 'lab', level: 'INFO', text: hostWords[change], source: 'stream' }, at);
      if (change === 'start') {
        reader.started = true;
        attach(reader);
      }
      if (change === 'die') reader.listens = false;
      if (change === 'pause' || change === 'die') release(reader, 'silent');
    }
  };
  loops.push(watch().catch(trouble));

  return {
    readThrough: async (hosts) => {
      // Lines bear the engine's own time, of which ours is an estimate: what was read may seem to be of a moment that is still to come.
      const through = Math.max(history.now(), ...hosts.map((name) => readers.get(name)?.last?.at ?? 0));
      await Promise.all(hosts.map((name) => barrier(docker, readers.get(name), name, history)));
      history.record({ type: 'read-through', hosts: [...hosts], through });
    },
    stateOf: (host) => readers.get(host)?.state ?? 'stopped',
    stop: async () => {
      stopping.abort();
      await Promise.all(loops);
    },
  };
}

const stateAfter = { start: 'running', die: 'stopped', pause: 'paused', unpause: 'running', destroy: 'stopped' } as const;

function stateOf({ state }: Host): HostReader['state'] {
  return state === 'running' || state === 'paused' ? state : 'stopped';
}

async function read(docker: Docker, reader: HostReader, history: History, signal: AbortSignal): Promise<void> {
  while (reader.attached) {
    reader.started = false;
    const border = reader.last?.stamp;
    let again = reader.lastTwins;
    try {
      for await (const line of readLog(docker, reader.host.container, { follow: true, signal, ...unread(reader) })) {
        // What has the stamp of a whole second comes again after what was read of that second.
        if (line.stamp === border && again > 0) {
          again -= 1;
          continue;
        }
        reader.lastTwins = line.stamp === reader.last?.stamp ? reader.lastTwins + 1 : 1;
        reader.last = line;
        take(reader, line.at, line.text, history);
      }
    } catch (error) {
      if (!isRemoved(error)) throw error;
    }
    letGo(reader, history);
    release(reader, 'read');
    // The stream ends when the host stops; one that was started again is read on. The start may be heard while the engine is asked.
    reader.attached = !signal.aborted && ((await runs(docker, reader.host)) || reader.started);
  }
  if (!signal.aborted) reader.state = 'stopped';
}

/** What was not read yet, as a source of lines. */
function unread({ last, from }: HostReader): { since?: string } {
  const since = last === undefined ? from : justAfter(last.stamp);
  return since === undefined ? {} : { since };
}

/** A host that was removed does not; another may take its name, and its start is an event. */
async function runs(docker: Docker, host: Host): Promise<boolean> {
  try {
    return (await docker.getContainer(host.container).inspect()).State.Running;
  } catch (error) {
    if (isRemoved(error)) return false;
    throw error;
  }
}

function take(reader: HostReader, at: number, line: string, history: History): void {
  const text = line.replace(readMark, '');
  if (text !== '' || line === '') takeLine(reader, at, text, history);
  if (text === line) return;
  letGo(reader, history);
  if (line.endsWith(firstMark)) {
    // Nobody asked for it.
    reader.listens = true;
    return;
  }
  release(reader, 'read');
}

function takeLine(reader: HostReader, at: number, text: string, history: History): void {
  if (reader.held && continues(reader.held.entry, text)) {
    reader.held = { entry: join(reader.held.entry, text), at: reader.held.at };
    return;
  }
  letGo(reader, history);
  const entry = readEntry(text);
  reader.held = { entry, at };
  reader.flush = setTimeout(() => letGo(reader, history), continuationWait);
}

function letGo(reader: HostReader, history: History): void {
  clearTimeout(reader.flush);
  if (!reader.held) return;
  const { entry, at } = reader.held;
  delete reader.held;
  history.recordLog({ host: reader.host.name, ...entry, source: 'stream' }, at);
}

function release(reader: HostReader, news: News): void {
  for (const resolve of reader.waiting) resolve(news);
  reader.waiting.clear();
}

async function barrier(docker: Docker, reader: HostReader | undefined, name: string, history: History): Promise<void> {
  if (!reader) throw new LabError(`there is no host ${name} to read`);
  const mine = reader.barriers.then(() => pass(docker, reader, history));
  reader.barriers = mine.catch(() => undefined);
  await mine;
}

async function pass(docker: Docker, reader: HostReader, history: History): Promise<void> {
  if (!reader.attached) return;
  if (reader.state === 'running' && (await readToMark(docker, reader)) === 'read') return;
  await readToEnd(docker, reader);
  letGo(reader, history);
}

async function readToMark(docker: Docker, reader: HostReader): Promise<News> {
  let passed: Promise<News>;
  try {
    reader.listens ||= await listens(docker, reader.host.container);
    if (!reader.listens) return 'silent';
    passed = new Promise((resolve) => reader.waiting.add(resolve));
    await docker.getContainer(reader.host.container).kill({ signal: 'SIGUSR1' });
  } catch (error) {
    // It died, or was removed, between the question and the signal.
    if (statusOf(error) !== 409 && !isRemoved(error)) throw error;
    return 'silent';
  }
  const news = await Promise.race([passed, delay(patience, 'late' as const, { ref: false })]);
  if (news === 'late') throw standsStill(reader);
  return news;
}

/** A host that is paused or dead prints no mark. It writes nothing more either: all of it is read where the engine's last line is. */
async function readToEnd(docker: Docker, reader: HostReader): Promise<void> {
  const end = await lastUnread(docker, reader);
  const isThere = async () => !reader.attached || end === undefined || (reader.last?.at ?? 0) >= end;
  const { met } = await poll(isThere, Boolean, { within: patience, intervals: [continuationWait] });
  if (!met) throw standsStill(reader);
}

/** When the engine got the last line that we have not read; undefined where there is none. A host that was removed has no last line but the stream's. */
async function lastUnread(docker: Docker, reader: HostReader): Promise<number | undefined> {
  let at: number | undefined;
  try {
    for await (const line of readLog(docker, reader.host.container, { follow: false, tail: 1, ...unread(reader) })) at = line.at;
  } catch (error) {
    if (!isRemoved(error)) throw error;
    return Number.POSITIVE_INFINITY;
  }
  return at;
}

function standsStill({ host }: HostReader): LabError {
  return new LabError(`the log stream of ${host.name} stands still`);
}
