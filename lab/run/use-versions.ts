/** Another version of a program that a host's image carries takes its place, as an upgrade by apt would. */
import { LabError } from '../core/problem.ts';
import { runCommand } from '../engine/commands.ts';
import type { Host } from '../engine/lab.ts';
import type { HostOverlay } from '../topology/overlay.ts';
import type { StepContext } from './effects/effect.ts';
import { allProven, type Proof, proven, unproven } from './proofs.ts';

/** Throws LabError where the host does not carry that version. What runs already stays what it is until it is restarted. */
export async function useVersions(ctx: StepContext, host: Host, versions: NonNullable<HostOverlay['versions']>): Promise<Proof> {
  const proofs: Proof[] = [];
  for (const [program, version] of Object.entries(versions)) {
    if (typeof version !== 'string') throw new LabError(`to which version of ${program} is not said`);
    const switched = await runCommand(ctx.docker, host.container, { user: 'root', argv: ['lab-use-version', program, version] });
    if (switched.exit !== 0) throw new LabError(`${host.name}: ${(switched.stdout + switched.stderr).trim()}`);
    const { stdout } = await runCommand(ctx.docker, host.container, { argv: [program, 'version'] });
    const found = /\d+(?:\.\d+)+/.exec(stdout)?.[0] ?? stdout.trim();
    const seen = `${program} on ${host.name} says that it is ${found}`;
    proofs.push(found === version || found.startsWith(`${version}.`) ? proven(seen) : unproven(`${seen}, not ${version}`));
  }
  return allProven(proofs);
}
