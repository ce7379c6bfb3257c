/** snapshot and fork: keeps the lab as it is, and goes back to it. Snapshots are the run's own and go with it. */
import { LabError } from '../../core/problem.ts';
import { recreateHosts } from '../../engine/recreate-hosts.ts';
import { findSnapshot } from '../../engine/snapshots.ts';
import { comeBack, heldBack } from '../come-back.ts';
import { proven } from '../proofs.ts';
import { snapshotLab, snapshotName } from '../snapshot-lab.ts';
import type { Effect, StepContext } from './effect.ts';

export const snapshot: Effect<'snapshot'> = {
  selectors: () => [],
  run: async (ctx, { name }) => {
    needsNoFaults(ctx);
    const { docker, lab } = ctx;
    const states = lab.hosts.map((host) => ({ ...host, state: engineState(ctx.streams.stateOf(host.name)) }));
    await snapshotLab(docker, { ...lab, hosts: states }, snapshotName(lab, name));
    return { reason: proven(`every host is kept as ${name}`).seen };
  },
};

export const fork: Effect<'fork'> = {
  selectors: () => [],
  run: async (ctx, { name }) => {
    needsNoFaults(ctx);
    if (ctx.workload.running)
      throw new LabError('the workload runs, and would go on in another past', { hint: 'workload: stop comes first' });
    const { docker, lab, signal } = ctx;
    const found = await findSnapshot(docker, snapshotName(lab, name));
    if (!found) throw new LabError(`there is no snapshot ${name} any more`);
    const back = { standing: found.clusters, down: found.down, must: true };
    const held = heldBack(lab.spec.clusters, back.standing);
    await recreateHosts(docker, lab, found.images, { down: found.down, hold: ({ name: host }) => held.has(host) });
    await Promise.all(lab.spec.clusters.map((cluster) => comeBack({ docker, lab, signal, report: () => {} }, cluster, back)));
    return { reason: `the lab stands as it did at ${name}` };
  },
};

/** A fault is this run's, not the lab's: no image holds it. */
function needsNoFaults(ctx: StepContext): void {
  if (ctx.faults.names.length > 0)
    throw new LabError(`${ctx.faults.names.join(' and ')} is still in force`, { hint: 'heal: all comes first' });
}

function engineState(state: 'running' | 'paused' | 'stopped'): 'running' | 'paused' | 'exited' {
  return state === 'stopped' ? 'exited' : state;
}
