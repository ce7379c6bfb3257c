/**
 * Looks at a cluster's repository, which takes a command on a host: seldom, and when a backup has ended. A backup may be taken by
 * anybody from anywhere; that it ends is known from the file `<segment>.<offset>.backup`, which the primary then archives
 * (PostgreSQL documentation, "Making a Base Backup Using the Low Level API").
 */
import type { RepoLook } from '../../core/event.ts';
import type { Host } from '../../engine/lab.ts';
import { repositoryKey } from '../../observe/live-status.ts';
import { lookAtRepository } from '../../observe/repository.ts';
import type { ClusterSpec, HostName } from '../../topology/blueprint.ts';
import { firstRunning, type Live, repeat } from './live.ts';
import { Pause } from './pause.ts';

/** How often, ms: when nothing happens, and while a backup that has ended is not listed yet. */
const rounds = { quiet: 60_000, backupEnded: 1500 } as const;
/** After so many looks a backup that is not listed is left to the quiet rounds. */
const mostLooks = 20;

const backupFile = /\b[0-9A-F]{24}\.[0-9A-F]{8}\.backup\b/;

export async function watchRepository(live: Live, cluster: ClusterSpec, leader: () => HostName | undefined): Promise<void> {
  const pause = new Pause();
  const begun = live.history.now();
  let newest: string | undefined;
  let looksLeft = 0;
  live.onLog(({ host, program, text, at }) => {
    if (at < begun) return;
    const isBackup = cluster.members.includes(host) && backupFile.test(text);
    if (isBackup) looksLeft = mostLooks;
    // What the lab says of the repository's host: it went, or came back.
    if (isBackup || (program === 'lab' && host === cluster.repo)) pause.cutShort();
  });
  await repeat(live, pause, async () => {
    const host = firstRunning(live, cluster.repo === undefined ? [leader(), ...cluster.members] : [cluster.repo]);
    const label = (await look(live, cluster, host))?.backups.at(-1)?.label;
    if (label !== newest) looksLeft = 0;
    newest = label;
    looksLeft -= 1;
    return looksLeft > 0 ? rounds.backupEnded : rounds.quiet;
  });
}

async function look(
  { docker, history }: Live,
  { repo, stanza, members }: ClusterSpec,
  host: Host | undefined,
): Promise<RepoLook | undefined> {
  const began = history.now();
  const record = (answer: RepoLook | { readonly unknown: string }) => history.recordLook(repositoryKey(stanza), answer, began);
  if (!host) {
    record({ unknown: `${repo ?? members.join(' and ')} cannot be asked` });
    return undefined;
  }
  try {
    const answer = await lookAtRepository(docker, host.container, stanza);
    record(answer);
    return answer;
  } catch (error) {
    record({ unknown: (error as Error).message });
    return undefined;
  }
}
