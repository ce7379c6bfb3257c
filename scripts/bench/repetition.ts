/** One repetition of everything that was chosen, in an order that puts what is compared side by side in time. */
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { LabError } from '../../lab/core/problem.ts';
import type { Bench } from './bench.ts';
import { type ContainerCost, costOf, sum } from './containers.ts';
import type { Samples } from './figures.ts';
import { forked, fromPool, noticed, twelveIdle } from './forks.ts';
import { allOf, driveByHand, type HandOrder, leadersAmong, prepareByHand } from './hand-driven.ts';
import { type Measured, measure } from './machine.ts';
import { labName, type Output, pglab, run, sweep } from './our-labs.ts';
import { wholeSet } from './set.ts';
import { shareOfReplays } from './share.ts';

export interface Repetition {
  readonly samples: Samples;
  /** Seconds of each phase of `lab:up`, as it names them. */
  readonly phases: Readonly<Record<string, number>>;
  /** CPU seconds that each host of `lab:up` had spent when it was done. */
  readonly hosts: Readonly<Record<string, number>>;
  /** Cores that others kept busy, before each measured piece of work. */
  readonly background: readonly number[];
}

/** Commands that take a fraction of a second are run a few times. */
const shortRuns = 3;
const idleTime = 10_000;
/** A first backup is followed by a checkpoint, statistics and the like. */
const settleTime = 5_000;

export async function repeatOnce(bench: Bench): Promise<Repetition> {
  const { chosen } = bench;
  const samples: Samples = {};
  let ours: Up | undefined;
  let hand: (Measured<void> & { readonly containers: number }) | undefined;
  if ((['up', 'commands', 'idle', 'side-by-side', 'failover'] as const).some((part) => chosen.has(part))) {
    ours = await bringUp(bench, 'ours');
    if (chosen.has('commands')) Object.assign(samples, await shortCommands(bench, ours.name));
    if (chosen.has('idle')) Object.assign(samples, await idleCost(bench, ours.name));
    if (chosen.has('failover')) samples.failover = [await failover(bench, ours.name)];
    samples.down = [await timed(() => pglab(['down', '--name', ours?.name ?? ''], bench.signal))];
    bench.say(`lab:down ${samples.down[0]?.toFixed(2)} s`);
    if (!chosen.has('commands')) delete samples.down;
  }
  if (ours && chosen.has('up')) {
    hand = await byHand(bench, 'from-backup');
    const hasty = await byHand(bench, 'all-at-once');
    samples.upWall = [ours.wall];
    samples.handWall = [hand.wall];
    samples.wallRatio = [ours.wall / hand.wall];
    samples.hastyWall = [hasty.wall];
    samples.hastyRatio = [ours.wall / hasty.wall];
    samples.upContainers = [sum(ours.costs.map(({ cpu }) => cpu))];
    samples.handContainers = [hand.containers];
    if (ours.cpu !== undefined && hand.cpu !== undefined) {
      samples.upCpu = [ours.cpu];
      samples.handCpu = [hand.cpu];
      if (hand.cpu > 0) samples.cpuRatio = [ours.cpu / hand.cpu];
    }
  }
  if (chosen.has('fork')) Object.assign(samples, await forked(bench, hand?.wall));
  if (chosen.has('pool')) Object.assign(samples, await fromPool(bench));
  if (chosen.has('twelve')) Object.assign(samples, await twelveIdle(bench));
  if (chosen.has('noticed')) Object.assign(samples, await noticed(bench));
  if (chosen.has('share')) Object.assign(samples, await shareOfReplays(bench));
  if (chosen.has('set')) Object.assign(samples, await wholeSet(bench));
  if (ours && chosen.has('side-by-side')) {
    const four = await sideBySide(bench);
    samples.fourWall = [four];
    samples.fourRatio = [four / ours.wall];
  }
  if (chosen.has('setup')) {
    samples.setup = [await timed(() => run('npm', ['run', 'setup'], bench.signal))];
    bench.say(`npm run setup ${samples.setup[0]?.toFixed(2)} s`);
  }
  return {
    samples,
    phases: ours ? phasesOf(ours.value, ours.wall) : {},
    hosts: Object.fromEntries((ours?.costs ?? []).map(({ name, cpu }) => [name, cpu])),
    background: [ours?.background, hand?.background].filter((each) => each !== undefined),
  };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

interface Up extends Measured<Output> {
  readonly name: string;
  readonly costs: readonly ContainerCost[];
}

async function bringUp(bench: Bench, which: string): Promise<Up> {
  const name = labName(which);
  const measured = await measure(() => pglab(['up', '--fresh', '--name', name], bench.signal), bench.signal);
  const costs = await costOf(bench.docker, `pglab-${name}-`);
  bench.say(`lab:up ${describe(measured)}`);
  return { ...measured, name, costs };
}

async function byHand(bench: Bench, order: HandOrder): Promise<Measured<void> & { readonly containers: number }> {
  const lab = await prepareByHand(labName('hand'), await bench.draw(), bench.imageOf);
  const measured = await measure(() => driveByHand(lab, order, bench.signal), bench.signal);
  const containers = sum((await costOf(bench.docker, `${lab.name}-`)).map(({ cpu }) => cpu));
  bench.say(`by hand, ${order} ${describe(measured)}`);
  await sweep(bench.docker);
  return { ...measured, containers };
}

function describe({ wall, cpu, background }: Measured<unknown>): string {
  const spent = cpu === undefined ? '' : `, ${cpu.toFixed(1)} CPU s`;
  return `${wall.toFixed(2)} s${spent}${background === undefined ? '' : ` (others keep ${background.toFixed(2)} cores busy)`}`;
}

/** `   1.2 s  waiting for pg1 to lead` opens a phase, which the next one ends. */
export function phasesOf({ said }: Output, wall: number): Record<string, number> {
  const opened = said.flatMap(({ at, line }) => {
    const [, text] = /^\s*[\d.]+ s {2}(.*)$/.exec(line) ?? [];
    return text === undefined ? [] : [{ at, text }];
  });
  const all = [{ at: 0, text: 'the command starts' }, ...opened];
  return Object.fromEntries(all.map(({ at, text }, n) => [text, (all[n + 1]?.at ?? wall) - at]));
}

async function shortCommands({ signal, say }: Bench, name: string): Promise<Samples> {
  const times = async (args: readonly string[]) => {
    const taken: number[] = [];
    for (let n = 0; n < shortRuns; n += 1) taken.push(await timed(() => pglab(args, signal)));
    say(`pglab ${args[0]} ${taken.map((each) => each.toFixed(2)).join(', ')} s`);
    return taken;
  };
  return { status: await times(['status', '--name', name]), help: await times(['--help']) };
}

async function idleCost({ docker, signal, say }: Bench, name: string): Promise<Samples> {
  await delay(settleTime, undefined, { signal });
  const [before, started] = [await costOf(docker, `pglab-${name}-`), performance.now()];
  await delay(idleTime, undefined, { signal });
  const [after, seconds] = [await costOf(docker, `pglab-${name}-`), (performance.now() - started) / 1000];
  const spent = sum(after.map(({ cpu }) => cpu)) - sum(before.map(({ cpu }) => cpu));
  const [memory, idleCpu] = [sum(after.map((each) => each.memory)) / 1e6, (spent / seconds) * 100];
  say(`idle: ${memory.toFixed(0)} MB, ${idleCpu.toFixed(1)} % of a core`);
  return { memory: [memory], idleCpu: [idleCpu] };
}

/** Seconds from the kill of the leader's host to another member that says that it leads. */
async function failover({ docker, signal, say }: Bench, name: string): Promise<number> {
  const { stdout } = await pglab(['status', '--name', name, '--json'], signal);
  const { leader, members } = JSON.parse(stdout) as { leader: string | null; members: { name: string; rest: string | null }[] };
  if (leader === null) throw new LabError(`lab ${name} has no leader to kill`);
  const others = members.flatMap((member) => (member.name === leader || member.rest === null ? [] : [Number(new URL(member.rest).port)]));
  const host = `pglab-${name}-${leader}`;
  const started = performance.now();
  await execa('docker', ['kill', host], { cancelSignal: signal });
  while ((await leadersAmong(others)).length === 0) {
    if (performance.now() - started > 120_000) throw new LabError(`no other member leads two minutes after the kill of ${host}`);
    await delay(50, undefined, { signal });
  }
  const taken = (performance.now() - started) / 1000;
  say(`failover ${taken.toFixed(2)} s`);
  // So that `lab:down` has as much to remove as ever.
  await docker.getContainer(host).start();
  return taken;
}

async function sideBySide({ signal, say }: Bench): Promise<number> {
  const names = ['a', 'b', 'c', 'd'].map(labName);
  const taken = await timed(() => allOf(names.map((name) => pglab(['up', '--fresh', '--name', name], signal))));
  say(`four labs side by side ${taken.toFixed(2)} s`);
  await allOf(names.map((name) => pglab(['down', '--name', name], signal)));
  return taken;
}
