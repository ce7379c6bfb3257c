/** Judges `file`: how many files match on each host, and what is in the one that does. */
import type { Value } from '../../core/event.ts';
import type { ClauseOf } from '../../scenario/plan.ts';
import { holds, type ValueTest } from '../../scenario/value-test.ts';
import { type ClauseContext, filled, hostsMeant } from '../clause-context.ts';
import { lookKey } from '../look-request.ts';
import { answerOf, type Claim, readingOf, type StateFold, unknownReading } from '../reading.ts';

export function startFile(claim: ClauseOf<'file'>['claim'], context: ClauseContext): StateFold {
  const key = (host: string) => lookKey(context.step, 'file', context.clause, host);
  return {
    looks: () => {
      const now = filled(context, claim);
      if (!now.ok) return [];
      const { path, text } = now.value;
      const { looks, resolved } = hostsMeant(context, now.value.on);
      return [
        ...looks,
        ...(resolved.ok ? resolved.hosts : []).map((host) => ({
          key: key(host),
          kind: 'file' as const,
          host,
          path,
          text: text !== undefined,
        })),
      ];
    },
    read: (answers) => {
      const now = filled(context, claim);
      if (!now.ok) return unknownReading('files as described', now.message, now.reason);
      const { on, path, count, text } = now.value;
      const { resolved } = hostsMeant(context, on, answers);
      if (!resolved.ok) return readingOf([{ truth: 'no', expected: `${path} on ${on}`, observed: resolved.reason }]);
      return readingOf(
        resolved.hosts.flatMap((host): readonly Claim[] => {
          const found = answerOf(answers, key(host), 'file', `${path} on ${host}`);
          if ('claim' in found) return [found.claim];
          return [
            ...(count === undefined ? [] : [tested(`files ${path} on ${host}`, count, found.seen.count)]),
            // The text of no file, or of several, is no text.
            ...(text === undefined ? [] : [tested(`text of ${path} on ${host}`, text, found.seen.text)]),
          ];
        }),
      );
    },
  };
}

function tested(name: string, test: ValueTest, value: Value | undefined): Claim {
  const outcome = holds(test, value);
  return { truth: outcome.met ? 'yes' : 'no', expected: `${name}: ${outcome.expected}`, observed: `${name}: ${outcome.observed}` };
}
