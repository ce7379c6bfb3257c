/** The runner of steps, its judge and its recorder together, without a lab. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { ClusterLook, Event, RunStarted } from '../../lab/core/event.ts';
import { UnsupportedError } from '../../lab/core/problem.ts';
import type { CommandResult } from '../../lab/engine/commands.ts';
import { Recorder } from '../../lab/run/recorder.ts';
import type { Drive } from '../../lab/run/replay.ts';
import { type Move, type Standing, stepThrough } from '../../lab/run/step-through.ts';
import { runSteps, type StepRunner } from '../../lab/run/steps.ts';
import { type Bindings, bind, startBindings } from '../../lab/scenario/bindings.ts';
import { unknownVersion } from '../../lab/scenario/version-range.ts';
import { createJudge, judge as judgeAgain } from '../../lab/verdict/judge.ts';
import type { Verdict } from '../../lab/verdict/verdict.ts';
import { healthy, planOf, Run } from '../verdict/a-run.ts';

interface Options {
  /** In place of every program. */
  readonly program?: () => Promise<Partial<CommandResult>>;
  /** How steps are carried out, where not one after the other. */
  readonly drive?: Drive;
  /** What looks at the clusters show, one after the other; the last from then on. */
  readonly looks?: readonly ClusterLook[];
  /** What pg1's says that it is. */
  readonly pgbackrest?: string;
  /** How long a look at the clusters takes, ms. */
  readonly looking?: number;
  /** Hosts that are down. */
  readonly down?: readonly string[];
  readonly signal?: AbortSignal;
  /** Once the history is closed. */
  readonly afterwards?: () => Promise<void>;
}

interface Replayed {
  readonly verdict: Verdict;
  /** By the history as it was written. */
  readonly again: Verdict;
  readonly history: readonly Event[];
}

async function replay(
  steps: string,
  {
    program,
    drive,
    pgbackrest,
    looks = [healthy],
    looking = 0,
    down = [],
    signal = new AbortController().signal,
    afterwards,
  }: Options = {},
): Promise<Replayed> {
  const plan = planOf(steps);
  const folder = mkdtempSync(join(tmpdir(), 'pglab-steps-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const judge = createJudge(plan);
  let bindings: Bindings = startBindings(plan);
  const feed = (event: Event) => {
    bindings = bind(bindings, event);
    judge.feed(event);
  };
  const written = join(folder, 'history');
  const recorder = new Recorder({ history: written, ledger: join(folder, 'ledger') }, 0, String, { feed, feedRow: judge.feedRow });
  const opening = new Run(plan).events[0] as RunStarted;
  const versions = pgbackrest === undefined ? opening.versions : { ...opening.versions, pg1: { ...opening.versions.pg1, pgbackrest } };
  const facts = { ...opening, versions };
  const hosts = [...facts.hosts];
  const shown = [...looks];
  recorder.record(facts);
  const run = {
    judge,
    recorder,
    facts,
    bindings: () => bindings,
    background: [],
    lab: { spec: { clusters: [] }, hosts: hosts.map((name) => ({ name })) },
    onStep: () => undefined,
    signal,
    observer: { latest: { main: healthy } },
    streams: { stateOf: (host: string) => (down.includes(host) ? 'stopped' : 'running') },
    lookAtClusters: () => delay(looking, { main: shown.length > 1 ? shown.shift() : shown[0] }),
    elsewhere: async () => ({ exit: 0, stdout: '', stderr: '', ...(await program?.()) }),
  };
  await (drive ?? runSteps)(run as unknown as StepRunner, plan.steps);
  recorder.record({ type: 'read-through', hosts, through: recorder.now() });
  recorder.record({ type: 'run-ended', reason: 'completed' });
  await recorder.close();
  await afterwards?.();
  const history = readFileSync(written, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Event);
  return { verdict: judge.end(), again: judgeAgain(plan, history, []), history };
}

test("a step's when asks the host that an earlier step recorded", async () => {
  const step = (range: string, at: string) =>
    `- exec: { on: pg1, run: first }\n  as: before\n- exec: { on: pg1, run: second }\n  when: { patroni: "${range}", at: "${at}" }`;
  const secondOf = async (steps: string) => {
    const { history } = await replay(steps);
    return history.find((event) => event.type === 'step-started' && event.step === 's2');
  };
  const leader = `\${before.leader}`;
  expect(await secondOf(step('>=4.0', leader))).not.toHaveProperty('skipped');
  expect(await secondOf(step('<4.0', leader))).toMatchObject({ skipped: expect.stringMatching(/^patroni on pg1 is 4\./) });
});

test('patronictl that nobody can run has not failed as expected', async () => {
  const steps = '- patronictl: switchover --force\n  fails: true';
  const { verdict } = await replay(steps, { down: ['pg1', 'pg2', 'pg3'] });
  expect(verdict).toMatchObject({ verdict: 'unknown', because: { message: expect.stringContaining('no member is up') } });
  expect((await replay(steps, { program: async () => ({ exit: 1 }) })).verdict.verdict).toBe('pass');
});

test('what this machine cannot do is unsupported, whichever step asks for it', async () => {
  const program = () => Promise.reject(new UnsupportedError('this engine cannot freeze hosts'));
  const { verdict } = await replay('- exec: { on: pg1, run: ls }', { program });
  expect(verdict).toMatchObject({ verdict: 'unknown', because: { reason: 'unsupported', message: 'this engine cannot freeze hosts' } });
});

test('what a step took is without the look at who leads that it ends with', async () => {
  const looking = 100;
  const { history } = await replay('- exec: { on: pg1, run: ls }\n  as: list', { looking });
  const started = history.find((event) => event.type === 'step-started');
  const ended = history.find((event) => event.type === 'step-ended');
  // Timers are early by up to a millisecond, and both times are rounded.
  expect((ended?.result.took ?? Number.NaN) + looking - 2).toBeLessThanOrEqual((ended?.at ?? 0) - (started?.at ?? 0));
});

test('a program in the background may outlast the history: its lab is removed, and nothing more is recorded', async () => {
  let removeLab: (result: Partial<CommandResult>) => void = () => undefined;
  const untilRemoved = new Promise<Partial<CommandResult>>((resolve) => {
    removeLab = resolve;
  });
  const programs = [() => untilRemoved, async () => ({ exit: 1 })];
  const { verdict, again, history } = await replay(
    `- exec: { on: pg1, run: long }\n  as: long\n  background: true\n- exec: { on: pg1, run: fails }\n- expect: { value: { "\${long.exit}": 0 } }`,
    {
      program: () => programs.shift()?.() ?? Promise.resolve({}),
      afterwards: async () => {
        removeLab({ exit: 137 });
        await delay(10);
      },
    },
  );
  expect(history.at(-1)).toMatchObject({ type: 'run-ended' });
  expect(verdict).toMatchObject({ verdict: 'fail', because: { step: 's2', reason: 'exit' } });
  expect(again.because).toEqual(verdict.because);
});

test('who interrupts does not wait for a program that runs', async () => {
  const stop = new AbortController();
  const program = () => new Promise<never>(() => setTimeout(() => stop.abort(new Error('interrupted')), 10));
  await expect(replay('- exec: { on: pg1, run: sleep 300 }', { program, signal: stop.signal })).rejects.toThrow('interrupted');
});

test('what comes before a step that was passed over is not offered to be tried again', async () => {
  const offered: boolean[] = [];
  const moves: Move[] = [{ do: 'next' }, { do: 'skip' }, { do: 'quit', keep: false }];
  const ask = async ({ again }: Standing): Promise<Move> => {
    offered.push(again);
    return moves.shift() as Move;
  };
  const { again } = await replay('- exec: { on: pg1, run: a }\n- exec: { on: pg1, run: b }', { drive: stepThrough(ask, 0) });
  expect(offered).toEqual([false, true, false]);
  expect(again.verdict).toBe('unknown');
});

test('a member that is up and late to answer is waited for, where nobody is meant without it', async () => {
  const silent = { role: 'unreachable', state: 'unreachable' } as const;
  const late: ClusterLook = { ...healthy, members: { ...healthy.members, pg2: silent, pg3: silent } };
  const steps = '- exec: { on: replica, run: ls }';
  expect((await replay(steps, { looks: [late, healthy] })).history).toContainEqual(
    expect.objectContaining({ type: 'step-started', resolved: { replica: ['pg2'] } }),
  );
  const { history } = await replay(steps, { looks: [late, healthy], down: ['pg2', 'pg3'] });
  expect(history).toContainEqual(expect.objectContaining({ type: 'step-ended', result: expect.objectContaining({ outcome: 'broken' }) }));
});

test('a step for a version that a program did not say is not passed over', async () => {
  const { history } = await replay('- exec: { on: pg1, run: ls }\n  when: { pgbackrest: ">=2.50" }', { pgbackrest: unknownVersion });
  expect(history).toContainEqual(
    expect.objectContaining({
      type: 'step-ended',
      result: expect.objectContaining({ outcome: 'broken', reason: 'which pgbackrest runs on pg1 is not known: it did not answer' }),
    }),
  );
});
