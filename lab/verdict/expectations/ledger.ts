/** Judges `ledger`: the rows a server has against the rows that were acknowledged, up to a point. */
import type { LedgerLook } from '../../core/event.ts';
import type { ClauseOf } from '../../scenario/plan.ts';
import { holds } from '../../scenario/value-test.ts';
import { type ClauseContext, filled, hostsMeant } from '../clause-context.ts';
import { countRows, showRanges, vacuity } from '../ledger-count.ts';
import { lookKey } from '../look-request.ts';
import { type Answer, answerOf, type Claim, readingOf, type StateFold, unknownReading } from '../reading.ts';
import type { LedgerCounts } from '../verdict.ts';

type LedgerClaim = ClauseOf<'ledger'>['claim'];

/** A look's duration is recorded in whole milliseconds: it may have begun this much earlier than it says. */
const lookRounding = 1;

export function startLedger(claim: LedgerClaim, context: ClauseContext): StateFold {
  const key = (host: string) => lookKey(context.step, 'ledger', context.clause, host);
  return {
    looks: () => {
      const now = filled(context, claim);
      if (!now.ok) return [];
      const { looks, resolved } = hostsMeant(context, now.value.on ?? 'leader');
      return [...looks, ...(resolved.ok ? resolved.hosts : []).map((host) => ({ key: key(host), kind: 'ledger' as const, host }))];
    },
    read: (answers) => {
      const now = filled(context, claim);
      if (!now.ok) return unknownReading('rows as described', now.message, now.reason);
      const { resolved } = hostsMeant(context, now.value.on ?? 'leader', answers);
      if (!resolved.ok) return readingOf([{ truth: 'no', expected: `the rows of ${now.value.on ?? 'leader'}`, observed: resolved.reason }]);
      const read = resolved.hosts.map((host) => {
        const found = answerOf(answers, key(host), 'ledger', `the rows on ${host}`);
        return 'claim' in found ? { claims: [found.claim], counts: [] } : readHost(now.value, context, found.seen, found.answer);
      });
      return readingOf(
        read.flatMap((host) => host.claims),
        { ledger: read.flatMap((host) => host.counts) },
      );
    },
  };
}

function readHost(
  claim: LedgerClaim,
  context: ClauseContext,
  look: LedgerLook,
  answer: Answer,
): { readonly claims: readonly Claim[]; readonly counts: readonly LedgerCounts[] } {
  const point = context.points.resolve(claim.through, context.step, look);
  const expected = `the rows on ${look.host} through ${claim.through.at}`;
  if (!point.ok) return { claims: [{ truth: 'unknown', expected, observed: point.message, reason: 'unbound' }], counts: [] };
  // A row that settled while the look was under way may or may not be in it.
  const counts = countRows(context.ledger.settledBy(answer.began - lookRounding), point.point, look);
  const claims = (['missing', 'beyond', 'lost'] as const).flatMap((count): readonly Claim[] => {
    const test = claim[count];
    if (test === undefined) return [];
    const outcome = holds(test, counts[count]);
    return [
      {
        truth: outcome.met ? 'yes' : 'no',
        expected: `${look.host} ${count}: ${outcome.expected} (${explain[count](counts)})`,
        observed: `${look.host} ${count}: ${outcome.observed}${counts[count] === 0 ? '' : ` (rows ${showRanges(counts[`${count}Rows`])})`}`,
      },
    ];
  });
  const vacuous = vacuity(counts, point.point);
  if (vacuous === undefined) return { claims, counts: [counts] };
  // Rows that are wrong are wrong however few they are: the whole is false then, not unknown.
  return {
    claims: [...claims, { truth: 'unknown', expected: `${expected} to prove something`, observed: vacuous, reason: 'vacuous' }],
    counts: [counts],
  };
}

const explain = {
  missing: (counts: LedgerCounts) => `of ${counts.required} acknowledged through ${counts.through}`,
  beyond: (counts: LedgerCounts) => `of ${counts.forbidden} acknowledged after it or refused`,
  lost: () => 'of all acknowledged',
};
