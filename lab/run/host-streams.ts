/**
 * Reads every host's log stream into the history, across restarts, without losing or doubling a line; and tells up to where
 * everything was read.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { hostWords } from '../core/event.ts';
import { LabError } from '../core/problem.ts';
import type { Docker } from '../engine/connect.ts';
import { type Host, isRemoved, type Lab } from '../engine/lab.ts';
import { engineTime, justAfter, readLog, type StreamLine } from '../engine/log-stream.ts';
import { hostChanges } from '../engine/watch.ts';
import { continues, join, type LogEntry, readEntry, readMark } from '../observe/log-entry.ts';
import type { History } from './history.ts';

/** How long an entry waits for a continuation line, ms. Lines written at once arrive at once. */
const continuationWait = 20;

interface HostReader {
  readonly host: Host;
  state: 'running' | 'paused' | 'stopped';
  /** Where reading begins, as the engine's `since`. */
  readonly from: string | undefined;
  /** The last line read. */
  last?: StreamLine;
  attached: boolean;
  /** Called at every barrier, at every end of the stream, and when the host is paused. */
  readonly waiting: Set<() => void>;
  /** Barriers of one host follow each other: a mark belongs to one of them. */
  barriers: Promise<void>;
  held?: { entry: LogEntry; at: number };
  flush?: NodeJS.Timeout;
}

export interface HostStreams {
  /**
   * Waits until every stream of `hosts` was read past this moment, and records that. A host that is down or paused writes
   * nothing. Throws LabError where a running host's stream does not get there within 10 s.
   */
  readonly readThrough: (hosts: readonly string[]) => Promise<void>;
  readonly stateOf: (host: string) => 'running' | 'paused' | 'stopped';
  /** Resolves after the last stream ended. */
  readonly stop: () => Promise<void>;
}

/** `since`: Unix ms by the engine's clock; from the first line by default. */
export function followHosts(docker: Docker, lab: Lab, history: History, onTrouble: (error: unknown) => void, since?: number): HostStreams {
  const stopping = new AbortController();
  const from = since === undefined ? undefined : engineTime(since);
  const readers = new Map(
    lab.hosts.map((host): [string, HostReader] => [
      host.name,
      { host, state: stateOf(host), from, attached: false, waiting: new Set(), barriers: Promise.resolve() },
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

  const began = history.now() / 1000;
  const watch = async () => {
    // The engine takes a while to answer; what happens meanwhile is news as well.
    for await (const { host, change } of hostChanges(docker, lab.id, signal, began)) {
      const reader = readers.get(host);
      // Signals are not news of a host: what they bring about is.
      if (!reader || change === 'kill') continue;
      reader.state = stateAfter[change];
      history.recordLog({ host, program: 'lab', level: 'INFO', text: hostWords[change], source: 'stream' }, history.now());
      if (change === 'start') attach(reader);
      if (change === 'pause') release(reader);
    }
  };
  loops.push(watch().catch(trouble));

  return {
    readThrough: async (hosts) => {
      // Lines bear the engine's own time, of which ours is an estimate: what was read may seem to be of a moment that is still to come.
      const through = Math.max(history.now(), ...hosts.map((name) => readers.get(name)?.last?.at ?? 0));
      await Promise.all(hosts.map((name) => barrier(docker, readers.get(name), name)));
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
  const from = reader.last === undefined ? reader.from : justAfter(reader.last.stamp);
  const source = { follow: true, signal, ...(from === undefined ? {} : { since: from }) };
  try {
    for await (const line of readLog(docker, reader.host.container, source)) {
      reader.last = line;
      take(reader, line.at, line.text, history);
    }
  } catch (error) {
    if (!isRemoved(error)) throw error;
  }
  reader.attached = false;
  letGo(reader, history);
  release(reader);
  if (signal.aborted) return;
  // The stream ends when the host stops; one that was started again meanwhile is read on, if its start was not heard first.
  const isUp = await runs(docker, reader.host);
  if (reader.attached) return;
  if (isUp) {
    reader.attached = true;
    await read(docker, reader, history, signal);
  } else reader.state = 'stopped';
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
  release(reader);
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

function release(reader: HostReader): void {
  for (const resolve of reader.waiting) resolve();
  reader.waiting.clear();
}

async function barrier(docker: Docker, reader: HostReader | undefined, name: string): Promise<void> {
  if (!reader) throw new LabError(`there is no host ${name} to read`);
  const mine = reader.barriers.then(() => pass(docker, reader));
  reader.barriers = mine.catch(() => undefined);
  await mine;
}

async function pass(docker: Docker, reader: HostReader): Promise<void> {
  if (!reader.attached) return;
  // Its init stands still as well. What it wrote just before is on its way, and its last entry may wait for a continuation.
  if (reader.state === 'paused') return void (await delay(2 * continuationWait));
  const passed = new Promise<void>((resolve) => reader.waiting.add(resolve));
  // The stream of a host that stopped ends by itself, after its last words.
  if (reader.state === 'running') await askForMark(docker, reader);
  const late = delay(10_000, 'late' as const, { ref: false });
  if ((await Promise.race([passed, late])) === 'late') throw new LabError(`the log stream of ${reader.host.name} stands still`);
}

async function askForMark(docker: Docker, { host }: HostReader): Promise<void> {
  try {
    await docker.getContainer(host.container).kill({ signal: 'SIGUSR1' });
  } catch (error) {
    // It died between the question and the signal.
    if ((error as { statusCode?: number }).statusCode !== 409) throw error;
  }
}
