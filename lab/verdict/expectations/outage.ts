/** Judges `outage`: for how long no row was acknowledged. Nothing is looked at but the rows as the clients saw them. */
import { formatDuration, parseDuration } from '../../core/duration.ts';
import type { ClauseOf } from '../../scenario/plan.ts';
import { type ClauseContext, filled } from '../clause-context.ts';
import { fewestRows } from '../ledger-count.ts';
import { type Claim, readingOf, type StateFold, unknownReading } from '../reading.ts';
import type { Window } from '../step-record.ts';

/** Rows become known as they settle, and not in step with the history, ms: the last of it is left out, live and offline alike. */
const settling = 100;

/** `started`: when the expectation began. */
export function startOutage(claim: ClauseOf<'outage'>['claim'], context: ClauseContext, window: Window, started: number): StateFold {
  const read = (at: number) => {
    const now = filled(context, claim);
    const title = `an outage since ${claim.since}`;
    if (!now.ok) return unknownReading(title, now.message, now.reason);
    if (window.missing) return unknownReading(title, `${claim.since} was not carried out`, 'skipped');
    const end = at - settling;
    const { longest, last, writing } = context.ledger.outage(window.start, end);
    if (!longest) return unknownReading(title, `nobody wrote since ${claim.since}`, 'vacuous');
    const lasted = longest.until - longest.from;
    const known =
      last === undefined ? `no row was acknowledged for ${formatDuration(lasted)}` : `the longest was ${formatDuration(lasted)}`;
    const { min, max } = now.value;
    const claims: Claim[] = [];
    if (min !== undefined) {
      const acked = context.ledger.ackedBy(end);
      if (acked < fewestRows)
        return unknownReading(title, `only ${acked} rows were ever acknowledged, fewer than ${fewestRows} prove nothing`, 'vacuous');
      claims.push({ truth: lasted >= parseDuration(min) ? 'yes' : 'no', expected: `${title} of at least ${min}`, observed: known });
    }
    const tooLong = max !== undefined && lasted > parseDuration(max);
    if (max !== undefined) {
      // One that may go on has no length yet.
      const over = last !== undefined && (!writing || last > started);
      const observed = over || tooLong || last === undefined ? known : `${known}, and none was acknowledged since`;
      claims.push({ truth: over && !tooLong ? 'yes' : 'no', expected: `${title} of at most ${max}`, observed });
    }
    return readingOf(claims, { final: tooLong });
  };
  return { looks: () => [], read: (_, at) => read(at) };
}
