/** Asks pgBackRest what a repository holds, on a host that has it. */

import type { RepoBackup, RepoLook } from '../core/event.ts';
import { parseLsn } from '../core/lsn.ts';
import { LabError } from '../core/problem.ts';
import { runCommand } from '../engine/commands.ts';
import type { Docker } from '../engine/connect.ts';

interface InfoStanza {
  name: string;
  status: { code: number; message: string };
  repo?: { key: number; status: { code: number; message: string } }[];
  backup: {
    label: string;
    type: 'full' | 'diff' | 'incr';
    error: boolean | null;
    lsn?: { start: string; stop: string };
    timestamp: { start: number; stop: number };
  }[];
  archive: { id: string; max: string | null }[];
}

/** "other": a repository could not be read. Where that goes for some of several, the stanza's own code is another (pgBackRest, command/info/info.c). */
const unreadable = 99;

/**
 * Reads `pgbackrest info --output=json` (see pgBackRest's user guide, "Information"). What it says of its configuration it prints before
 * it has read there how much it is to say. Throws LabError where it lists no backup and could not read a repository: that says nothing.
 */
function readInfo(printed: string, stanza: string, segments: Readonly<Record<string, boolean>>): RepoLook {
  const json = printed.slice(Math.max(0, printed.search(/^\[/m)));
  const found = (JSON.parse(json) as InfoStanza[]).find((each) => each.name === stanza);
  const unread = (found?.repo ?? []).filter(({ status }) => status.code === unreadable);
  if (unread.length > 0 && found?.backup.length === 0) {
    const why = [...new Set(unread.map(({ status }) => cause(status.message)))].join('; ');
    throw new LabError(`pgbackrest could not read the repository of ${stanza}: ${why}`);
  }
  return {
    kind: 'repo',
    stanza,
    status: found?.status.message ?? 'missing stanza path',
    backups: (found?.backup ?? []).map(
      (backup): RepoBackup => ({
        label: backup.label,
        type: backup.type,
        error: backup.error ?? false,
        start: parseLsn(backup.lsn?.start ?? '0/0'),
        stop: parseLsn(backup.lsn?.stop ?? '0/0'),
        ended: backup.timestamp.stop,
      }),
    ),
    archiveMax: Object.fromEntries((found?.archive ?? []).flatMap(({ id, max }) => (max === null ? [] : [[id, max]]))),
    segments,
  };
}

/** Of an error with the errors that caused it below, and hints at the end, the first cause. */
function cause(message: string): string {
  const lines = message.split('\n').filter((line) => !line.startsWith('HINT'));
  return lines.at(-1) ?? message;
}

/** Looks into the repository of `stanza`; `segments` are WAL file names to be found in its archive, compressed or not. */
export async function lookAtRepository(
  docker: Docker,
  container: string,
  stanza: string,
  segments: readonly string[] = [],
): Promise<RepoLook> {
  const info = await runCommand(docker, container, {
    argv: ['pgbackrest', 'info', `--stanza=${stanza}`, '--output=json', '--log-level-console=off'],
  });
  if (info.exit !== 0) throw new LabError(`pgbackrest info exited ${info.exit}: ${(info.stderr || info.stdout).trim()}`);
  const present = await Promise.all(
    segments.map(async (segment) => [segment, await hasSegment(docker, container, stanza, segment)] as const),
  );
  return readInfo(info.stdout, stanza, Object.fromEntries(present));
}

/**
 * Archived segments are stored as SEGMENT-CHECKSUM[.ext] under the archive's folders (pgBackRest, archive/common). One that is still
 * being written has .pgbackrest.tmp after it, and is not there yet.
 */
async function hasSegment(docker: Docker, container: string, stanza: string, segment: string): Promise<boolean> {
  const stored = `${segment}-[0-9a-f]{40}([.](bz2|gz|lz4|zst))?$`;
  const listing = await runCommand(docker, container, {
    argv: ['pgbackrest', 'repo-ls', `archive/${stanza}`, '--recurse', `--filter=${stored}`, '--log-level-console=off'],
  });
  if (listing.exit !== 0) throw new LabError(`pgbackrest repo-ls exited ${listing.exit}: ${(listing.stderr || listing.stdout).trim()}`);
  return new RegExp(stored, 'm').test(listing.stdout);
}
