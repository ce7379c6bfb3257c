/** Judges `outage`: for how long no row was acknowledged. Nothing is looked at but the rows as the clients saw them. */
import { formatDuration, parseDuration } from '../../core/duration.ts';
import type { ClauseOf } from '../../scenario/plan.ts';
import { type ClauseContext, filled } from '../clause-context.ts';
import { type Claim, readingOf, type StateFold, unknownReading } from '../reading.ts';
import type { Window } from '../step-record.ts';

/** Rows become known as they settle, and not in step with the history, ms: the last of it is left out, live and offline alike. */
const settling = 100;

export function startOutage(claim: ClauseOf<'outage'>['claim'], context: ClauseContext, window: Window): StateFold {
  const read = (at: number) => {
    const now = filled(context, claim);
    const title = `an outage since ${claim.since}`;
    if (!now.ok) return unknownReading(title, now.message, now.reason);
    if (window.missing) return unknownReading(title, `${claim.since} was not carried out`, 'skipped');
    const { longest, acked } = context.ledger.outage(window.start, at - settling);
    if (!longest) return unknownReading(title, `nobody wrote since ${claim.since}`, 'vacuous');
    const lasted = longest.until - longest.from;
    const observed = acked === 0 ? `no row was acknowledged for ${formatDuration(lasted)}` : `the longest was ${formatDuration(lasted)}`;
    const { min, max } = now.value;
    const claims: Claim[] = [];
    if (min !== undefined)
      claims.push({ truth: lasted >= parseDuration(min) ? 'yes' : 'no', expected: `${title} of at least ${min}`, observed });
    const tooLong = max !== undefined && lasted > parseDuration(max);
    // Before anything got through it is not over.
    if (max !== undefined) claims.push({ truth: tooLong || acked === 0 ? 'no' : 'yes', expected: `${title} of at most ${max}`, observed });
    return readingOf(claims, { final: tooLong });
  };
  return { looks: () => [], read: (_, at) => read(at) };
}
