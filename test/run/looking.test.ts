/**
 * The runner of steps and its judge against worlds whose truth is known, in a time of their own: answers come quickly and slowly, looks
 * for the record come in between, lines are read late, and the process stands still now and then.
 */
import fc from 'fast-check';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { ClusterLook, Event, LookAnswer, RunStarted } from '../../lab/core/event.ts';
import { History } from '../../lab/run/history.ts';
import { runSteps, type StepRunner } from '../../lab/run/steps.ts';
import { startBindings } from '../../lab/scenario/bindings.ts';
import type { Plan } from '../../lab/scenario/plan.ts';
import { createJudge, judge as judgeAgain } from '../../lab/verdict/judge.ts';
import { clusterKey, type LookRequest } from '../../lab/verdict/look-request.ts';
import type { Verdict } from '../../lab/verdict/verdict.ts';
import { failedOver, healthy, planOf, Run } from '../verdict/a-run.ts';

/** Time that passes only when everything was done that is due before. */
const time = vi.hoisted(() => {
  let now = 0;
  let due: { readonly at: number; readonly run: () => void }[] = [];
  return {
    now: () => now,
    at: (at: number, run: () => void) => void due.push({ at, run }),
    /** The process stands still. */
    stall: (ms: number) => {
      now += ms;
    },
    delay: (ms = 0) => new Promise<void>((resolve) => void due.push({ at: now + ms, run: resolve })),
    /** Until `work` is done. */
    pass: async (work: Promise<unknown>): Promise<void> => {
      let over = false;
      const end = work.finally(() => {
        over = true;
      });
      for (;;) {
        // Whatever waits for nothing but promises goes on first.
        await new Promise(setImmediate);
        if (over) break;
        const next = due.reduce((first, one) => (one.at < first.at ? one : first));
        due = due.filter((one) => one !== next);
        now = Math.max(now, next.at);
        next.run();
      }
      due = [];
      await end;
    },
  };
});
vi.mock('node:timers/promises', () => ({ setTimeout: time.delay }));
beforeEach(() => {
  const spy = vi.spyOn(performance, 'now').mockImplementation(time.now);
  return () => spy.mockRestore();
});

/** What is true when, ms from the run's start. */
interface World {
  readonly plan: Plan;
  readonly leads: (at: number) => boolean;
  readonly answers: (at: number) => boolean;
  /** Lines of pg1 and when they are written. */
  readonly lines: readonly { readonly at: number; readonly text: string }[];
}

/** How the machine fares: each list is gone through again and again. */
interface Machine {
  /** How long looks at clusters, other looks, and reading a line take, ms. */
  readonly cluster: readonly number[];
  readonly other: readonly number[];
  readonly reading: readonly number[];
  /** Which looks find nothing out. */
  readonly blind?: readonly boolean[];
  /** When looks for the record begin in each second. */
  readonly record: number;
  /** How long it stands still, and how long it goes on in between. */
  readonly stalls: readonly { readonly after: number; readonly ms: number }[];
}

const hosts = ['pg1', 'pg2', 'pg3'];

class Recorded extends History {
  readonly events: Event[] = [];
  readonly feed: (event: Event) => void;
  #wakers: (() => void)[] = [];

  constructor(feed: (event: Event) => void) {
    super(0);
    this.feed = feed;
  }

  protected keep(event: Event): void {
    this.events.push(event);
    this.feed(event);
    if (event.type === 'log') for (const wake of this.#wakers.splice(0)) wake();
  }

  nextLog(): Promise<void> {
    return new Promise((resolve) => void this.#wakers.push(resolve));
  }
}

async function seen({ plan, leads, answers, lines }: World, machine: Machine): Promise<Verdict> {
  const turn = <T>(list: readonly T[]) => {
    let at = 0;
    return () => list[at++ % list.length] as T;
  };
  const judge = createJudge(plan);
  const recorder = new Recorded(judge.feed);
  const facts = new Run(plan).events[0] as RunStarted;
  const start = time.now();
  recorder.record({ ...facts, hosts });
  // As every run is looked at before its first step.
  recorder.recordLook(clusterKey('main'), leads(0) ? healthy : failedOver, recorder.now());
  const clock = () => time.now() - start;

  const takes = { cluster: turn(machine.cluster), other: turn(machine.other) };
  const blind = turn(machine.blind ?? [false]);
  /** The answer is as it was when it was asked for. */
  const look = async ({ key, kind }: Pick<LookRequest, 'key' | 'kind'>, began = recorder.now()) => {
    const at = clock();
    const cluster: ClusterLook = leads(at) ? healthy : failedOver;
    if (blind()) {
      await time.delay(500);
      return recorder.recordLook(key, { unknown: 'no answer' }, began);
    }
    const answer: LookAnswer = kind === 'cluster' ? cluster : { kind: 'sql', host: 'pg3', value: answers(at) ? 1 : 0 };
    await time.delay(takes[kind === 'cluster' ? 'cluster' : 'other']());
    recorder.recordLook(key, answer, began);
  };
  let underWay = false;
  const forTheRecord = (at: number) =>
    time.at(at, () => {
      if (!underWay)
        look({ key: clusterKey('main'), kind: 'cluster' }).finally(() => {
          underWay = false;
        });
      underWay = true;
      forTheRecord(Math.max(at + 1000, time.now()));
    });
  forTheRecord(start + machine.record);
  const heart = (at: number) =>
    time.at(at, () => {
      recorder.record({ type: 'heartbeat', late: time.now() - at });
      heart(time.now() + 250);
    });
  heart(start + 250);
  const stalls = turn(machine.stalls);
  const stall = () => {
    const { after, ms } = stalls();
    time.at(time.now() + after, () => {
      time.stall(ms);
      stall();
    });
  };
  if (machine.stalls.length > 0) stall();
  const reading = turn(machine.reading);
  let read = start;
  for (const { at, text } of lines) {
    const written = recorder.now() + at;
    // A stream is read in its order.
    read = Math.max(read, start + at + reading());
    time.at(read, () => recorder.recordLog({ host: 'pg1', program: 'patroni', text, source: 'stream' }, written));
  }
  const readThrough = async (of: readonly string[]) => {
    const through = recorder.now();
    await time.delay(150);
    recorder.record({ type: 'read-through', hosts: [...of], through });
  };
  const run = {
    judge,
    recorder,
    facts,
    bindings: () => startBindings(plan),
    background: [],
    lab: { spec: { clusters: [] }, hosts: hosts.map((name) => ({ name })) },
    onStep: () => undefined,
    signal: new AbortController().signal,
    observer: { latest: { main: healthy }, look },
    streams: { stateOf: () => 'running', readThrough },
    lookAtClusters: async () => ({ main: healthy }),
    elsewhere: async () => {
      await time.delay(100);
      return { exit: 0, stdout: '', stderr: '' };
    },
  };
  await time.pass(
    (async () => {
      await runSteps(run as unknown as StepRunner, plan.steps);
      await readThrough(hosts);
      recorder.record({ type: 'run-ended', reason: 'completed' });
    })(),
  );
  const verdict = judge.end();
  expect(judgeAgain(plan, recorder.events, [])).toEqual(verdict);
  return verdict;
}

const quick = fc.integer({ min: 1, max: 30 });
const slow = fc.integer({ min: 300, max: 900 });
const looks = fc.array(fc.oneof({ weight: 3, arbitrary: quick }, slow), { minLength: 1, maxLength: 8 });
const machines: fc.Arbitrary<Machine> = fc.record({
  cluster: looks,
  other: looks,
  reading: fc.array(fc.integer({ min: 0, max: 150 }), { minLength: 1, maxLength: 4 }),
  record: fc.integer({ min: 0, max: 999 }),
  stalls: fc.array(fc.record({ after: fc.integer({ min: 1000, max: 3000 }), ms: fc.integer({ min: 1, max: 400 }) }), { maxLength: 4 }),
});

const states = ['cluster: { leader: pg1 }', 'sql: { on: pg3, run: select 1, is: 1 }', 'sql: { on: leader, run: select 1, is: 1 }'];
const log = 'log: { on: pg1, lines: [{ patroni: promoted }], never: [{ patroni: demoted }] }';
const counted = 'log: { on: pg1, lines: [{ patroni: promoted, times: 1 }] }';
const plans = [
  [states[0]],
  [states[1]],
  [states[2]],
  [states[0], states[1]],
  [states[0], states[2]],
  [log],
  [counted],
  [log, states[0]],
  [counted, states[0], states[1]],
].flatMap((clauses) =>
  ['within: 1s', 'within: 3s', 'within: 3s\n  for: 300ms', 'within: 1s\n  for: 1s', 'within: 3s\n  for: 4s'].map((modifiers) =>
    planOf(`- start: pg2\n- expect: { ${clauses.join(', ')} }\n  ${modifiers}`),
  ),
);
const always = () => true;
const hurry = (ms: number) => 1 + (ms % 100);
/** For the message of a test that fails. */
const shown = (plan: Plan) => Object.assign(plan, { toString: () => JSON.stringify(plan.steps.at(-1)) });
const runs = { numRuns: 200 };

/** Stretches of time, one after the other, again and again: of which kind a moment is. */
function kindAt<K>(stretches: readonly { readonly kind: K; readonly ms: number }[], at: number): K {
  const whole = stretches.reduce((sum, { ms }) => sum + ms, 0);
  let left = at % whole;
  for (const { kind, ms } of stretches) {
    if (left < ms) return kind;
    left -= ms;
  }
  throw new Error('no stretch of time is left');
}

describe('an expectation', () => {
  test('that is false throughout fails', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...plans.map(shown)), machines, fc.boolean(), async (plan, machine, promoted) => {
        const lines = promoted
          ? [
              { at: 0, text: 'promoted' },
              { at: 50, text: 'promoted, and demoted' },
            ]
          : [];
        const never = () => false;
        const verdict = await seen({ plan, leads: never, answers: never, lines }, machine);
        expect([verdict.verdict, verdict.because?.message]).toEqual(['fail', expect.any(String)]);
      }),
      runs,
    );
  });

  test('that is true throughout passes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...plans.map(shown)), machines, fc.integer({ min: 0, max: 400 }), async (plan, machine, at) => {
        const verdict = await seen({ plan, leads: always, answers: always, lines: [{ at, text: 'promoted' }] }, machine);
        expect([verdict.verdict, verdict.because?.message]).toEqual(['pass', undefined]);
      }),
      {
        ...runs,
        // A look for the record that is quick, beside one of the expectation's own that is slow.
        examples: [
          [
            shown(planOf(`- start: pg2\n- expect: { ${states[0]}, ${states[1]} }\n  within: 3s\n  for: 4s`)),
            {
              cluster: [1, 1, 645, 1],
              other: [773, 1],
              reading: [0],
              record: 873,
              stalls: [
                { after: 1233, ms: 135 },
                { after: 1423, ms: 334 },
              ],
            },
            0,
          ],
        ],
      },
    );
  });

  test('whose states cannot be seen now and then does not turn into its opposite', async () => {
    const blind = fc.array(fc.boolean(), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...plans.map(shown)), machines, blind, fc.boolean(), async (plan, machine, blind, is) => {
        const lines = is ? [{ at: 0, text: 'promoted' }] : [];
        const verdict = await seen({ plan, leads: () => is, answers: () => is, lines }, { ...machine, blind });
        expect(verdict.verdict).not.toBe(is ? 'fail' : 'pass');
      }),
      runs,
    );
  });

  test('that becomes true in time passes', async () => {
    // Whom to ask is settled from the start: a look at another leader takes a round of its own.
    const inTime = plans.filter((plan) => plan.steps[1]?.within === 3000 && !JSON.stringify(plan).includes('"on":"leader"'));
    const soon = fc.integer({ min: 0, max: 1000 });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...inTime.map(shown)),
        machines,
        fc.tuple(soon, soon, soon),
        async (plan, machine, [leads, answers, at]) => {
          const lines = [{ at, text: 'promoted' }];
          const verdict = await seen({ plan, leads: (now) => now >= leads, answers: (now) => now >= answers, lines }, machine);
          expect([verdict.verdict, verdict.because?.message]).toEqual(['pass', undefined]);
        },
      ),
      runs,
    );
  });

  test('that is true throughout passes, whoever leads', async () => {
    const anybody = ['within: 3s', 'within: 3s\n  for: 300ms', 'within: 3s\n  for: 4s'].map((modifiers) =>
      planOf(`- start: pg2\n- expect: { ${states[2]} }\n  ${modifiers}`),
    );
    const quickly = machines.map((machine) => ({ ...machine, cluster: machine.cluster.map(hurry), other: machine.other.map(hurry) }));
    const terms = fc.array(fc.integer({ min: 800, max: 5000 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...anybody.map(shown)), quickly, terms, async (plan, machine, world) => {
        const leads = (at: number) =>
          kindAt(
            [...world, ...world].map((ms, index) => ({ kind: index % 2 === 0, ms })),
            at,
          );
        const verdict = await seen({ plan, leads, answers: always, lines: [] }, machine);
        expect([verdict.verdict, verdict.because?.message]).toEqual(['pass', undefined]);
      }),
      runs,
    );
  });

  test('of which one state or the other is false at any time never passes', async () => {
    const both = ['within: 3s', 'within: 3s\n  for: 300ms'].map((modifiers) =>
      planOf(`- start: pg2\n- expect: { ${states[0]}, ${states[1]} }\n  ${modifiers}`),
    );
    // Nobody can say what was at the very same moment.
    const instant = { kind: 'neither', ms: 30 } as const;
    const ms = fc.integer({ min: 30, max: 2000 });
    const stretches = fc
      .array(fc.tuple(ms, ms), { minLength: 1, maxLength: 6 })
      .map((pairs) =>
        pairs.flatMap(([first, second]) => [
          { kind: 'leads', ms: first } as const,
          instant,
          { kind: 'answers', ms: second } as const,
          instant,
        ]),
      );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...both.map(shown)), machines, stretches, async (plan, machine, world) => {
        const is = (kind: string) => (at: number) => kindAt(world, at) === kind;
        const verdict = await seen({ plan, leads: is('leads'), answers: is('answers'), lines: [] }, machine);
        expect([verdict.verdict, verdict.because?.message]).toEqual(['fail', expect.stringContaining('expected')]);
      }),
      runs,
    );
  });

  test('that is never true for as long as it must be never passes', async () => {
    const long = [[states[0]], [states[1]], [states[0], states[1]], [log, states[0]]].map((clauses) =>
      planOf(`- start: pg2\n- expect: { ${clauses.join(', ')} }\n  within: 9s\n  for: 4s`),
    );
    const stretches = fc.array(fc.tuple(fc.integer({ min: 1, max: 3900 }), fc.integer({ min: 2500, max: 4000 })), {
      minLength: 1,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...long.map(shown)), machines, stretches, async (plan, machine, world) => {
        const is = (at: number) =>
          kindAt(
            world.flatMap(([good, bad]) => [
              { kind: true, ms: good },
              { kind: false, ms: bad },
            ]),
            at,
          );
        const verdict = await seen({ plan, leads: is, answers: is, lines: [{ at: 0, text: 'promoted' }] }, machine);
        expect(verdict.verdict).toBe('fail');
      }),
      runs,
    );
  });

  test('whose lines come too often, or that must not come, never passes', async () => {
    const bad = [[log], [counted], [log, states[0]], [counted, states[0], states[1]]].map((clauses) =>
      planOf(`- start: pg2\n- expect: { ${clauses.join(', ')} }\n  within: 3s\n  for: 4s`),
    );
    const moments = fc.tuple(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 0, max: 4000 }));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...bad.map(shown)), machines, moments, async (plan, machine, [at, again]) => {
        const lines = [
          { at, text: 'promoted' },
          { at: again, text: 'promoted, and demoted' },
        ].sort((a, b) => a.at - b.at);
        const verdict = await seen({ plan, leads: always, answers: always, lines }, machine);
        expect(verdict.verdict).not.toBe('pass');
      }),
      runs,
    );
  });
});
