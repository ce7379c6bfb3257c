/**
 * Whose CPU a replay spends: its hosts' containers, as their cgroups count it; the lab's node process; the engine's daemons; and what
 * is left of the machine's, which is runc, shims, proxies and the kernel. Read every now and then, since a container that stops
 * takes its cgroup along.
 */
import { readdirSync, readFileSync } from 'node:fs';
import type { Docker } from '../../lab/engine/connect.ts';
import { processSeconds } from '../../lab/engine/local-process.ts';
import { busySeconds } from '../../lab/engine/machine.ts';

/** CPU seconds since the first sample. */
export interface CpuSplit {
  readonly containers: number;
  readonly node: number;
  readonly engine: number;
  /** Everybody's, this bench's own left out. */
  readonly machine: number;
}

export interface CpuSample extends CpuSplit {
  /** Unix ms. */
  readonly at: number;
}

export interface CpuSampler {
  /** Ends it with a last sample. */
  readonly stop: () => readonly CpuSample[];
}

const interval = 50;
/** The engine is asked this seldom which containers there are: asking costs it CPU. */
const listInterval = 1_000;

/** Samples what process `pid` and the containers whose names begin with `prefix`, a regular expression, spend. */
export function sampleCpu(docker: Docker, pid: number, prefix: string): CpuSampler {
  const containers = new Map<string, GrowingCount>();
  const [node, engine] = [growingCount(), enginePids().map((each) => ({ pid: each, count: growingCount() }))];
  const samples: CpuSample[] = [];
  const began = { engine: 0, machine: 0 };
  const take = () => {
    for (const [id, count] of containers) count.see(containerSeconds(id));
    node.see(processSeconds(pid));
    for (const each of engine) each.count.see(processSeconds(each.pid));
    const own = process.cpuUsage();
    const now = {
      engine: total(engine.map(({ count }) => count)),
      machine: (busySeconds() ?? 0) - (own.user + own.system) / 1e6,
    };
    if (samples.length === 0) Object.assign(began, now);
    samples.push({
      at: Date.now(),
      containers: total([...containers.values()]),
      node: node.value(),
      engine: now.engine - began.engine,
      machine: now.machine - began.machine,
    });
  };
  const list = () =>
    docker
      .listContainers({ filters: { name: [`^/${prefix}`] } })
      .then((found) => {
        for (const { Id } of found) if (!containers.has(Id)) containers.set(Id, growingCount());
      })
      .catch(() => undefined);
  take();
  const timers = [setInterval(take, interval), setInterval(() => void list(), listInterval)];
  return {
    stop: () => {
      for (const timer of timers) clearInterval(timer);
      take();
      return samples;
    },
  };
}

/** What was spent from one moment to another, in CPU seconds. Throws RangeError where there is no sample. */
export function between(samples: readonly CpuSample[], from: number, to: number): CpuSplit & { readonly wall: number } {
  const at = (moment: number) => samples.find((sample) => sample.at >= moment) ?? samples.at(-1);
  const [first, last] = [at(from), at(to)];
  if (!first || !last) throw new RangeError('no CPU was sampled');
  return {
    wall: (last.at - first.at) / 1000,
    containers: last.containers - first.containers,
    node: last.node - first.node,
    engine: last.engine - first.engine,
    machine: last.machine - first.machine,
  };
}

interface GrowingCount {
  readonly see: (value: number | undefined) => void;
  readonly value: () => number;
}

/** A count that begins anew with whom it counts: a host that is started again has a new cgroup. What cannot be read adds nothing. */
export function growingCount(): GrowingCount {
  let [before, last] = [0, 0];
  return {
    see: (value) => {
      if (value === undefined) return;
      if (value < last) before += last;
      last = value;
    },
    value: () => before + last,
  };
}

function total(counts: readonly GrowingCount[]): number {
  return counts.reduce((all, count) => all + count.value(), 0);
}

/** Where the engine's two cgroup drivers put a container, with cgroups of either version. */
function containerSeconds(id: string): number | undefined {
  for (const folder of [`docker/${id}`, `system.slice/docker-${id}.scope`]) {
    const v1 = readText(`/sys/fs/cgroup/cpuacct/${folder}/cpuacct.usage`);
    if (v1 !== undefined) return Number(v1) / 1e9;
    const v2 = /^usage_usec (\d+)$/m.exec(readText(`/sys/fs/cgroup/${folder}/cpu.stat`) ?? '');
    if (v2) return Number(v2[1]) / 1e6;
  }
  return undefined;
}

function enginePids(): number[] {
  const daemons = ['dockerd', 'containerd'];
  return readdirSync('/proc').flatMap((name) => (daemons.includes(readText(`/proc/${name}/comm`)?.trim() ?? '') ? [Number(name)] : []));
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
