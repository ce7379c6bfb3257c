/** Steps that begin while others run: what the plan says of them then. Their programs run elsewhere, so there is no lab. */
import { expect, onTestFinished, test } from 'vitest';
import type { Event, RunStarted } from '../../lab/core/event.ts';
import { GrowingPlan } from '../../lab/run/growing-plan.ts';
import { History } from '../../lab/run/history.ts';
import type { ObservedRun } from '../../lab/run/observe-run.ts';
import { type Begun, type Handwork, recordingOn } from '../../lab/run/recording.ts';
import { healthy, planOf, Run } from '../verdict/a-run.ts';

/** A recording of the three-node lab, as far as steps and their order go. */
function aRecording() {
  const growing = new GrowingPlan({
    name: 'test',
    file: 'test.yaml',
    proves: 'Something.',
    source: 'talk: a test',
    lab: { preset: 'three-nodes-repo-host' },
  });
  class Kept extends History {
    protected keep(event: Event): void {
      growing.feed(event);
    }
    nextLog(): Promise<void> {
      return new Promise(() => {});
    }
  }
  const recorder = new Kept(0);
  const [opening] = new Run(planOf('- sql: select 1')).events as [RunStarted & Event];
  const facts: RunStarted = { ...opening, scenario: 'test', variant: 'recorded' };
  recorder.record(facts);
  const looks = { main: healthy };
  const leaving = new AbortController();
  onTestFinished(() => leaving.abort());
  const run = {
    lab: { name: 'test', spec: { clusters: [{ name: 'main', scope: 'demo' }] }, hosts: facts.hosts.map((name) => ({ name, ports: {} })) },
    recorder,
    facts,
    observer: { latest: looks },
    lookAtClusters: () => Promise.resolve(looks),
    signal: leaving.signal,
  } as unknown as ObservedRun;
  const recording = recordingOn(run, growing);

  /** Begins a program that ends when it is told to. */
  async function begin(command: string, wanted = true) {
    let end: (exit: number) => void = () => {};
    const exit = new Promise<number>((resolve) => {
      end = resolve;
    });
    const step = { exec: { on: 'pg1', run: command } };
    const handwork: Handwork = { wanted: () => wanted, run: async () => ({ exit: await exit, stdout: '', stderr: '', step }) };
    const begun = (await recording.begin(step, handwork)) as Begun;
    return { ...begun, end };
  }
  const steps = () =>
    recording.steps().map(({ exec, expect: expected, as, background, fails }) => ({ exec, expected, as, background, fails }));
  return { recording, begin, steps, growing };
}

const exec = (run: string) => ({ on: 'pg1', run });

test('one after the other, they are steps like any', async () => {
  const { begin, steps } = aRecording();
  for (const command of ['one', 'two']) {
    const program = await begin(command);
    program.end(0);
    await program.ended;
  }
  expect(steps()).toMatchObject([
    { exec: exec('one'), as: 'exec', background: undefined },
    { exec: { run: 'two' }, as: 'exec-2', background: undefined },
  ]);
});

test('one that begins right after another ended is not beside it', async () => {
  const { begin, steps } = aRecording();
  const one = await begin('one');
  one.end(0);
  await new Promise(setImmediate);
  const two = await begin('two');
  two.end(0);
  await Promise.all([one.ended, two.ended]);
  expect(steps().map(({ background }) => background)).toEqual([undefined, undefined]);
});

test('what runs on while another begins is in the background, and is waited for as it ended, after what began later', async () => {
  const { begin, steps, growing } = aRecording();
  const long = await begin('long');
  const short = await begin('short');
  long.end(3);
  expect((await long.ended).join).toBeUndefined();
  short.end(0);
  expect((await short.ended).join).toMatchObject({ expect: { value: { '${exec.exit}': 3 } } });
  expect(steps()).toMatchObject([
    { exec: exec('long'), as: 'exec', background: true, fails: 3 },
    { exec: { run: 'short' }, as: 'exec-2', background: undefined },
    { expected: { value: { '${exec.exit}': 3 } } },
  ]);
  expect(growing.judge.findings()).toEqual([]);
});

test('three at once keep the order in which they began', async () => {
  const { begin, steps, growing } = aRecording();
  const programs = await Promise.all(['a', 'b', 'c'].map((command) => begin(command)));
  for (const { end } of programs.toReversed()) end(0);
  await Promise.all(programs.map(({ ended }) => ended));
  expect(steps().map(({ exec: ran, background }) => [ran, background])).toMatchObject([
    [{ run: 'a' }, true],
    [{ run: 'b' }, true],
    [{ run: 'c' }, undefined],
    [undefined, undefined],
    [undefined, undefined],
  ]);
  expect(growing.judge.findings()).toEqual([]);
});

test('what is not wanted any more when its turn comes leaves no step', async () => {
  const { begin, steps } = aRecording();
  expect(await begin('gone', false)).toMatchObject({ problems: [] });
  expect(steps()).toEqual([]);
});

test('everything that began is waited for', async () => {
  const { begin, recording } = aRecording();
  const program = await begin('long');
  expect(recording.running()).toEqual(['exec long on pg1']);
  let settled = false;
  const settling = recording.settled().then(() => {
    settled = true;
  });
  await begin('other').then(({ end }) => end(0));
  expect(settled).toBe(false);
  program.end(0);
  await settling;
  expect(recording.running()).toEqual([]);
});

test('a host that somebody killed outside: its end is the proof, and a program that it took along ran beside it', async () => {
  const { begin, recording, steps, growing } = aRecording();
  const program = await begin('long');
  const at = recording.run.recorder.now();
  await new Promise((resolve) => setTimeout(resolve, 5));
  program.end(137);
  await program.ended;
  const kill = (await recording.witness({ kind: 'kill', host: 'pg1', at }, Promise.resolve(137))) as Begun;
  expect(await kill.ended).toMatchObject({ result: { outcome: 'done', reason: 'pg1 exited' }, join: { expect: expect.any(Object) } });
  expect(growing.events.find((event) => event.type === 'step-started' && event.step === kill.step.id)?.at).toBeCloseTo(at, 2);
  expect(recording.steps()).toMatchObject([{ as: 'exec', background: true, fails: 137 }, { kill: expect.any(String), as: 'kill' }, {}]);
  expect(steps().at(-1)?.expected).toEqual({ value: { '${exec.exit}': 137 } });
  expect(growing.judge.findings()).toEqual([]);
  expect(recording.isOurs({ kind: 'kill', host: 'pg1', at: at + 1 })).toBe(true);
  expect(recording.isOurs({ kind: 'start', host: 'pg1', at: at + 1 })).toBe(false);
});

test('a host that was told to stop and had to be killed did not stop in order', async () => {
  const { recording, growing } = aRecording();
  const stop = (await recording.witness({ kind: 'stop', host: 'pg1', at: 0 }, Promise.resolve(137))) as Begun;
  expect(await stop.ended).toMatchObject({ result: { outcome: 'unproven', reason: 'pg1 stopped with exit code 137' } });
  expect(growing.judge.findings()).toMatchObject([{ verdict: 'unknown', reason: 'unproven' }]);
});
