import type { ClauseOf } from '../../scenario/plan.ts';
import { type ClauseContext, filled, hostsMeant } from '../clause-context.ts';
import { lookKey } from '../look-request.ts';
import { answerOf, type Claim, readingOf, type StateFold, tested, unknownReading } from '../reading.ts';

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
          // None of them says nothing where the path is not what somebody took it for.
          const files = found.seen.noFolder ? undefined : found.seen.count;
          return [
            ...(count === undefined ? [] : [tested(`files ${path} on ${host}`, count, files, 'no folder for them')]),
            // The text of no file, or of several, is no text.
            ...(text === undefined ? [] : [tested(`text of ${path} on ${host}`, text, found.seen.text)]),
          ];
        }),
      );
    },
  };
}
