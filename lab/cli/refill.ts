/** Fills the pool up again behind the back of the command that took a lab from it. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { inNoHurry } from '../core/priority.ts';
import { projectFolder } from '../core/project.ts';
import type { PoolLabel } from '../engine/labels.ts';

/** Returns at once; the process that does it outlives this one. */
export function refillInBackground({ keep, spec }: PoolLabel): void {
  const program = join(projectFolder, 'dist', 'lab', 'cli', 'main.js');
  const words = [program, 'pool', '--keep', String(keep), '--spec', spec];
  inNoHurry(spawn(process.execPath, words, { cwd: projectFolder, detached: true, stdio: 'ignore' })).unref();
}
