import { describe, expect, it } from 'vitest';
import { type RunRecord, renderHtml, renderLivePage } from '../../lab/report/html.ts';
import type { PageData } from '../../lab/report/page-data.ts';
import { acked, epoch, planOf, Run } from '../verdict/a-run.ts';

const assets = { script: 'const end = "</script>";', style: 'body {}' };

function record(logged: string): RunRecord {
  const run = new Run(planOf('- kill: leader\n  as: death\n- start: pg1')).heartbeat();
  run
    .at(1)
    .start('s1', { leader: ['pg1'] })
    .log('pg1', 'postgres', logged)
    .end('s1')
    .at(4)
    .start('s2', { pg1: ['pg1'] })
    .at(5)
    .end('s2');
  run.rows = acked(1, 2, '0/6000').map((row, index) => ({ ...row, settled: epoch + 10 - index }));
  const configs = [
    { host: 'pg1', path: '/etc/patroni/config.yml', text: 'scope: demo' },
    { host: 'pg1', path: '/etc/pgbackrest/cert/ca.crt', text: '-----BEGIN CERTIFICATE-----' },
    { host: 'pg1', path: '/etc/pgbackrest/cert/host.key', text: '<private key>' },
  ];
  return { verdict: run.complete().verdict(), plan: run.plan, history: run.events, ledger: run.rows, source: 'scenario: <test>', configs };
}

/** What the page's program reads. */
function dataOf(html: string): PageData {
  const json = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html)?.[1] ?? '';
  return JSON.parse(json) as PageData;
}

describe('the page of a run', () => {
  it('has the run in it, whatever a program printed', () => {
    const hostile = '</script><script>alert(1)</script><!-- \u2028 ]]>';
    const html = renderHtml(record(hostile), assets);
    expect(dataOf(html).events).toContainEqual(expect.objectContaining({ type: 'log', text: hostile }));
    expect(html.match(/<\/script>/g)).toHaveLength(2);
    expect(html).not.toContain('<!--');
    expect(html).not.toContain('alert(1)</script>');
  });

  it('asks nobody for anything', () => {
    const html = renderHtml(record('x'), assets);
    expect(html).toContain("default-src 'none'");
    expect(html).not.toMatch(/\b(src|href)=/);
  });

  it('has faults as long as they lasted, and no bands for what mends them', () => {
    expect(dataOf(renderHtml(record('x'), assets)).run?.faults).toEqual([
      { step: 's1', title: 'kill host leader', hosts: ['pg1'], from: epoch + 1000, to: epoch + 5000 },
    ]);
  });

  it('has rows in the order in which they settled, no heartbeats, no certificates', () => {
    const { events, run } = dataOf(renderHtml(record('x'), assets));
    expect(run?.rows).toEqual([
      [epoch + 9, 'acked'],
      [epoch + 10, 'acked'],
    ]);
    expect(events.some(({ type }) => type === 'heartbeat')).toBe(false);
    expect(run?.configs.map(({ path }) => path)).toEqual(['/etc/patroni/config.yml']);
  });
});

it('the page of a running lab is empty and says where its events come from', () => {
  const html = renderLivePage('a<b', '/events', assets);
  expect(html).toContain('<title>a&lt;b, live</title>');
  expect(dataOf(html)).toEqual({ title: 'a<b, live', live: '/events', events: [] });
});
