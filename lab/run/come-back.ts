/** A fork comes back to how the snapshot's lab stood. A golden lab's must; one that a person had broken may turn out to be more so. */
import { seconds } from '../core/duration.ts';
import { LabError } from '../core/problem.ts';
import { releasePatroni } from '../engine/commands.ts';
import { hostNamed } from '../engine/lab.ts';
import type { HostDown, Standing } from '../engine/snapshot-labels.ts';
import type { ClusterSpec } from '../topology/blueprint.ts';
import { archives, becomesLeader, type ComingUp, standbysStream } from './coming-up.ts';

export interface Fork {
  readonly standing: Readonly<Record<string, Standing>>;
  readonly down: Readonly<Record<string, HostDown>>;
  /** Whether it must come back: what does not is an error, or else only told. */
  readonly must: boolean;
}

/** Members whose Patroni waits until the one that is to lead does; nobody's in a cluster without one. */
export function heldBack(
  clusters: readonly ClusterSpec[],
  standing: Readonly<Record<string, Pick<Standing, 'leader'>>>,
): ReadonlySet<string> {
  return new Set(
    clusters.flatMap(({ name, members }) => {
      const leader = standing[name]?.leader;
      return leader === undefined ? [] : members.filter((member) => member !== leader);
    }),
  );
}

/** How long a leader that may fail to come back is waited for. */
const lenience = seconds(45);

/** Whoever led leads again; everybody else's Patroni starts, and whoever streamed streams from it. */
export async function comeBack(ctx: ComingUp, cluster: ClusterSpec, { standing, down, must }: Fork): Promise<void> {
  const stood = standing[cluster.name];
  if (!stood) return;
  const reached = async (state: Promise<void>) => {
    try {
      await state;
      return true;
    } catch (error) {
      if (must || !(error instanceof LabError)) throw error;
      ctx.report(`not as it was at the snapshot: ${error.message}`);
      return false;
    }
  };
  const leader = hostNamed(ctx.lab, stood.leader);
  ctx.report(`waiting for ${leader.name} to lead`);
  const leads = await reached(becomesLeader(ctx, leader, must ? undefined : lenience));
  const others = cluster.members.filter((name) => name !== leader.name && runsPatroni(down[name]));
  await Promise.all(others.map((name) => releasePatroni(ctx.docker, hostNamed(ctx.lab, name).container)));
  if (!leads) return;
  if (stood.streaming.length > 0) ctx.report(`waiting for ${stood.streaming.join(' and ')} to stream`);
  await Promise.all([reached(standbysStream(ctx, cluster, stood.streaming)), ...(stood.archiving ? [reached(archives(ctx, leader))] : [])]);
}

function runsPatroni(down: HostDown | undefined): boolean {
  return down === undefined || (Array.isArray(down) && !down.includes('patroni'));
}
