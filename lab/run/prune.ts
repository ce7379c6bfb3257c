/** Which golden labs are not worth their place any more, and taking them away. What a person has frozen is never among them. */
import type { Docker } from '../engine/connect.ts';
import { listSnapshots, removeSnapshot, type Snapshot } from '../engine/snapshots.ts';

/** What golden labs may take together, bytes: some forty of three database hosts. */
const mostSpace = 16e9;

/** A golden lab this old is made anew when it is needed, ms: Debian's packages have moved on as well. */
const oldest = 14 * 24 * 3600_000;

/** Those to remove, the oldest first; `kept` is not one of them. Pure. */
export function outworn(snapshots: readonly Snapshot[], now: number, kept?: string): Snapshot[] {
  const golden = snapshots.filter(({ kind }) => kind === 'golden').sort((a, b) => a.created - b.created);
  let space = golden.reduce((sum, { size }) => sum + size, 0);
  return golden.filter((snapshot) => {
    if (snapshot.name === kept || (now - snapshot.created <= oldest && space <= mostSpace)) return false;
    space -= snapshot.size;
    return true;
  });
}

/** Removes what is outworn and not in use; a line for people on each. */
export async function pruneGolden(docker: Docker, kept: Snapshot): Promise<string[]> {
  const lines: string[] = [];
  for (const { name } of outworn(await listSnapshots(docker), Date.now(), kept.name))
    if (await removeSnapshot(docker, name)) lines.push(`removed ${name}, which was old or one too many`);
  return lines;
}
