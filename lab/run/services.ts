/** What a host's supervisor says of its services. */

import { runCommand } from '../engine/commands.ts';
import type { Docker } from '../engine/connect.ts';
import type { Host } from '../engine/lab.ts';

/** Names of the services that run on a host. */
export async function runningServices(docker: Docker, host: Host): Promise<ReadonlySet<string>> {
  // runsv keeps the state's name in a file (runsv(8), `stat`).
  const script = 'cd /etc/lab/services && for name in *; do case $(cat "$name/supervise/stat") in run*) echo "$name" ;; esac; done';
  const { stdout } = await runCommand(docker, host.container, { user: 'root', argv: ['sh', '-c', script] });
  return new Set(stdout.split('\n').filter((name) => name !== ''));
}
