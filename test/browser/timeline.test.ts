import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pageAssets } from '../../lab/cli/timeline.ts';
import { type RunRecord, renderHtml } from '../../lab/report/html.ts';
import { recorded } from '../page/a-history.ts';
import { acked, epoch, failedOver, leaderless, planOf, Run, scenarioText } from '../verdict/a-run.ts';
import { type OpenPage, screenshot, TestBrowser } from './browser.ts';

const steps = `- kill: leader
  as: death
- expect:
    log:
      on: pg2
      lines:
        - { patroni: promoted self to leader by acquiring session lock }
        - { patroni: running pg_rewind from pg3 }
      never: [{ postgres: PANIC }]
    cluster: { leader: pg2 }
  within: 20s
  as: promoted`;
const source = scenarioText(steps);
const hostile = '</script><img src=x onerror="document.title=1"><!-- <script>';

/** A failover in which one line was expected in vain, with `noise` lines around it. */
function failing(noise: number): RunRecord {
  const run = new Run(planOf(steps))
    .cluster()
    .at(1)
    .start('s1', { leader: ['pg1'] })
    .log('pg1', 'lab', 'host stopped')
    .end('s1')
    .at(2)
    .start('s2');
  run.log('pg2', 'patroni', hostile, { level: 'ERROR' });
  for (let line = 0; line < noise; line += 1)
    run.log(`pg${(line % 3) + 1}`, line % 2 ? 'patroni' : 'postgres', `line ${line}`, {
      at: 2 + (line / noise) * 18,
      level: line % 50 ? 'INFO' : 'WARNING',
    });
  run
    .cluster(leaderless)
    .at(12)
    .log('pg2', 'patroni', 'promoted self to leader by acquiring session lock', { level: 'INFO' })
    .cluster(failedOver);
  run.at(13).log('pg2', 'patroni', 'running pg_rewind from nobody\nsecond line', { level: 'WARNING' });
  run.rows = acked(1, 40, '0/6000').map((row, index) => ({ ...row, settled: epoch + index * 20 }));
  run
    .steadily(22.1, (now) => now.cluster(failedOver))
    .read()
    .end('s2')
    .complete();
  return { verdict: run.verdict(), plan: run.plan, history: run.events, ledger: run.rows, source, configs: [] };
}

let browser: TestBrowser;
beforeAll(async () => {
  browser = await TestBrowser.start();
});
afterAll(() => browser?.stop());

const open = async (record: RunRecord, hash = '', look: Parameters<TestBrowser['open']>[1] = {}): Promise<OpenPage> =>
  browser.open(`${await browser.save(renderHtml(record, pageAssets()))}${hash}`, look);
const selectedText = ({ page }: OpenPage) => page.locator('.row[aria-selected=true] .text').textContent();
const anchorOf = async ({ page }: OpenPage, part: string) => {
  await page.waitForFunction((wanted) => location.hash.includes(wanted), part);
  return page.evaluate(() => location.hash);
};

/** Which of these colours of the page's style the canvas shows anywhere. */
const painted = ({ page }: OpenPage, names: readonly string[]) =>
  page.evaluate((wanted) => {
    const canvas = document.querySelector('canvas') as HTMLCanvasElement;
    const { data } = (canvas.getContext('2d') as CanvasRenderingContext2D).getImageData(0, 0, canvas.width, canvas.height);
    const seen = new Set(new Uint32Array(data.buffer));
    const probe = new OffscreenCanvas(wanted.length, 1).getContext('2d') as OffscreenCanvasRenderingContext2D;
    wanted.forEach((name, at) => {
      probe.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`);
      probe.fillRect(at, 0, 1, 1);
    });
    const colours = new Uint32Array(probe.getImageData(0, 0, wanted.length, 1).data.buffer);
    return wanted.filter((_, at) => seen.has(colours[at] as number));
  }, names);

describe('the timeline of a failing run', () => {
  it('says what was missed, and draws who led, who was down and the step that failed', async () => {
    const opened = await open(failing(200));
    const { page, troubles } = opened;
    expect(await page.locator('h1').textContent()).toContain('FAIL');
    expect(await page.locator('.because').textContent()).toContain('running pg_rewind from pg3');
    expect(await page.locator('.because .near').textContent()).toContain('running pg_rewind from nobody');
    expect(await page.locator('.steps').textContent()).toContain('pg2 leads on timeline 2');
    const colours = ['leader', 'down', 'step-failed', 'tick-error', 'acked'];
    expect(await painted(opened, colours)).toEqual(colours);
    expect(troubles).toEqual([]);
    await screenshot(page, 'failing-light');
  });

  it('shows what a program printed as text, whatever it is', async () => {
    const { page, troubles } = await open(failing(0));
    expect(await page.locator('.row .text', { hasText: 'onerror' }).textContent()).toBe(hostile);
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.title()).toBe('test (plain): fail');
    expect(troubles).toEqual([]);
  });

  it('shows what a program printed before the expectation that was not met', async () => {
    const plan = planOf('- patronictl: failover --candidate pg2 --force\n- expect: { cluster: { leader: pg2 } }\n  within: 1s');
    const run = new Run(plan).did('s1', { exit: 0, stdout: `Failover failed, details: 503\n${hostile}\n` }).start('s2');
    run.steadily(1.1, (now) => now.cluster(leaderless)).end('s2');
    const verdict = run.complete().verdict();
    const { page } = await open({ verdict, plan, history: run.events, ledger: [], source: '', configs: [] });
    expect(await page.locator('.because pre').textContent()).toBe(`Failover failed, details: 503\n${hostile}`);
  });

  it('leads from an expectation to the line, and a link to that line opens there with its filter', async () => {
    const opened = await open(failing(2000));
    await opened.page.locator('.because .near .jump').click();
    expect(await selectedText(opened)).toContain('running pg_rewind from nobody');
    await opened.page.getByRole('button', { name: 'pg2', exact: true }).click();
    await opened.page.getByLabel('Least level').selectOption('warning');
    const hash = await anchorOf(opened, 'level=warning');
    expect(hash).toMatch(/^#event=\d+&host=pg2&level=warning$/);

    const again = await browser.open(opened.address + hash);
    expect(await selectedText(again)).toContain('running pg_rewind from nobody');
    expect(await again.page.locator('.detail pre').textContent()).toContain('second line');
    expect(await again.page.locator('.row.info').count()).toBe(0);
    expect(await again.page.locator('.row[aria-selected=true]').isVisible()).toBe(true);
  });

  it('marks the lines that met an expectation or came near one', async () => {
    const { page } = await open(failing(0));
    expect(await page.locator('.row.met .text').allTextContents()).toEqual(['promoted self to leader by acquiring session lock']);
    expect(await page.locator('.row.near .text').allTextContents()).toEqual(['running pg_rewind from nobody  ⏎ 1 more']);
  });

  it('filters by program and text, and says how many lines are left', async () => {
    const { page } = await open(failing(100));
    await page.keyboard.press('/');
    await page.keyboard.type('/^line 1[0-9]$/');
    await expect.poll(() => page.locator('.count').textContent()).toBe('10 of 104 lines');
    await page.locator('.chip[data-value=postgres]').click();
    await expect.poll(() => page.locator('.count').textContent()).toBe('5 of 104 lines');
  });

  it('is moved and zoomed with keys', async () => {
    const opened = await open(failing(100));
    await opened.page.locator('canvas').focus();
    await opened.page.keyboard.press('+');
    await opened.page.keyboard.press('ArrowRight');
    expect(await anchorOf(opened, 'from=')).toMatch(/from=\d+&to=\d+/);
    await opened.page.keyboard.press('0');
    await opened.page.waitForFunction(() => location.hash === '');
    await opened.page.keyboard.press('p');
    await expect.poll(() => selectedText(opened)).toBe('host stopped');
    await opened.page.keyboard.press('n');
    await expect.poll(() => selectedText(opened)).toBe(hostile);
    await opened.page.mouse.move(700, 500);
    await opened.page.mouse.wheel(0, -300);
    await anchorOf(opened, 'from=');
    await opened.page.locator('.rows').focus();
    await opened.page.keyboard.press('End');
    await expect.poll(() => opened.page.locator('.row').last().getAttribute('aria-selected')).toBe('true');
  });

  it('goes from a step to the line of the scenario', async () => {
    const { page } = await open(failing(0));
    await page.locator('#step-s2 > details > summary > .jump', { hasText: 'line' }).click();
    expect(await page.locator('.code.pointed').textContent()).toContain('- expect:');
  });

  it('is dark where the reader wants it so', async () => {
    const opened = await open(failing(200), '', { scheme: 'dark' });
    expect(await opened.page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe('rgb(20, 24, 30)');
    expect(await painted(opened, ['leader', 'down'])).toEqual(['leader', 'down']);
    await screenshot(opened.page, 'failing-dark');
  });
});

describe('the timeline of a recorded run', () => {
  it.each(['pitr-keeps-its-target-remedy', 'standby-rebuild-fallback-mutant', 'failover-then-backup-rewind'])('%s', async (name) => {
    const record = recorded(name);
    const { page, troubles } = await open(record);
    const panel = page.locator('.panel');
    expect(await page.locator('.badge').textContent()).toBe(record.verdict.verdict.toUpperCase());
    await screenshot(page, name);
    await page.getByRole('tab', { name: 'Ledger' }).click();
    await panel.getByText(`${record.verdict.rows?.acked} acknowledged`).waitFor();
    await panel.getByText('The longest time without an acknowledged row').locator('.jump').first().click();
    await page.getByRole('tab', { name: 'Configuration' }).click();
    await panel.getByText('/etc/patroni/config.yml').waitFor();
    await page.getByRole('tab', { name: 'Scenario' }).click();
    await panel.getByText(`scenario: ${record.plan.scenario}`).waitFor();
    expect(troubles).toEqual([]);
  });

  it('leads from each line that was expected to the line that was logged', async () => {
    const { page } = await open(recorded('pitr-keeps-its-target-remedy'));
    await page.locator('#step-s12 > details > summary .title').click();
    await page.locator('#step-s12 .claim', { hasText: 'archive recovery complete' }).locator('.jump').click();
    await page.locator('.row.met[aria-selected=true]', { hasText: 'archive recovery complete' }).waitFor();
  });
});

describe('20,000 log lines', () => {
  /** Time that the page's own work takes in each frame, ms, while `act` is done 60 times. */
  async function frames({ page }: OpenPage, act: (step: number) => void): Promise<number[]> {
    return page.evaluate(async (text) => {
      const act = new Function(`return (${text})`)() as (step: number) => void;
      const request = window.requestAnimationFrame.bind(window);
      let spent = 0;
      window.requestAnimationFrame = (callback) =>
        request((now) => {
          const began = performance.now();
          callback(now);
          spent += performance.now() - began;
        });
      const costs: number[] = [];
      for (let step = 0; step < 60; step += 1) {
        act(step);
        await new Promise((resolve) => request(() => request(resolve)));
        costs.push(spent);
        spent = 0;
      }
      window.requestAnimationFrame = request;
      return costs.sort((a, b) => a - b);
    }, act.toString());
  }
  const median = (costs: readonly number[]) => costs[Math.floor(costs.length / 2)] ?? Number.NaN;

  it('scroll and zoom in less than a frame', async () => {
    const opened = await open(failing(20_000));
    expect(await opened.page.locator('.count').textContent()).toBe('20004 lines');
    expect(await opened.page.locator('.row').count()).toBeLessThan(100);
    const scrolling = await frames(opened, () => {
      const scroller = document.querySelector('.scroller') as HTMLElement;
      scroller.scrollTop += 997;
    });
    const zooming = await frames(opened, (step) => {
      const canvas = document.querySelector('canvas') as HTMLElement;
      canvas.dispatchEvent(
        new WheelEvent('wheel', { deltaY: step < 30 ? -120 : 120, ctrlKey: true, clientX: 700, clientY: 400, cancelable: true }),
      );
    });
    console.log(
      `median frame: scrolling ${median(scrolling).toFixed(1)} ms, zooming ${median(zooming).toFixed(1)} ms; worst ${scrolling.at(-1)?.toFixed(1)} and ${zooming.at(-1)?.toFixed(1)} ms`,
    );
    expect(median(scrolling)).toBeLessThan(16);
    expect(median(zooming)).toBeLessThan(16);
    await screenshot(opened.page, 'many-lines');
  });

  it('are found by a link to one of them', async () => {
    const record = failing(20_000);
    const line = record.history.find((event) => event.type === 'log' && event.text === 'line 15000');
    const opened = await open(record, `#event=${line?.seq}`);
    expect(await selectedText(opened)).toBe('line 15000');
  });
});

describe('a narrow window', () => {
  it('has everything, one below the other', async () => {
    const { page } = await open(failing(50), '', { width: 420, height: 800 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(420);
    await screenshot(page, 'narrow');
  });
});

it('draws a run of which nothing became', async () => {
  const run = new Run(planOf('- start: pg1')).add({ type: 'run-ended', reason: 'cut-short', detail: 'the lab did not come up' });
  const { page, troubles } = await open({ verdict: run.verdict(), plan: run.plan, history: run.events, ledger: [], source, configs: [] });
  expect(await page.locator('.badge').textContent()).toBe('UNKNOWN');
  expect(troubles).toEqual([]);
});
