/**
 * Locks that outlive a command of pgBackRest: it tells its remote processes to exit and does not wait until they have (src/protocol/
 * client.c), so that for a moment the next command finds the host's lock taken, and passes over that host or fails.
 */
import { poll } from '../core/deadline.ts';
import { seconds } from '../core/duration.ts';
import { runCommand } from '../engine/commands.ts';
import type { Docker } from '../engine/connect.ts';
import type { Host } from '../engine/lab.ts';

/** A remote that has not heard of the end by then is cut off or frozen, and the next command says so itself. */
const patience = seconds(5);

/** Waits until no lock file on these hosts is of the command that printed `output`. A host that cannot be asked holds nothing up. */
export async function locksReleased(docker: Docker, hosts: readonly Host[], output: string, signal: AbortSignal): Promise<void> {
  const execId = / --exec-id=(\S+)/.exec(output)?.[1];
  if (execId === undefined) return;
  const argv = ['grep', '-qsF', `"${execId}"`, '-r', '/tmp/pgbackrest', '--include=*.lock'];
  const holds = async ({ container }: Host) => (await runCommand(docker, container, { argv, signal }).catch(() => undefined))?.exit === 0;
  await poll(
    async () => (await Promise.all(hosts.map(holds))).includes(true),
    (held) => !held,
    { within: patience, signal, intervals: [20, 50, 100] },
  );
}
