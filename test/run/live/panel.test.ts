import { expect, onTestFinished, test, vi } from 'vitest';
import type { Host } from '../../../lab/engine/lab.ts';
import type { Live } from '../../../lab/run/live/live.ts';
import { Panel } from '../../../lab/run/live/panel.ts';

// Fake timers reach the global one only.
vi.mock('node:timers/promises', () => ({ setTimeout: (ms: number) => new Promise((resolve) => setTimeout(resolve, ms)) }));

const hosts = ['pg1', 'pg2', 'pg3'].map((name) => ({ name }) as Host);

function live(states: Record<string, 'running' | 'paused' | 'stopped'>): Live {
  return { streams: { stateOf: (host: string) => states[host] ?? 'running' } } as unknown as Live;
}

test('a host that keeps silent does not hold up the others, and is not asked again meanwhile', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  let late = (_: string) => {};
  const asked: string[] = [];
  const panel = new Panel<string>(
    live({}),
    hosts,
    ({ name }) => {
      asked.push(name);
      return name === 'pg2' && asked.length > 3 ? new Promise((resolve) => (late = resolve)) : Promise.resolve(`${asked.length}`);
    },
    'silence',
  );
  const look = async () => {
    const answers = panel.ask();
    await vi.advanceTimersByTimeAsync(1000);
    return [...(await answers).values()];
  };
  await look();
  expect(await look()).toEqual(['4', '2', '6']);
  expect(await look()).toEqual(['7', '2', '8']);
  late('back');
  expect(await look()).toEqual(['9', 'back', '10']);
  expect(asked.slice(3)).toEqual(['pg1', 'pg2', 'pg3', 'pg1', 'pg3', 'pg1', 'pg3']);
});

test('the first answer of each host is waited for: a lab is not told to have lost those that nobody has heard yet', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const slow = (name: string) => new Promise<string>((resolve) => setTimeout(() => resolve(`${name} says`), 1300));
  const panel = new Panel<string>(live({}), hosts, ({ name }) => slow(name), 'silence');
  const first = panel.ask();
  await vi.advanceTimersByTimeAsync(1300);
  expect([...(await first).values()]).toEqual(['pg1 says', 'pg2 says', 'pg3 says']);
});

test('a host that is down or frozen is not asked: it is silent', async () => {
  const panel = new Panel<string>(live({ pg1: 'stopped', pg2: 'paused' }), hosts, async ({ name }) => `${name} says`, 'silence');
  expect([...(await panel.ask()).values()]).toEqual(['silence', 'silence', 'pg3 says']);
});
