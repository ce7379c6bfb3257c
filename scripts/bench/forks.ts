/** What golden labs, snapshots, the pool and the scheduler bring: each measured through the compiled program, as a person would call it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ClusterLook, Event } from '../../lab/core/event.ts';
import { LabError } from '../../lab/core/problem.ts';
import { listLabs } from '../../lab/engine/lab.ts';
import { removeSnapshot } from '../../lab/engine/snapshots.ts';
import type { Bench } from './bench.ts';
import { costOf, sum } from './containers.ts';
import type { Samples } from './figures.ts';
import { measure } from './machine.ts';
import { labName, pglab, readHistory } from './our-labs.ts';

/** A fork of a golden lab that is there; `hand`: seconds of the same lab by hand in this repetition. */
export async function forked(bench: Bench, hand: number | undefined): Promise<Samples> {
  const { signal, say, docker } = bench;
  const name = labName('fork');
  // The first one makes the golden lab where there is none.
  await pglab(['up', '--name', name], signal);
  await pglab(['down', '--name', name], signal);
  const { wall, cpu, background } = await measure(() => pglab(['up', '--name', name], signal), signal);
  say(
    `forked ${wall.toFixed(2)} s, ${cpu?.toFixed(1) ?? '?'} CPU s${background === undefined ? '' : ` (others ${background.toFixed(2)})`}`,
  );
  const containers = await docker.listContainers({ size: true, filters: { name: [`^/pglab-${name}-`] } });
  const written = containers.map((container) => [container.Names[0] ?? '', (container as { SizeRw?: number }).SizeRw ?? 0] as const);
  const etcd = sum(written.filter(([host]) => host.includes('-etcd')).map(([, size]) => size));
  const disk = sum(written.map(([, size]) => size)) - etcd;
  const snapshot = `${name}-kept`;
  const started = performance.now();
  await pglab(['snapshot', snapshot, '--name', name], signal);
  const snapshotTime = (performance.now() - started) / 1000;
  say(`snapshot ${snapshotTime.toFixed(2)} s; the fork wrote ${(disk / 1e6).toFixed(0)} MB, its etcd ${(etcd / 1e6).toFixed(0)} MB`);
  await removeSnapshot(docker, snapshot);
  await pglab(['down', '--name', name], signal);
  return {
    forkWall: [wall],
    ...(cpu === undefined ? {} : { forkCpu: [cpu] }),
    ...(hand === undefined ? {} : { forkRatio: [wall / hand] }),
    snapshot: [snapshotTime],
    forkDisk: [disk / 1e6],
    forkEtcd: [etcd / 1e6],
  };
}

/** `lab:up` where a frozen lab waits, the whole command. */
export async function fromPool({ signal, say, docker }: Bench): Promise<Samples> {
  const choice = ['--preset', 'three-nodes-repo-host', '--profile', 'fast'];
  await pglab(['pool', '--keep', '1', ...choice], signal);
  const name = labName('pooled');
  const started = performance.now();
  const { said } = await pglab(['up', '--name', name, ...choice], signal);
  const wall = (performance.now() - started) / 1000;
  if (!said.some(({ line }) => line.includes('thawing'))) throw new LabError('the pool handed out nothing');
  say(`from the pool ${wall.toFixed(2)} s`);
  await pglab(['down', '--name', name], signal);
  // The pool is being filled up again: whoever empties it waits for that.
  await pglab(['pool', '--keep', '0', ...choice], signal);
  const left = (await listLabs(docker)).filter(({ purpose }) => purpose === 'pool');
  if (left.length > 0) throw new LabError(`the pool still has ${left.map((lab) => lab.name).join(', ')}`);
  return { pooled: [wall] };
}

const manyLabs = 12;
const idleTime = 15_000;

/** Twelve labs that nobody uses. */
export async function twelveIdle({ signal, say, docker }: Bench): Promise<Samples> {
  const names = Array.from({ length: manyLabs }, (_, n) => labName(`idle${n}`));
  for (const name of names) await pglab(['up', '--name', name], signal);
  // A new lab still has its last checkpoint and statistics to write.
  await delay(idleTime, undefined, { signal });
  const look = async () => (await Promise.all(names.map((name) => costOf(docker, `pglab-${name}-`)))).flat();
  const before = await look();
  await delay(idleTime, undefined, { signal });
  const after = await look();
  const memory = sum(after.map((each) => each.memory)) / 1e9;
  const busy = (sum(after.map(({ cpu }) => cpu)) - sum(before.map(({ cpu }) => cpu))) / (idleTime / 1000);
  say(`${manyLabs} idle labs: ${memory.toFixed(2)} GB, ${busy.toFixed(2)} cores`);
  for (const name of names) await pglab(['down', '--name', name], signal);
  return { twelveMemory: [memory], twelveCpu: [busy] };
}

/** Seconds from the new leader's own word, in its log, to the first look of a replay that has it as the leader. */
export async function noticed({ signal, say }: Bench): Promise<Samples> {
  const out = await mkdtemp(join(tmpdir(), 'pglab-bench-'));
  try {
    const replayed = await pglab(['replay', 'failover-then-backup', '--variant', 'rewind', '--json', '--out', out], signal);
    const seen = noticing(await readHistory(replayed));
    if (seen === undefined) throw new LabError('no failover is in the history');
    say(`failover noticed after ${seen.toFixed(3)} s`);
    return { noticed: [seen] };
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}

/** Pure part of `noticed`: PostgreSQL takes connections as a primary, then a look says so. */
export function noticing(events: readonly Event[]): number | undefined {
  const started = events.find((event) => event.type === 'run-started')?.at ?? 0;
  const promoted = events.find((event) => event.type === 'log' && event.at > started && event.text.startsWith('promoted self to leader'));
  if (promoted?.type !== 'log') return undefined;
  const ready = events.find(
    (event) =>
      event.type === 'log' &&
      event.host === promoted.host &&
      event.at >= promoted.at &&
      event.text.startsWith('database system is ready to accept connections'),
  );
  const look = events.find(
    (event) =>
      event.type === 'look' &&
      'kind' in event.answer &&
      event.answer.kind === 'cluster' &&
      (event.answer as ClusterLook).leader === promoted.host &&
      event.at >= promoted.at,
  );
  return ready && look ? Math.max(0, look.at - ready.at) / 1000 : undefined;
}
