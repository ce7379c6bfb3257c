import { expect, test } from 'vitest';
import type { Host } from '../../../lab/engine/lab.ts';
import type { Live } from '../../../lab/run/live/live.ts';
import { Panel } from '../../../lab/run/live/panel.ts';

const hosts = ['pg1', 'pg2', 'pg3'].map((name) => ({ name }) as Host);

function live(states: Record<string, 'running' | 'paused' | 'stopped'>): Live {
  return { streams: { stateOf: (host: string) => states[host] ?? 'running' } } as unknown as Live;
}

test('a host that keeps silent does not hold up the others, and is not asked again meanwhile', async () => {
  let late = (_: string) => {};
  const asked: string[] = [];
  const panel = new Panel<string>(
    live({}),
    hosts,
    (host) => {
      asked.push(host.name);
      return host.name === 'pg2' ? new Promise((resolve) => (late = resolve)) : Promise.resolve('fine');
    },
    'silence',
  );
  const started = performance.now();
  expect([...(await panel.ask())]).toEqual([
    ['pg1', 'fine'],
    ['pg3', 'fine'],
  ]);
  expect(performance.now() - started).toBeLessThan(1000);
  await panel.ask();
  expect(asked).toEqual(['pg1', 'pg2', 'pg3', 'pg1', 'pg3']);
  late('back');
  expect([...(await panel.ask()).keys()]).toEqual(['pg1', 'pg2', 'pg3']);
});

test('a host that is down or frozen is not asked: it is silent', async () => {
  const panel = new Panel<string>(live({ pg1: 'stopped', pg2: 'paused' }), hosts, async ({ name }) => `${name} says`, 'silence');
  expect([...(await panel.ask()).values()]).toEqual(['silence', 'silence', 'pg3 says']);
});
