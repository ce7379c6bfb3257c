/** Judges `dcs`: what the DCS holds below the cluster's folder. */
import type { Value } from '../../core/event.ts';
import { type DcsClaim, nameOf } from '../../scenario/expectations/dcs.ts';
import { holds } from '../../scenario/value-test.ts';
import { type ClauseContext, filled } from '../clause-context.ts';
import { lookKey } from '../look-request.ts';
import { answerOf, readingOf, type StateFold, unknownReading } from '../reading.ts';

export function startDcs(claim: DcsClaim, context: ClauseContext): StateFold {
  const key = lookKey(context.step, 'dcs', context.clause);
  return {
    looks: () => {
      const now = filled(context, claim);
      return now.ok ? [{ key, kind: 'dcs', keys: [...new Set(now.value.entries.map((entry) => entry.key))] }] : [];
    },
    read: (answers) => {
      const now = filled(context, claim);
      if (!now.ok) return unknownReading('keys as described', now.message, now.reason);
      const found = answerOf(answers, key, 'dcs', now.value.entries.map(nameOf).join(', '));
      if ('claim' in found) return readingOf([found.claim]);
      return readingOf(
        now.value.entries.map(({ test, ...entry }) => {
          const name = nameOf(entry);
          // A key that is not there has no value, so that `not: x` does not hold for it.
          const outcome = holds(test, fieldOf(found.seen.values[entry.key] ?? undefined, entry.field) ?? undefined);
          return { truth: outcome.met ? 'yes' : 'no', expected: `${name}: ${outcome.expected}`, observed: `${name}: ${outcome.observed}` };
        }),
      );
    },
  };
}

function fieldOf(value: Value | undefined, path: string | undefined): Value | undefined {
  return (path?.split('.') ?? []).reduce<Value | undefined>(
    (within, field) => (within === null || typeof within !== 'object' ? undefined : (within as Readonly<Record<string, Value>>)[field]),
    value,
  );
}
