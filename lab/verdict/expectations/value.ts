/** Judges `value`: what named steps and marks recorded. Nothing is looked at; a background step may still be running. */
import { expand } from '../../scenario/expand.ts';
import type { ValueClaim } from '../../scenario/expectations/value.ts';
import { holds, isAbsence } from '../../scenario/value-test.ts';
import { type ClauseContext, unboundWhy } from '../clause-context.ts';
import { type Claim, readingOf, type StateFold } from '../reading.ts';

export function startValue(claim: ValueClaim, context: ClauseContext): StateFold {
  return {
    looks: () => [],
    read: () => {
      const claims = claim.entries.map((entry): Claim => {
        const value = expand(entry.value, context.names());
        const test = expand(entry.test, context.names());
        const name = entry.value.replaceAll('${', '').replaceAll('}', '');
        const bad = value.ok ? (test.ok ? undefined : test.unbound) : value.unbound;
        if (bad || !value.ok || !test.ok) {
          const why = bad && unboundWhy(context, bad);
          // A step that has not ended has recorded nothing yet.
          if (why?.reason === 'background-unjoined' && isAbsence(entry.test))
            return { truth: 'yes', expected: `${name}: absent`, observed: why.message };
          return { truth: 'unknown', expected: `${name}: a value`, observed: why?.message ?? 'no value', reason: why?.reason ?? 'unbound' };
        }
        const outcome = holds(test.value, value.value);
        return { truth: outcome.met ? 'yes' : 'no', expected: `${name}: ${outcome.expected}`, observed: `${name}: ${outcome.observed}` };
      });
      // What was recorded stays as it is: only a step that has not ended is worth waiting for.
      return readingOf(claims, { final: claims.every((one) => one.reason !== 'background-unjoined') });
    },
  };
}
