/** Judges `sql`: what a query answered, on each of the hosts that its selector means in this look. */
import type { ClauseOf } from '../../scenario/plan.ts';
import { describeValue, holds } from '../../scenario/value-test.ts';
import { type ClauseContext, filled, hostsMeant } from '../clause-context.ts';
import { lookKey } from '../look-request.ts';
import { answerOf, type Claim, readingOf, type StateFold, unknownReading } from '../reading.ts';

export function startSql(claim: ClauseOf<'sql'>['claim'], context: ClauseContext): StateFold {
  const key = (host: string) => lookKey(context.step, 'sql', context.clause, host);
  return {
    looks: () => {
      const now = filled(context, claim);
      if (!now.ok) return [];
      const { looks, resolved } = hostsMeant(context, now.value.on ?? 'leader');
      return [
        ...looks,
        ...(resolved.ok ? resolved.hosts : []).map((host) => ({ key: key(host), kind: 'sql' as const, host, run: now.value.run })),
      ];
    },
    read: (answers) => {
      const now = filled(context, claim);
      if (!now.ok) return unknownReading('an answer', now.message, now.reason);
      const { is, run, on = 'leader' } = now.value;
      const { resolved } = hostsMeant(context, on, answers);
      const expected = `${run}: ${holds(is, undefined).expected}`;
      if (!resolved.ok) return readingOf([{ truth: 'no', expected, observed: resolved.reason }]);
      let final = false;
      const claims = resolved.hosts.map((host): Claim => {
        const found = answerOf(answers, key(host), 'sql', `${expected} on ${host}`);
        if ('claim' in found) return found.claim;
        const { value, sqlstate, message } = found.seen;
        const said = (truth: Claim['truth'], what: string): Claim => ({
          truth,
          expected: `${expected} on ${host}`,
          observed: `${host} answered ${what}`,
        });
        if (sqlstate !== undefined) {
          // Waiting mends no syntax.
          final ||= sqlstate === '42601';
          return said('no', `with SQLSTATE ${sqlstate}${message === undefined ? '' : `: ${message}`}`);
        }
        if (Array.isArray(value)) return said('no', `${describeValue(value)}: more than one value`);
        const outcome = holds(is, value);
        return said(outcome.met ? 'yes' : 'no', outcome.observed);
      });
      return readingOf(claims, { final });
    },
  };
}
