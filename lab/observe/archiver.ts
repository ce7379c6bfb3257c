/** Asks a leader how its archiver gets on. */
import type { ArchiverLook } from '../core/event.ts';
import type { Host, Lab } from '../engine/lab.ts';
import { ask, serverOf } from './postgres.ts';

const question = `select archived_count::int, last_archived_wal, extract(epoch from last_archived_time)::float8 * 1000,
  failed_count::int, last_failed_wal, extract(epoch from last_failed_time)::float8 * 1000 from pg_stat_archiver`;

/** undefined where the host does not answer within a second. */
export async function lookAtArchiver(lab: Lab, host: Host): Promise<ArchiverLook | undefined> {
  try {
    const [row] = await ask(serverOf(lab, host), question, 1000);
    const [archived, lastArchived, lastArchivedAt, failed, lastFailed, lastFailedAt] = row as [
      number,
      string | null,
      number | null,
      number,
      string | null,
      number | null,
    ];
    return { kind: 'archiver', host: host.name, archived, lastArchived, lastArchivedAt, failed, lastFailed, lastFailedAt };
  } catch {
    return undefined;
  }
}
