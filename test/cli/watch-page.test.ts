import { request } from 'node:http';
import { afterEach, expect, it } from 'vitest';
import { openWatchPage, type WatchPage } from '../../lab/cli/watch-page.ts';
import { redactor } from '../../lab/core/redact.ts';
import { planOf, Run } from '../verdict/a-run.ts';

let page: WatchPage | undefined;
afterEach(() => page?.close());

const open = async (secrets = {}) => {
  page = await openWatchPage('demo', redactor(secrets));
  return page;
};
const { events } = new Run(planOf('- start: pg1')).heartbeat().log('pg1', 'patroni', 'password is correct-horse').cluster();

/** Everything that is sent until `act` has the page closed. */
async function received(address: string, act: () => void): Promise<string> {
  const response = await fetch(new URL('/events', address));
  act();
  return response.text();
}
const status = (address: string, headers: Record<string, string>, method = 'GET') =>
  new Promise<number | undefined>((resolve, reject) => {
    request(address, { headers, method }, (response) => resolve(response.resume().statusCode))
      .on('error', reject)
      .end();
  });

it('sends what happened before somebody looked, and what happens then', async () => {
  const { address, take, close } = await open();
  const [first, heartbeat, ...rest] = events;
  for (const event of [first, heartbeat]) if (event) take(event);
  const text = await received(address, () => {
    for (const event of rest) take(event);
    close();
  });
  const sent = text
    .split('\n\n')
    .filter((message) => message !== '')
    .map((message) => JSON.parse(message.replace(/^data: /, '')));
  expect(sent).toEqual([first, ...rest]);
});

it('takes passwords out', async () => {
  const { address, take, close } = await open({ superuser: 'correct-horse' });
  for (const event of events) take(event);
  const text = await received(address, close);
  expect(text).toContain('password is <superuser>');
  expect(text).not.toContain('correct-horse');
});

it('answers this machine alone, and only to be read', async () => {
  const { address } = await open();
  expect(new URL(address).hostname).toBe('127.0.0.1');
  expect(await status(address, {})).toBe(200);
  expect(await status(address, { host: 'elsewhere.example' })).toBe(403);
  expect(await status(address, {}, 'POST')).toBe(405);
  expect(await status(`${address}etc`, {})).toBe(404);
});
