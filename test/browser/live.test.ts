import { afterAll, beforeAll, expect, it } from 'vitest';
import { openWatchPage } from '../../lab/cli/watch-page.ts';
import { failedOver, planOf, Run } from '../verdict/a-run.ts';
import { screenshot, TestBrowser } from './browser.ts';

let browser: TestBrowser;
beforeAll(async () => {
  browser = await TestBrowser.start();
});
afterAll(() => browser?.stop());

it('shows a failover as it happens, follows it, and keeps what it saw when the watching ends', async () => {
  const run = new Run(planOf('- start: pg1')).cluster();
  const served = await openWatchPage('demo', String);
  const send = (from: number) => {
    for (const event of run.events.slice(from)) served.take(event);
  };
  send(0);
  const { page, troubles } = await browser.open(served.address);
  await page.getByText('pg1 leads on timeline 1').waitFor();

  const before = run.events.length;
  run
    .at(30)
    .log('pg1', 'lab', 'host stopped')
    .log('pg2', 'patroni', 'promoted self to leader by acquiring session lock')
    .at(31)
    .cluster(failedOver);
  send(before);
  await page.getByText('pg2 leads on timeline 2').waitFor();
  await page.locator('.row', { hasText: 'promoted self to leader' }).waitFor();
  await screenshot(page, 'live');

  served.close();
  await page.getByText('no longer watched').waitFor();
  expect(await page.locator('.row', { hasText: 'promoted self to leader' }).count()).toBe(1);
  expect(troubles.filter((trouble) => !trouble.startsWith('Failed to load resource'))).toEqual([]);
});
