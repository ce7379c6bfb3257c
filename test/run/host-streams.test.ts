/** Streams of one host, on an engine that says what a test has it say, when it has it say that. */
import { PassThrough } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { Event } from '../../lab/core/event.ts';
import type { Docker } from '../../lab/engine/connect.ts';
import type { Lab } from '../../lab/engine/lab.ts';
import { labelKeys } from '../../lab/engine/labels.ts';
import { History } from '../../lab/run/history.ts';
import { followHosts } from '../../lab/run/host-streams.ts';

class Kept extends History {
  readonly events: Event[] = [];
  protected keep(event: Event): void {
    this.events.push(event);
  }
  said(): string[] {
    return this.events.map((event) => (event.type === 'log' ? event.text : event.type));
  }
}

/** As the engine frames what a container prints (Docker Engine API, "Attach to a container"), with its time stamp. */
function frame(text: string): Buffer {
  const body = Buffer.from(`${new Date().toISOString().replace('Z', '000000Z')} ${text}\n`);
  const head = Buffer.alloc(8);
  head[0] = 1;
  head.writeUInt32BE(body.length, 4);
  return Buffer.concat([head, body]);
}

function start() {
  const followers = new Set<PassThrough>();
  const news = new PassThrough();
  const engine = { inspect: async () => ({ State: { Running: true } }) };
  const container = {
    logs: async () => {
      const stream = new PassThrough();
      followers.add(stream);
      return stream;
    },
    inspect: () => engine.inspect(),
    kill: async () => undefined,
  };
  const docker = { getContainer: () => container, getEvents: async () => news } as unknown as Docker;
  const lab = { id: 'lab', hosts: [{ name: 'pg1', container: 'c', state: 'running' }] } as unknown as Lab;
  const history = new Kept(0);
  const streams = followHosts(docker, lab, history, (error) => {
    throw error;
  });
  const endStreams = () => {
    for (const stream of followers) stream.end();
    followers.clear();
  };
  onTestFinished(async () => {
    engine.inspect = async () => ({ State: { Running: false } });
    const stopped = streams.stop();
    endStreams();
    news.end();
    await stopped;
  });
  return {
    ...{ history, streams, engine, endStreams },
    print: async (text: string) => {
      for (const stream of followers) stream.write(frame(text));
      await delay(50);
    },
    happens: async (action: string) => {
      news.write(`${JSON.stringify({ Action: action, Actor: { Attributes: { [labelKeys.host]: 'pg1' } }, timeNano: Date.now() * 1e6 })}\n`);
      await delay(20);
    },
  };
}

test('a host whose start is heard while the engine is still asked whether it runs is read once', async () => {
  const { history, engine, endStreams, print, happens } = start();
  await delay(20);
  await print('before');
  let answer: () => void = () => undefined;
  engine.inspect = () =>
    new Promise((resolve) => {
      answer = () => resolve({ State: { Running: true } });
    });
  await happens('die');
  endStreams();
  await delay(20);
  await happens('start');
  answer();
  await delay(20);
  await print('after');
  expect(history.said()).toEqual(['before', 'host stopped', 'host started', 'after']);
});

test('a host that died is read through when its last words are', async () => {
  const { history, streams, engine, endStreams, print, happens } = start();
  await delay(20);
  await happens('die');
  engine.inspect = async () => ({ State: { Running: false } });
  const through = streams.readThrough(['pg1']);
  await print('last words');
  endStreams();
  await through;
  expect(history.said()).toEqual(['host stopped', 'last words', 'read-through']);
});

test('a host that was paused is read through when its last entry is whole', async () => {
  const { history, streams, print, happens } = start();
  await delay(20);
  await happens('pause');
  const printed = print('last words');
  await streams.readThrough(['pg1']);
  await printed;
  expect(history.said()).toEqual(['host frozen', 'last words', 'read-through']);
});
