/**
 * From a Blueprint to a lab in which the asked-for state has been seen: containers, a leader, the stanza, a first backup,
 * streaming standbys. Standbys are held back until there is something to build them from, so that the first member of a
 * cluster always becomes its leader and no standby is built by the wrong method.
 */

import { poll } from '../core/deadline.ts';
import { seconds } from '../core/duration.ts';
import type { ClusterLook } from '../core/event.ts';
import { LabError } from '../core/problem.ts';
import { controlService, runCommand } from '../engine/commands.ts';
import type { Docker } from '../engine/connect.ts';
import { createLab, type NewLab } from '../engine/create-lab.ts';
import { type Host, type Lab, markReady, publishedPort, removeLab } from '../engine/lab.ts';
import type { ClusterStanding, HostDown } from '../engine/snapshot-labels.ts';
import { deathIn, lastLines, watchDeaths } from '../engine/watch.ts';
import { lookAtCluster } from '../observe/cluster.ts';
import { askPatroni } from '../observe/patroni.ts';
import { ask, serverOf } from '../observe/postgres.ts';
import { type Blueprint, type ClusterSpec, readyStates } from '../topology/blueprint.ts';

export interface BringUp extends Omit<NewLab, 'hold'> {
  /** Of a fork: how its clusters stood at the snapshot, and are to stand again. */
  readonly standing?: ClusterStanding;
  /** One line at the start of each phase, for people. */
  readonly report: (phase: string) => void;
  /** Leaves a lab that failed to come up where it is. */
  readonly keep: boolean;
}

/** Enough for a machine ten times slower than the one this was measured on (12 s for the whole bring-up). */
const patience = { leader: seconds(120), standbys: seconds(120), archive: seconds(60) } as const;

export const reaches = (cluster: ClusterSpec, state: ClusterSpec['ready']) =>
  readyStates.indexOf(cluster.ready) >= readyStates.indexOf(state);

/** Throws LabError naming the host that died or the state that was not reached; nothing is left behind unless `keep`. */
export async function bringUp(docker: Docker, blueprint: Blueprint, options: BringUp): Promise<Lab> {
  const { standing } = options;
  const leaders = blueprint.clusters.map((cluster) => leaderOf(cluster, standing));
  const waits = blueprint.clusters.flatMap(({ members }, n) => (leaders[n] === undefined ? [] : members));
  const held = new Set(waits.filter((name) => !leaders.includes(name)));
  options.report(`starting ${blueprint.hosts.length} hosts${standing ? ` as forks of ${options.forkOf}` : ''}`);
  const lab = await createLab(docker, blueprint, { ...options, hold: ({ name }) => held.has(name) });
  const settled = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, settled.signal]) : settled.signal;
  try {
    const ctx: Context = { docker, lab, signal, report: options.report, down: options.down ?? {} };
    const work = Promise.all(
      blueprint.clusters.map((cluster) => (standing ? comeBack(ctx, cluster, standing[cluster.name]) : makeReady(ctx, cluster))),
    );
    // A backup that runs is not waited for once somebody has pressed Ctrl-C or a host has died.
    work.catch(() => undefined);
    await Promise.race([work, watchDeaths(docker, lab, signal).then(() => work), aborted(signal)]);
    await markReady(docker, lab);
    return lab;
  } catch (error) {
    const cause = options.signal?.aborted ? options.signal.reason : ((await deathIn(docker, lab)) ?? error);
    if (!options.keep) await removeLab(docker, lab.id);
    throw cause;
  } finally {
    settled.abort();
  }
}

/** Who is to lead first; undefined where nobody is waited for. */
function leaderOf(cluster: ClusterSpec, standing: ClusterStanding | undefined): string | undefined {
  if (standing) return standing[cluster.name]?.leader;
  return reaches(cluster, 'cluster') ? cluster.members[0] : undefined;
}

/** Rejects when the signal aborts. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

interface Context {
  readonly docker: Docker;
  readonly lab: Lab;
  readonly signal: AbortSignal;
  readonly report: (phase: string) => void;
  readonly down: Readonly<Record<string, HostDown>>;
}

async function makeReady(ctx: Context, cluster: ClusterSpec): Promise<void> {
  if (!reaches(cluster, 'cluster')) return;
  const [first, ...others] = cluster.members.map((name) => hostNamed(ctx.lab, name));
  if (!first) throw new LabError(`cluster ${cluster.name} has no members`);
  ctx.report(`waiting for ${first.name} to lead`);
  await becomesLeader(ctx, first);
  if (reaches(cluster, 'stanza')) {
    ctx.report(`creating stanza ${cluster.stanza}`);
    await pgbackrest(ctx, cluster, 'stanza-create');
  }
  if (reaches(cluster, 'backup')) {
    ctx.report('taking the first full backup');
    await pgbackrest(ctx, cluster, 'backup', '--type=full');
  }
  if (others.length > 0)
    ctx.report(`building ${others.map((host) => host.name).join(' and ')}${reaches(cluster, 'backup') ? ' from the backup' : ''}`);
  await Promise.all(others.map((host) => controlService(ctx.docker, host.container, 'start', 'patroni')));
  await standbysStream(
    ctx,
    cluster,
    others.map(({ name }) => name),
  );
}

/** A cluster of a fork: whoever led leads again, on a timeline of its own, and whoever streamed streams from it. */
async function comeBack(ctx: Context, cluster: ClusterSpec, standing: ClusterStanding[string] | undefined): Promise<void> {
  if (!standing) return;
  const leader = hostNamed(ctx.lab, standing.leader);
  ctx.report(`waiting for ${leader.name} to lead`);
  await becomesLeader(ctx, leader);
  if (standing.streaming.length > 0) ctx.report(`waiting for ${standing.streaming.join(' and ')} to stream`);
  const others = cluster.members.filter((name) => name !== leader.name && runsPatroni(ctx.down[name]));
  await Promise.all(others.map((name) => controlService(ctx.docker, hostNamed(ctx.lab, name).container, 'start', 'patroni')));
  await Promise.all([standbysStream(ctx, cluster, standing.streaming), ...(standing.archiving ? [archives(ctx, leader)] : [])]);
}

function runsPatroni(down: HostDown | undefined): boolean {
  return down === undefined || (Array.isArray(down) && !down.includes('patroni'));
}

/** The promotion is archived first, as a history file: a fork that cannot do that archives nothing. */
async function archives(ctx: Context, leader: Host): Promise<void> {
  const seen = await poll(
    async () => (await ask(serverOf(ctx.lab, leader), archiverQuestion).catch(() => []))[0]?.[0],
    (archived) => archived === true,
    { within: patience.archive, signal: ctx.signal },
  );
  if (seen.met) return;
  throw new LabError(`${leader.name} did not archive its new timeline within ${patience.archive / 1000} s`, {
    detail: await lastLines(ctx.docker, leader),
  });
}

const archiverQuestion = 'select coalesce(last_archived_time > pg_postmaster_start_time(), false) from pg_stat_archiver';

export function hostNamed(lab: Lab, name: string): Host {
  const host = lab.hosts.find((each) => each.name === name);
  if (!host) throw new LabError(`lab ${lab.name} has no host ${name}`);
  return host;
}

async function becomesLeader(ctx: Context, host: Host): Promise<void> {
  const port = publishedPort(host, 8008);
  const seen = await poll(
    () => askPatroni(ctx.lab.bind, port),
    (answer) => answer?.role === 'leader' && answer.state === 'running',
    { within: patience.leader, signal: ctx.signal, intervals: [500, 200, 100] },
  );
  if (seen.met) return;
  throw new LabError(
    `${host.name} did not become leader within ${patience.leader / 1000} s; its Patroni says ${seen.last?.state ?? 'nothing'}`,
    {
      detail: await lastLines(ctx.docker, host),
    },
  );
}

async function standbysStream(ctx: Context, cluster: ClusterSpec, standbys: readonly string[]): Promise<void> {
  const streaming = (look: ClusterLook) =>
    standbys.every((name) => look.members[name]?.state === 'streaming' && look.members[name]?.timeline === look.timeline);
  const seen = await poll(() => lookAtCluster(ctx.lab, cluster), streaming, { within: patience.standbys, signal: ctx.signal });
  if (seen.met) return;
  const late = Object.entries(seen.last?.members ?? {}).filter(([name, member]) => standbys.includes(name) && member.state !== 'streaming');
  throw new LabError(
    `standbys did not stream within ${patience.standbys / 1000} s: ${late.map(([name, member]) => `${name} is ${member.state}`).join(', ')}`,
    { detail: (await Promise.all(late.map(([name]) => lastLines(ctx.docker, hostNamed(ctx.lab, name))))).flat() },
  );
}

async function pgbackrest(ctx: Context, cluster: ClusterSpec, ...argv: string[]): Promise<void> {
  const on = hostNamed(ctx.lab, cluster.repo ?? cluster.members[0] ?? '');
  const result = await runCommand(ctx.docker, on.container, { argv: ['pgbackrest', `--stanza=${cluster.stanza}`, ...argv] });
  ctx.signal.throwIfAborted();
  if (result.exit === 0) return;
  throw new LabError(`pgbackrest ${argv[0]} on ${on.name} exited ${result.exit}`, {
    detail: `${result.stdout}${result.stderr}`.trim().split('\n').slice(-12),
  });
}
