/** The lab's own share of the CPU that replays take: of everything that is spent, what the hosts' containers do not spend. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Event } from '../../lab/core/event.ts';
import { LabError } from '../../lab/core/problem.ts';
import type { Bench } from './bench.ts';
import { sum } from './containers.ts';
import { between, type CpuSampler, type CpuSplit, sampleCpu } from './cpu-split.ts';
import type { Samples } from './figures.ts';
import { measure } from './machine.ts';
import { pglab, readHistory } from './our-labs.ts';

/** A reinit from backup, a failover that is waited for, and a recovery in place: what most scenarios are made of. */
const scenarios = [
  ['standby-rebuild', 'pgbackrest'],
  ['failover-then-backup', 'rewind'],
  ['pitr-targets', 'time'],
] as const;

/** `machine`, less what others spend, is missing where others are too busy to tell. */
type Part = Omit<CpuSplit, 'machine'> & { readonly machine: number | undefined };

export async function shareOfReplays(bench: Bench): Promise<Samples> {
  const replays = [];
  for (const [scenario, variant] of scenarios) replays.push(await splitOf(bench, scenario, variant));
  const average = (parts: readonly Part[], spent: (part: Part) => number | undefined): number[] => {
    const values = parts.map(spent);
    return values.every((value) => value !== undefined) ? [sum(values) / parts.length] : [];
  };
  const [whole, steps] = [replays.map((each) => each.whole), replays.map((each) => each.steps)];
  return {
    shareWhole: shareOf(whole),
    shareSteps: shareOf(steps),
    replayContainers: average(whole, ({ containers }) => containers),
    replayNode: average(whole, ({ node }) => node),
    replayEngine: average(whole, ({ engine }) => engine),
    replayRest: average(whole, rest),
    stepsContainers: average(steps, ({ containers }) => containers),
    stepsNode: average(steps, ({ node }) => node),
    stepsEngine: average(steps, ({ engine }) => engine),
    stepsRest: average(steps, rest),
  };
}

async function splitOf({ docker, signal, say }: Bench, scenario: string, variant: string): Promise<{ whole: Part; steps: Part }> {
  const out = await mkdtemp(join(tmpdir(), 'pglab-bench-'));
  let sampler: CpuSampler | undefined;
  const onStart = (pid: number) => {
    sampler = sampleCpu(docker, pid, `pglab-run-${pid}-`);
  };
  try {
    const { value, cpu, background } = await measure(
      () => pglab(['replay', scenario, '--variant', variant, '--json', '--out', out], signal, { onStart }),
      signal,
    );
    const samples = sampler?.stop() ?? [];
    const [from, to] = stepsOf(await readHistory(value));
    const part = (begin: number, end: number): Part => {
      const { wall, machine, ...spent } = between(samples, begin, end);
      const ours = machine - (background ?? 0) * wall;
      // What kept the machine busy before may have ended meanwhile: less than its parts is no measure.
      const tells = cpu !== undefined && ours >= spent.containers + spent.node + spent.engine;
      return { ...spent, machine: tells ? ours : undefined };
    };
    const parts = { whole: part(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY), steps: part(from, to) };
    say(`${scenario}: ${describe(parts.whole)}; its steps: ${describe(parts.steps)}`);
    return parts;
  } finally {
    sampler?.stop();
    await rm(out, { recursive: true, force: true });
  }
}

/** From the first step's start to the run's end, as Unix ms of this machine. */
export function stepsOf(events: readonly Event[]): [number, number] {
  const opening = events.find((event) => event.type === 'run-started');
  const [first, last] = [events.find((event) => event.type === 'step-started'), events.at(-1)];
  if (!opening || !first || !last) throw new LabError('the replay came to no step');
  return [first.at - opening.offset, last.at - opening.offset];
}

/** Of everything, per cent. */
export function shareOf(parts: readonly Pick<Part, 'containers' | 'machine'>[]): number[] {
  const machine = parts.map((part) => part.machine);
  if (!machine.every((value) => value !== undefined)) return [];
  return [(1 - sum(parts.map(({ containers }) => containers)) / sum(machine)) * 100];
}

function rest({ machine, containers, node, engine }: Part): number | undefined {
  return machine === undefined ? undefined : machine - containers - node - engine;
}

/** CPU seconds, by who spent them. */
export function describe(part: Part): string {
  const rows = { containers: part.containers, node: part.node, engine: part.engine, rest: rest(part) };
  return Object.entries(rows)
    .map(([who, seconds]) => `${who} ${seconds?.toFixed(1) ?? '?'}`)
    .join(', ');
}
