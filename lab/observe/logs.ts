/** The hosts' log streams as one, in time order by the engine's clock. Only reads; a restarted host is read on without losing or doubling a line. */
import { setTimeout as delay } from 'node:timers/promises';
import { type Docker, statusOf } from '../engine/connect.ts';
import type { Host } from '../engine/lab.ts';
import { engineTime, readLog, type StreamLine } from '../engine/log-stream.ts';
import type { HostName } from '../topology/blueprint.ts';
import { continues, join, type LogEntry, readEntry } from './log-entry.ts';

export interface LogRecord {
  readonly host: HostName;
  /** The engine's clock: Unix ms, microseconds as the fraction. */
  readonly at: number;
  readonly entry: LogEntry;
  /** As the program wrote it, continuation lines included. */
  readonly raw: string;
}

export interface LogQuestion {
  readonly hosts: readonly Host[];
  /** Unix ms by the engine's clock; from the first line by default. */
  readonly since?: number;
  /** Goes on until `signal` aborts or every host is gone. */
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

/** Hosts write at the same time and are read one chunk after the other: so long (ms) a line waits for an earlier one. */
const reorderWindow = 150;
/** How far back (ms) a stream is read again after a restart: stdout and stderr are stamped apart, so the last stamp is no border. */
const overlap = 2_000;

export async function* readLogs(docker: Docker, question: LogQuestion): AsyncGenerator<LogRecord> {
  const tails = new Map(question.hosts.map((host) => [host.name, new Tail()]));
  const tailOf = (host: Host) => tails.get(host.name) ?? new Tail();
  yield* merge(question.hosts.map((host) => entriesOf(host, known(docker, host, question.since, tailOf(host)))));
  if (question.follow) yield* live(docker, question, tailOf);
}

/** What a host has said until now. */
async function* known(docker: Docker, host: Host, since: number | undefined, tail: Tail): AsyncGenerator<StreamLine> {
  for await (const line of readLog(docker, host.container, {
    follow: false,
    ...(since === undefined ? {} : { since: engineTime(since) }),
  })) {
    tail.isNew(line);
    yield line;
  }
}

async function* entriesOf(host: Host, lines: AsyncIterable<StreamLine>): AsyncGenerator<LogRecord> {
  let held: LogRecord | undefined;
  for await (const line of lines) {
    const joined: LogRecord | undefined = held && extended(held, line.text);
    if (!joined && held) yield held;
    held = joined ?? record(host, line);
  }
  if (held) yield held;
}

function record(host: Host, line: StreamLine): LogRecord {
  return { host: host.name, at: line.at, entry: readEntry(line.text), raw: line.text };
}

function extended(before: LogRecord, text: string): LogRecord | undefined {
  return continues(before.entry, text) ? { ...before, entry: join(before.entry, text), raw: `${before.raw}\n${text}` } : undefined;
}

async function* merge(sources: readonly AsyncGenerator<LogRecord>[]): AsyncGenerator<LogRecord> {
  const heads = await Promise.all(sources.map(async (source) => ({ source, next: await source.next() })));
  for (;;) {
    let first: (typeof heads)[number] | undefined;
    for (const head of heads)
      if (!head.next.done && (first?.next.value === undefined || head.next.value.at < first.next.value.at)) first = head;
    if (!first) return;
    yield first.next.value as LogRecord;
    first.next = await first.source.next();
  }
}

async function* live(docker: Docker, { hosts, since, signal }: LogQuestion, tailOf: (host: Host) => Tail): AsyncGenerator<LogRecord> {
  let held: { record: LogRecord; readonly arrived: number }[] = [];
  let open = hosts.length;
  let trouble: unknown;
  const take = (host: Host, line: StreamLine) => {
    const last = held.findLast((each) => each.record.host === host.name);
    const joined = last && extended(last.record, line.text);
    if (last && joined) last.record = joined;
    else held.push({ record: record(host, line), arrived: performance.now() });
  };
  for (const host of hosts) {
    followHost(docker, host, { since, signal, tail: tailOf(host), take: (line) => take(host, line) })
      .catch((error: unknown) => {
        trouble ??= error;
      })
      .finally(() => {
        open -= 1;
      });
  }
  while (!signal.aborted) {
    await delay(50);
    if (trouble) throw trouble;
    const border = open === 0 ? Number.POSITIVE_INFINITY : performance.now() - reorderWindow;
    const ripe = held.filter(({ arrived }) => arrived <= border);
    held = held.filter(({ arrived }) => arrived > border);
    yield* ripe.map((each) => each.record).sort((a, b) => a.at - b.at);
    if (open === 0 && held.length === 0) return;
  }
}

interface Following {
  readonly since: number | undefined;
  readonly signal: AbortSignal;
  readonly tail: Tail;
  readonly take: (line: StreamLine) => void;
}

/** A stream ends when its host stops; it is taken up again when the host runs, until the host is gone. */
async function followHost(docker: Docker, host: Host, { since, signal, tail, take }: Following): Promise<void> {
  while (!signal.aborted) {
    const from = tail.border ?? since;
    for await (const line of readLog(docker, host.container, {
      follow: true,
      signal,
      ...(from === undefined ? {} : { since: engineTime(from) }),
    })) {
      if (tail.isNew(line)) take(line);
    }
    do {
      if (signal.aborted) return;
      await delay(250);
    } while ((await stateOf(docker, host)) === 'stopped');
    if ((await stateOf(docker, host)) === 'gone') return;
  }
}

async function stateOf(docker: Docker, host: Host): Promise<'running' | 'stopped' | 'gone'> {
  try {
    return (await docker.getContainer(host.container).inspect()).State.Running ? 'running' : 'stopped';
  } catch (error) {
    if (statusOf(error) === 404) return 'gone';
    throw error;
  }
}

/** The lines at a stream's end, to tell a line that is read again from a new one. */
export class Tail {
  private readonly lines = new Map<string, number>();
  private last: number | undefined;

  /** Where to read on; undefined where nothing was read. */
  get border(): number | undefined {
    return this.last === undefined ? undefined : this.last - overlap;
  }

  /** False for a line that was taken before. */
  isNew(line: StreamLine): boolean {
    const key = `${line.stamp} ${line.text}`;
    if (this.lines.has(key)) return false;
    this.lines.set(key, line.at);
    this.last = Math.max(this.last ?? line.at, line.at);
    // Lines come almost in order, so the oldest stand first.
    for (const [old, at] of this.lines) {
      if (at >= this.last - 2 * overlap) break;
      this.lines.delete(old);
    }
    return true;
  }
}
