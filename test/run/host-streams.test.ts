/** Streams of one host, on an engine that says what a test has it say, when it has it say that. */
import { PassThrough } from 'node:stream';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import type { Event } from '../../lab/core/event.ts';
import type { Docker } from '../../lab/engine/connect.ts';
import type { Lab } from '../../lab/engine/lab.ts';
import { labelKeys } from '../../lab/engine/labels.ts';
import { History } from '../../lab/run/history.ts';
import { followHosts, type HostStreams } from '../../lab/run/host-streams.ts';

// Time passes only when everything was done that waits for none. Fake timers reach the global one only.
vi.mock('node:timers/promises', () => ({
  setTimeout: (ms: number, value: unknown) => new Promise((resolve) => setTimeout(resolve, ms, value)),
}));
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
  return () => void vi.useRealTimers();
});

/** Whatever waits for nothing but promises and streams goes on. */
const turn = () => new Promise(setImmediate);

/** Lets time pass until `work` is done. */
async function passing<T>(work: Promise<T>): Promise<T> {
  let over = false;
  const end = () => {
    over = true;
  };
  work.then(end, end);
  for (await turn(); !over; await turn()) await vi.advanceTimersToNextTimerAsync();
  return work;
}

class Kept extends History {
  /** Log lines, and what else happened by its type. */
  readonly words: string[] = [];
  protected keep(event: Event): void {
    this.words.push(event.type === 'log' ? event.text : event.type);
  }
}

/** An engine that has one host, pg1. What it has of the host's log reaches a follower when it is delivered. */
class Engine {
  readonly #log: Buffer[] = [];
  readonly #followers = new Map<PassThrough, number>();
  readonly #events = new PassThrough();
  inspect = async () => ({ State: { Running: true, FinishedAt: '0001-01-01T00:00:00Z' } });
  /** How many lines a new follower is told again. */
  again = 0;
  stamp = () => new Date(Date.now() + this.#log.length).toISOString();
  kill = async () => this.print('lab: read mark 1');

  readonly docker = {
    getEvents: async () => this.#events,
    getContainer: () => ({
      logs: async ({ follow }: { follow: boolean }) => {
        // What was delivered was read: there is nothing since then.
        if (!follow) return [...this.#followers.values()].some((next) => next === this.#log.length) ? Buffer.alloc(0) : this.#log.at(-1);
        const stream = new PassThrough();
        this.#followers.set(stream, this.#log.length - this.again);
        return stream;
      },
      inspect: () => this.inspect(),
      kill: () => this.kill(),
    }),
  } as unknown as Docker;

  /** The engine has it, and no follower yet. */
  write(...lines: string[]): void {
    for (const line of lines) {
      const body = Buffer.from(`${this.stamp()} ${line}\n`);
      const head = Buffer.alloc(8);
      head.writeUInt32BE(body.length, 4);
      this.#log.push(Buffer.concat([head, body]));
    }
  }

  deliver(): void {
    for (const [stream, from] of this.#followers) {
      for (const entry of this.#log.slice(from)) stream.write(entry);
      this.#followers.set(stream, this.#log.length);
    }
  }

  print(...lines: string[]): void {
    this.write(...lines);
    this.deliver();
  }

  endStreams(): void {
    for (const stream of this.#followers.keys()) stream.end();
    this.#followers.clear();
  }

  tell(change: string): void {
    this.#events.write(`${JSON.stringify({ Action: change, Actor: { Attributes: { [labelKeys.host]: 'pg1' } }, timeNano: 0 })}\n`);
  }

  stop(): void {
    this.#events.end();
    this.endStreams();
  }
}

/** Whoever reads has read by then. */
async function settled(): Promise<void> {
  await turn();
  await vi.advanceTimersByTimeAsync(60);
  await turn();
}

async function follow(first = ['lab: read mark 0']): Promise<{ engine: Engine; streams: HostStreams; words: string[] }> {
  const engine = new Engine();
  const history = new Kept(0);
  const lab = { id: 'x', hosts: [{ name: 'pg1', container: 'c', state: 'running' }] } as unknown as Lab;
  const streams = followHosts(engine.docker, lab, history, (error) => history.words.push(String(error)));
  onTestFinished(async () => {
    engine.inspect = async () => ({ State: { Running: false, FinishedAt: '' } });
    const stopped = streams.stop();
    engine.stop();
    await passing(stopped);
  });
  await settled();
  engine.print(...first);
  await settled();
  return { engine, streams, words: history.words };
}

test.each([true, false])(
  'a start that is heard while the engine is asked whether the host runs: read once (answer: %s)',
  async (Running) => {
    const { engine, streams, words } = await follow();
    let answer = () => {};
    engine.inspect = () =>
      new Promise((resolve) => {
        answer = () => resolve({ State: { Running, FinishedAt: '' } });
      });
    engine.tell('die');
    engine.endStreams();
    await settled();
    engine.tell('start');
    await settled();
    answer();
    await settled();
    engine.print('after');
    await settled();
    expect(words).toEqual(['host stopped', 'host started', 'after']);
    expect(streams.stateOf('pg1')).toBe('running');
  },
);

test('what an engine that tells whole seconds brings again of the last one is read once', async () => {
  const { engine, words } = await follow();
  engine.stamp = () => '2026-11-22T18:31:16Z';
  engine.print('one', 'two', 'two');
  await settled();
  engine.again = 3;
  engine.endStreams();
  await settled();
  engine.print('two', 'three');
  await settled();
  expect(words).toEqual(['one', 'two', 'two', 'two', 'three']);
});

test('a host that runs again before its start is heard is read through', async () => {
  const { engine, streams, words } = await follow();
  engine.tell('die');
  engine.endStreams();
  await settled();
  await passing(streams.readThrough(['pg1']));
  engine.tell('start');
  await settled();
  expect(words).toEqual(['host stopped', 'read-through', 'host started']);
});

test('a host that has only just started is sent no signal before its init heeds them', async () => {
  const { engine, streams, words } = await follow([]);
  engine.kill = async () => engine.print('signalled', 'lab: read mark 1');
  const reading = streams.readThrough(['pg1']);
  await settled();
  expect(words).toEqual([]);
  engine.print('lab: read mark 0');
  await passing(reading);
  expect(words).toEqual(['signalled', 'read-through']);
});

test('a running host is read up to its mark', async () => {
  const { engine, streams, words } = await follow();
  engine.print('ERROR', '  its detail');
  await passing(streams.readThrough(['pg1']));
  expect(words).toEqual(['ERROR\n  its detail', 'read-through']);
});

test.each([
  ['die', 'host stopped'],
  ['pause', 'host frozen'],
])('the last words of a host (%s) are read before it counts as read through', async (change, said) => {
  const { engine, streams, words } = await follow();
  engine.write('last', '  words');
  engine.tell(change);
  await settled();
  const reading = streams.readThrough(['pg1']);
  await settled();
  expect(words).toEqual([said]);
  engine.deliver();
  await passing(reading);
  expect(words).toEqual([said, 'last\n  words', 'read-through']);
});

test('a host that is paused before it prints its mark is read to its last words', async () => {
  const { engine, streams, words } = await follow();
  engine.kill = async () => undefined;
  const reading = streams.readThrough(['pg1']);
  engine.write('last words');
  engine.tell('pause');
  await settled();
  engine.deliver();
  await passing(reading);
  expect(words).toEqual(['host frozen', 'last words', 'read-through']);
});

test('a stream that does not bring what the engine has is an error, and not read through', async () => {
  const { engine, streams, words } = await follow();
  engine.write('last words');
  engine.tell('die');
  await settled();
  await expect(passing(streams.readThrough(['pg1']))).rejects.toThrow('the log stream of pg1 stands still');
  expect(words).toEqual(['host stopped']);
});
