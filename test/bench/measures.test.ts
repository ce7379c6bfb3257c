import { describe, expect, it } from 'vitest';
import type { Event } from '../../lab/core/event.ts';
import { parseBusy } from '../../lab/engine/machine.ts';
import { memoryOf } from '../../scripts/bench/containers.ts';
import { between, growingCount } from '../../scripts/bench/cpu-split.ts';
import { noticing } from '../../scripts/bench/forks.ts';
import { phasesOf } from '../../scripts/bench/repetition.ts';
import { shareOf, stepsOf } from '../../scripts/bench/share.ts';

describe('parseBusy', () => {
  it('adds up what programs, the kernel and interrupts took, not idling, waiting or stolen time', () => {
    const stat = 'cpu  1000 20 300 99999 5000 7 3 88888 50 0\ncpu0 1 2 3 4 5 6 7 8 9 0\n';
    expect(parseBusy(stat)).toBeCloseTo(13.3);
  });
});

describe('memoryOf', () => {
  it('leaves the inactive page cache out, on either version of cgroups', () => {
    expect(memoryOf({ memory_stats: { usage: 100, stats: { total_inactive_file: 30, inactive_file: 10 } } })).toBe(70);
    expect(memoryOf({ memory_stats: { usage: 100, stats: { inactive_file: 25 } } })).toBe(75);
  });

  it('is the whole where the cache is more than that, and nothing where nothing is known', () => {
    expect(memoryOf({ memory_stats: { usage: 100, stats: { inactive_file: 200 } } })).toBe(100);
    expect(memoryOf({ memory_stats: {} })).toBe(0);
  });
});

describe('phasesOf', () => {
  it('takes each phase to the next one, the last to the end', () => {
    const said = [
      { at: 0.5, line: '  0.1 s  starting 7 hosts' },
      { at: 2, line: '  1.6 s  waiting for pg1 to lead' },
      { at: 2.1, line: 'warning: something else' },
    ];
    expect(phasesOf({ stdout: '', said }, 6)).toEqual({ 'the command starts': 0.5, 'starting 7 hosts': 1.5, 'waiting for pg1 to lead': 4 });
  });
});

describe('noticing', () => {
  const at = (time: number, event: object) => ({ seq: 0, at: time, ...event }) as Event;
  const log = (time: number, host: string, text: string) => at(time, { type: 'log', host, program: 'postgres', text, source: 'stream' });
  const look = (time: number, leader: string) => at(time, { type: 'look', key: 'k', answer: { kind: 'cluster', leader }, took: 5 });
  const failover = [
    log(1, 'pg1', 'promoted self to leader by acquiring session lock'),
    at(10, { type: 'run-started' }),
    look(11, 'pg1'),
    log(1000, 'pg2', 'promoted self to leader by acquiring session lock'),
    log(1200, 'pg2', 'database system is ready to accept connections'),
    look(1450, 'pg2'),
  ];

  it('is from the new leader that takes connections to the look that has it, in seconds', () =>
    expect(noticing(failover)).toBeCloseTo(0.25));
  it('is nothing where nobody took over in the run', () => expect(noticing(failover.slice(0, 3))).toBeUndefined());
});

describe('growingCount', () => {
  it('goes on where a host that was started again counts anew, and while nothing can be read', () => {
    const count = growingCount();
    for (const seen of [1, 3, undefined, 0.5, 2]) count.see(seen);
    expect(count.value()).toBe(5);
  });
});

describe('between', () => {
  const sample = (at: number, spent: number) => ({ at, containers: spent, node: 2 * spent, engine: 3 * spent, machine: 10 * spent });
  const samples = [sample(0, 0), sample(50, 1), sample(100, 4)];

  it('is what was spent from the first sample at or after the one moment to that of the other', () =>
    expect(between(samples, 20, 60)).toEqual({ wall: 0.05, containers: 3, node: 6, engine: 9, machine: 30 }));
  it('ends with the last sample', () => expect(between(samples, Number.NEGATIVE_INFINITY, 500)).toMatchObject({ wall: 0.1, machine: 40 }));
});

describe('shareOf', () => {
  it('is what the containers did not spend of everything, all replays together', () =>
    expect(
      shareOf([
        { containers: 6, machine: 8 },
        { containers: 3, machine: 4 },
      ]),
    ).toEqual([25]));
  it('is nothing where others were too busy to tell', () =>
    expect(
      shareOf([
        { containers: 6, machine: 8 },
        { containers: 3, machine: undefined },
      ]),
    ).toEqual([]));
});

describe('stepsOf', () => {
  const event = (at: number, body: object) => ({ seq: 0, at, ...body }) as Event;

  it("goes from the first step's start to the run's end, by this machine's clock", () =>
    expect(
      stepsOf([
        event(1000, { type: 'run-started', offset: 100 }),
        event(2000, { type: 'step-started' }),
        event(3000, { type: 'step-started' }),
        event(4000, { type: 'run-ended' }),
      ]),
    ).toEqual([1900, 3900]));
});
