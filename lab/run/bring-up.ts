/**
 * From a Blueprint to a lab in which the asked-for state has been seen: containers, a leader, the stanza, a first backup,
 * streaming standbys. Standbys are held back until there is something to build them from, so that the first member of a
 * cluster always becomes its leader and no standby is built by the wrong method.
 */

import { unlessAborted } from '../core/deadline.ts';
import { LabError } from '../core/problem.ts';
import { releasePatroni, runCommand } from '../engine/commands.ts';
import type { Docker } from '../engine/connect.ts';
import { createLab, type NewLab } from '../engine/create-lab.ts';
import { hostNamed, type Lab, markReady, removeLab } from '../engine/lab.ts';
import type { ClusterStanding } from '../engine/snapshot-labels.ts';
import { deathIn, watchDeaths } from '../engine/watch.ts';
import { type Blueprint, type ClusterSpec, readyStates } from '../topology/blueprint.ts';
import { comeBack, heldBack } from './come-back.ts';
import { becomesLeader, type ComingUp, standbysStream } from './coming-up.ts';
import { checkParameters } from './known-parameters.ts';
import { locksReleased } from './pgbackrest-locks.ts';

export interface BringUp extends Omit<NewLab, 'hold'> {
  /** Of a fork: how its clusters stood at the snapshot, and are to stand again. */
  readonly standing?: ClusterStanding;
  /** A fork of a lab that a person had broken: what does not come back is told, and no error. */
  readonly asFound?: boolean;
  /** One line at the start of each phase, for people. */
  readonly report: (phase: string) => void;
  /** Leaves a lab that failed to come up where it is. */
  readonly keep: boolean;
  /** Told of a lab that failed to come up, before it is removed. */
  readonly onFailed?: (lab: Lab, blueprint: Blueprint) => Promise<void>;
}

export const reaches = (cluster: ClusterSpec, state: ClusterSpec['ready']) =>
  readyStates.indexOf(cluster.ready) >= readyStates.indexOf(state);

/** Throws LabError naming the host that died or the state that was not reached; nothing is left behind unless `keep`. */
export async function bringUp(docker: Docker, blueprint: Blueprint, options: BringUp): Promise<Lab> {
  const { standing, down = {} } = options;
  const held = heldBack(blueprint.clusters, standing ?? firstLeaders(blueprint.clusters));
  options.report(`starting ${blueprint.hosts.length} hosts${standing ? ` as forks of ${options.forkOf}` : ''}`);
  const lab = await createLab(docker, blueprint, { ...options, hold: ({ name }) => held.has(name) });
  const settled = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, settled.signal]) : settled.signal;
  try {
    const ctx: ComingUp = { docker, lab, signal, report: options.report };
    const work = Promise.all(
      blueprint.clusters.map((cluster) =>
        standing ? comeBack(ctx, cluster, { standing, down, must: !options.asFound }) : makeReady(ctx, blueprint, cluster),
      ),
    );
    // A backup that runs is not waited for once somebody has pressed Ctrl-C or a host has died.
    work.catch(() => undefined);
    await unlessAborted(Promise.race([work, watchDeaths(docker, lab, signal).then(() => work)]), signal);
    // A replay's lab is finished when its process says so: nobody else asks.
    if (lab.purpose !== 'replay') await markReady(docker, lab);
    return lab;
  } catch (error) {
    let cause = options.signal?.reason;
    if (!options.signal?.aborted) {
      // Why it failed counts for more than that nobody can say more of it.
      cause = (await deathIn(docker, lab).catch(() => undefined)) ?? error;
      await options.onFailed?.(lab, blueprint).catch(() => undefined);
    }
    if (!options.keep) await removeLab(docker, lab.id);
    throw cause;
  } finally {
    settled.abort();
  }
}

/** The first member of each cluster that is brought up. */
function firstLeaders(clusters: readonly ClusterSpec[]): Record<string, { readonly leader: string }> {
  return Object.fromEntries(
    clusters.flatMap((cluster) => {
      const [leader] = cluster.members;
      return leader !== undefined && reaches(cluster, 'cluster') ? [[cluster.name, { leader }]] : [];
    }),
  );
}

async function makeReady(ctx: ComingUp, blueprint: Blueprint, cluster: ClusterSpec): Promise<void> {
  if (!reaches(cluster, 'cluster')) return;
  const [first, ...others] = cluster.members.map((name) => hostNamed(ctx.lab, name));
  if (!first) throw new LabError(`cluster ${cluster.name} has no members`);
  ctx.report(`waiting for ${first.name} to lead`);
  await becomesLeader(ctx, first);
  await checkParameters(ctx.lab, blueprint, cluster, first);
  if (reaches(cluster, 'stanza')) {
    ctx.report(`creating stanza ${cluster.stanza}`);
    await pgbackrest(ctx, cluster, 'stanza-create');
  }
  if (reaches(cluster, 'backup')) {
    ctx.report('taking the first full backup');
    // Also where the lab asks for backups from a standby: there is none before there is a backup to build it from.
    await pgbackrest(ctx, cluster, 'backup', '--type=full', '--no-backup-standby');
  }
  if (others.length > 0)
    ctx.report(`building ${others.map((host) => host.name).join(' and ')}${reaches(cluster, 'backup') ? ' from the backup' : ''}`);
  await Promise.all(others.map((host) => releasePatroni(ctx.docker, host.container)));
  await standbysStream(
    ctx,
    cluster,
    others.map(({ name }) => name),
  );
}

async function pgbackrest(ctx: ComingUp, cluster: ClusterSpec, ...argv: string[]): Promise<void> {
  const on = hostNamed(ctx.lab, cluster.repo ?? cluster.members[0] ?? '');
  const result = await runCommand(ctx.docker, on.container, { argv: ['pgbackrest', `--stanza=${cluster.stanza}`, ...argv] });
  ctx.signal.throwIfAborted();
  if (result.exit === 0) {
    const leader = hostNamed(ctx.lab, cluster.members[0] ?? '');
    if (leader.name !== on.name) await locksReleased(ctx.docker, [leader], result.stdout, ctx.signal);
    return;
  }
  throw new LabError(`pgbackrest ${argv[0]} on ${on.name} exited ${result.exit}`, {
    detail: `${result.stdout}${result.stderr}`.trim().split('\n').slice(-12),
  });
}
