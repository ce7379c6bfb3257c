/** What a lab that comes up is waited for, each until it was seen from outside the hosts. */
import { poll } from '../core/deadline.ts';
import { type Millis, seconds } from '../core/duration.ts';
import type { ClusterLook } from '../core/event.ts';
import { LabError } from '../core/problem.ts';
import type { Docker } from '../engine/connect.ts';
import { endpointOf, type Host, hostNamed, type Lab } from '../engine/lab.ts';
import { lastLines } from '../engine/watch.ts';
import { lookAtCluster } from '../observe/cluster.ts';
import { askPatroni } from '../observe/patroni.ts';
import { ask, serverOf } from '../observe/postgres.ts';
import type { ClusterSpec } from '../topology/blueprint.ts';

export interface ComingUp {
  readonly docker: Docker;
  readonly lab: Lab;
  readonly signal: AbortSignal;
  readonly report: (phase: string) => void;
}

/** Enough for a machine ten times slower than the one this was measured on (12 s for the whole bring-up). */
const patience = { leader: seconds(120), standbys: seconds(120), archive: seconds(60) } as const;

/** Throws LabError, with the host's last words. */
export async function becomesLeader(ctx: ComingUp, host: Host, within: Millis = patience.leader): Promise<void> {
  const rest = endpointOf(host, 8008);
  const seen = await poll(
    () => askPatroni(rest),
    (answer) => answer?.role === 'leader' && answer.state === 'running',
    { within, signal: ctx.signal, intervals: [500, 200, 100] },
  );
  if (seen.met) return;
  throw new LabError(`${host.name} did not become leader within ${within / 1000} s; its Patroni says ${seen.last?.state ?? 'nothing'}`, {
    detail: await lastLines(ctx.docker, host),
  });
}

/** Throws LabError naming those that do not, with their last words. */
export async function standbysStream(ctx: ComingUp, cluster: ClusterSpec, standbys: readonly string[]): Promise<void> {
  const streaming = (look: ClusterLook) =>
    standbys.every((name) => look.members[name]?.state === 'streaming' && look.members[name]?.timeline === look.timeline);
  const promoted = ({ leader }: ClusterLook) => standbys.find((name) => name === leader);
  const settled = (look: ClusterLook) => streaming(look) || promoted(look) !== undefined;
  const seen = await poll(() => lookAtCluster(ctx.lab, cluster), settled, { within: patience.standbys, signal: ctx.signal });
  const leader = seen.last && promoted(seen.last);
  if (leader !== undefined)
    throw new LabError(`${leader} was promoted while the lab came up: the leader did not renew its key in time`, {
      detail: await lastLines(ctx.docker, hostNamed(ctx.lab, leader)),
      hint: 'the machine had too little CPU to spare, or stood still',
    });
  if (seen.met) return;
  const late = Object.entries(seen.last?.members ?? {}).filter(([name, member]) => standbys.includes(name) && member.state !== 'streaming');
  throw new LabError(
    `standbys did not stream within ${patience.standbys / 1000} s: ${late.map(([name, member]) => `${name} is ${member.state}`).join(', ')}`,
    { detail: (await Promise.all(late.map(([name]) => lastLines(ctx.docker, hostNamed(ctx.lab, name))))).flat() },
  );
}

/** A WAL segment is ended for it: whether archiving works shows when there is something to archive. */
export async function archives(ctx: ComingUp, leader: Host): Promise<void> {
  await ask(serverOf(ctx.lab, leader), 'select pg_switch_wal()').catch(() => []);
  const seen = await poll(
    async () => (await ask(serverOf(ctx.lab, leader), archiverQuestion).catch(() => []))[0]?.[0],
    (archived) => archived === true,
    { within: patience.archive, signal: ctx.signal },
  );
  if (seen.met) return;
  throw new LabError(`${leader.name} did not archive its WAL within ${patience.archive / 1000} s`, {
    detail: await lastLines(ctx.docker, leader),
  });
}

const archiverQuestion = 'select coalesce(last_archived_time > pg_postmaster_start_time(), false) from pg_stat_archiver';
