import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Event, RunStarted } from '../../lab/core/event.ts';
import { History } from '../../lab/run/history.ts';
import { Recorder } from '../../lab/run/recorder.ts';
import { runSteps, type StepRunner } from '../../lab/run/steps.ts';
import { startBindings } from '../../lab/scenario/bindings.ts';
import { createJudge } from '../../lab/verdict/judge.ts';
import { done, healthy, planOf, Run } from '../verdict/a-run.ts';

test('a line that is read last, and was written before what seemed to decide, makes the runner look on', async () => {
  const plan = planOf(
    '- start: pg2\n- expect: { cluster: { leader: pg1 }, log: { lines: [{ patroni: created }], never: [{ patroni: basebackup }] } }\n  within: 20s',
  );
  const folder = mkdtempSync(join(tmpdir(), 'pglab-waiting-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const judge = createJudge(plan);
  const recorder = new Recorder({ history: join(folder, 'history'), ledger: join(folder, 'ledger') }, 0, (text) => text, judge);
  const facts = new Run(plan).events[0] as RunStarted;
  const hosts = [...facts.hosts];
  recorder.record(facts);
  recorder.record({ type: 'step-started', step: 's1', title: 'start pg2', resolved: {} });
  recorder.record({ type: 'step-ended', step: 's1', result: done });

  let [rounds, readings, firstLook] = [0, 0, 0];
  const log = (text: string, at: number) => recorder.recordLog({ host: 'pg1', program: 'patroni', text, source: 'stream' }, at);
  const run = {
    judge,
    recorder,
    facts,
    bindings: () => startBindings(plan),
    lab: { hosts: [] },
    onStep: () => undefined,
    signal: new AbortController().signal,
    observer: {
      latest: {},
      look: async ({ key }: { key: string }) => {
        rounds += 1;
        recorder.record({ type: 'look', key, answer: healthy, took: 0 });
        if (rounds > 1) return;
        firstLook = recorder.now();
        log('by basebackup', firstLook + 2);
      },
    },
    streams: {
      readThrough: async () => {
        readings += 1;
        if (readings === 1) log('created', firstLook + 1);
        recorder.record({ type: 'read-through', hosts, through: firstLook + 2 });
      },
    },
  };
  await runSteps(run as unknown as StepRunner, plan.steps.slice(1));
  recorder.record({ type: 'read-through', hosts, through: recorder.now() });
  recorder.record({ type: 'run-ended', reason: 'completed' });
  await recorder.close();

  expect(judge.end()).toMatchObject({ verdict: 'pass' });
  expect([rounds, readings]).toEqual([2, 2]);
});

test('a look that began just after a time is not recorded as if it began before: what had to hold until then would not be proven', () => {
  class Kept extends History {
    readonly events: Event[] = [];
    protected keep(event: Event): void {
      this.events.push(event);
    }
  }
  const history = new Kept(0);
  const began = history.now() - 28.6004;
  for (const _ of ['look', 'look-again']) history.recordLook('cluster:main', healthy, began);
  for (const [index, event] of history.events.entries()) {
    if (event.type !== 'look' && event.type !== 'look-again') throw new Error(`${index} is no look`);
    // Times of today are no finer than a quarter of a microsecond.
    expect(Math.abs(event.at - (event.took ?? 0) - began)).toBeLessThan(0.002);
  }
  expect(history.events.map(({ type }) => type)).toEqual(['look', 'look-again']);
});
