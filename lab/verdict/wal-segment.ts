/** Names of WAL segments. Knows PostgreSQL's default segment size of 16 MB, which every lab has. */
import { formatLsn, type Lsn, lsnValue } from '../core/lsn.ts';

const segmentSize = 16n * 1024n * 1024n;
const segmentsPerFile = 0x1_0000_0000n / segmentSize;

/**
 * The segment in which a byte at `lsn` lies, as PostgreSQL's XLogFileName makes it. `end`: the LSN is the end of something, so the
 * byte before it is meant.
 */
export function walSegment(timeline: number, lsn: Lsn, end = false): string {
  const at = lsnValue(lsn) - (end && lsnValue(lsn) > 0n ? 1n : 0n);
  const number = at / segmentSize;
  return [BigInt(timeline), number / segmentsPerFile, number % segmentsPerFile]
    .map((part) => part.toString(16).toUpperCase().padStart(8, '0'))
    .join('');
}

/** The same place in the WAL of another timeline. */
export function segmentOnTimeline(segment: string, timeline: number): string {
  return timeline.toString(16).toUpperCase().padStart(8, '0') + segment.slice(8);
}

/** Where a segment ends: an archive that has it has everything before that. `segment` is a WAL file's name. */
export function segmentEnd(segment: string): Lsn {
  const number = BigInt(`0x${segment.slice(8, 16)}`) * segmentsPerFile + BigInt(`0x${segment.slice(16)}`);
  return formatLsn((number + 1n) * segmentSize);
}
