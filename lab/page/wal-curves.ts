/** How far WAL was written by the leader, and how far it was archived, over time. */
import type { ClusterLook } from '../core/event.ts';
import { lsnValue } from '../core/lsn.ts';
import { segmentEnd } from '../verdict/wal-segment.ts';
import type { LogLine, Model } from './model.ts';

/** What pgBackRest says of every segment, archived at once or asynchronously. History and backup files have other names. */
const pushed = /^pushed WAL file '([0-9A-F]{24})' to the archive/;

export function followWal(model: Model) {
  return {
    look: (at: number, look: ClusterLook): void => {
      const leader = look.leader === undefined ? undefined : look.members[look.leader];
      if (leader?.lsn === undefined) return;
      const timeline = leader.timeline ?? look.timeline ?? 0;
      model.leaderWal.push({ at, position: Number(lsnValue(leader.lsn)), timeline, label: `${look.leader} ${leader.lsn}` });
    },
    log: (line: LogLine): void => {
      const segment = line.program === 'pgbackrest' ? pushed.exec(line.text)?.[1] : undefined;
      if (segment === undefined) return;
      const timeline = Number.parseInt(segment.slice(0, 8), 16);
      const last = model.archivedWal.at(-1);
      const position = Number(lsnValue(segmentEnd(segment)));
      // Several processes archive at once: a segment may be there before the one that it follows.
      if (last && last.timeline === timeline && last.position >= position) return;
      model.archivedWal.push({ at: line.at, position, timeline, label: segment });
    },
  };
}
