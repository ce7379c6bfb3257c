import { expect, test } from 'vitest';
import { Pause } from '../../../lab/run/live/pause.ts';

const never = new AbortController().signal;

async function took(wait: Promise<void>): Promise<number> {
  const started = performance.now();
  await wait;
  return performance.now() - started;
}

test('a reason cuts a pause short, also one that came while nobody paused, and once only', async () => {
  const pause = new Pause();
  const waiting = took(pause.of(60_000, never));
  pause.cutShort();
  pause.cutShort();
  expect(await waiting).toBeLessThan(5000);
  pause.cutShort();
  expect(await took(pause.of(60_000, never))).toBeLessThan(5000);
  expect(await took(pause.of(400, never))).toBeGreaterThan(390);
});

test('the end of the watching ends a pause at once', async () => {
  const ending = new AbortController();
  const waiting = new Pause().of(60_000, ending.signal);
  ending.abort();
  await waiting;
  await new Pause().of(60_000, ending.signal);
});
