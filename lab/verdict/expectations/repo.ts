/** Judges `repo`: what pgBackRest said of its repository, and whether a point's WAL segment is in the archive. */
import type { ClusterLook, RepoLook } from '../../core/event.ts';
import type { ClauseOf } from '../../scenario/plan.ts';
import { type ClauseContext, filled } from '../clause-context.ts';
import { clusterKey, type LookRequest, lookKey } from '../look-request.ts';
import { type Answers, answerOf, type Claim, readingOf, type StateFold, tested, unknownReading } from '../reading.ts';
import { walSegment } from '../wal-segment.ts';

type RepoClaim = ClauseOf<'repo'>['claim'];
type Segment = { readonly ok: true; readonly segment: string } | { readonly ok: false; readonly message: string };

export function startRepo(claim: RepoClaim, context: ClauseContext): StateFold {
  const key = lookKey(context.step, 'repo', context.clause);
  const main: LookRequest = { key: clusterKey('main'), kind: 'cluster', cluster: 'main' };
  /** Where `now` is, fixed when the leader is first seen: a moving end would never be archived. */
  let now: string | undefined;

  function segment(of: RepoClaim, look: ClusterLook | undefined): Segment | undefined {
    if (of.archived === undefined) return undefined;
    if (of.archived.at !== 'now') {
      const found = context.points.resolve(of.archived, context.step);
      return found.ok && found.point.segment !== undefined
        ? { ok: true, segment: found.point.segment }
        : { ok: false, message: found.ok ? `${of.archived.at} has no WAL segment` : found.message };
    }
    const leader = look?.leader === undefined ? undefined : look.members[look.leader];
    const timeline = of.archived.timeline === undefined ? (leader?.timeline ?? look?.timeline) : Number(of.archived.timeline);
    if (now === undefined && leader?.lsn !== undefined && timeline !== undefined) now = walSegment(timeline, leader.lsn, true);
    return now === undefined ? { ok: false, message: "the leader's WAL position is not known" } : { ok: true, segment: now };
  }

  return {
    looks: () => {
      const clause = filled(context, claim);
      if (!clause.ok) return [];
      const wanted = segment(clause.value, undefined);
      const { stanza } = clause.value;
      return [
        ...(clause.value.archived?.at === 'now' && now === undefined ? [main] : []),
        { key, kind: 'repo', ...(stanza === undefined ? {} : { stanza }), segments: wanted?.ok ? [wanted.segment] : [] },
      ];
    },
    read: (answers) => {
      const clause = filled(context, claim);
      if (!clause.ok) return unknownReading('the repository as described', clause.message, clause.reason);
      const wanted = segment(clause.value, clusterSeen(answers));
      const found = answerOf(answers, key, 'repo', 'the repository');
      if ('claim' in found) return readingOf([found.claim]);
      return readingOf([...backupClaims(clause.value, found.seen), ...archivedClaims(clause.value, wanted, found.seen)]);
    },
  };
}

function clusterSeen(answers: Answers): ClusterLook | undefined {
  const found = answerOf(answers, clusterKey('main'), 'cluster', '');
  return 'seen' in found ? found.seen : undefined;
}

function backupClaims(claim: RepoClaim, look: RepoLook): readonly Claim[] {
  const newest = [...look.backups].sort((a, b) => a.ended - b.ended || (a.label < b.label ? -1 : 1)).at(-1);
  return [
    ...(claim.backups === undefined ? [] : [tested('backups', claim.backups, look.backups.length)]),
    ...(['type', 'label', 'error'] as const).flatMap((field) => {
      const test = claim.last?.[field];
      return test === undefined ? [] : [tested(`last backup's ${field}`, test, newest?.[field])];
    }),
  ];
}

function archivedClaims(claim: RepoClaim, wanted: Segment | undefined, look: RepoLook): readonly Claim[] {
  if (wanted === undefined || claim.archived === undefined) return [];
  const expected = `WAL of ${claim.archived.at} archived`;
  if (!wanted.ok) return [{ truth: 'unknown', expected, observed: wanted.message, reason: 'cannot-observe' }];
  const newest = Object.entries(look.archiveMax).map(([id, segment]) => `${id} has up to ${segment}`);
  const seen = look.segments[wanted.segment];
  if (seen === undefined)
    return [
      {
        truth: 'unknown',
        expected: `${expected}: segment ${wanted.segment}`,
        observed: 'this segment was not asked for',
        reason: 'cannot-observe',
      },
    ];
  return [
    {
      truth: seen ? 'yes' : 'no',
      expected: `${expected}: segment ${wanted.segment}`,
      observed: seen ? 'it is in the archive' : `not in the archive; ${newest.join(', ') || 'the archive is empty'}`,
    },
  ];
}
