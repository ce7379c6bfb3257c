import { z } from 'zod';
import { expectation } from '../expectation.ts';
import { mistake, saysSomething, text } from '../schema-parts.ts';
import { testSchema, type ValueTest } from '../value-test.ts';

/** `key`: below the cluster's own folder, such as `initialize`, `history`, `leader`. `field`: of the JSON that it holds; absent: all of it. */
export interface DcsClaim {
  readonly entries: readonly { readonly key: string; readonly field?: string; readonly test: ValueTest }[];
}

const keyText = text.regex(
  /^(?!\/|service\/)/,
  mistake("keys are those below the cluster's own folder", 'leader, not /service/CLUSTER/leader'),
);

export const dcs = expectation({
  schema: z
    .record(keyText, testSchema)
    .refine(...saysSomething)
    .transform((claim): DcsClaim => ({ entries: Object.entries(claim).map(([name, test]) => ({ ...partsOf(name), test })) }))
    .describe(
      "{KEY: TEST}, keys below the main cluster's folder in the DCS: initialize, leader, history, failover, ...; and KEY.FIELD, a field " +
        'of the JSON that a key holds: sync.sync_standby, status.optime, config.postgresql.use_slots, ...',
    ),
  summary: 'What the DCS holds.',
  example: 'dcs: { initialize: { absent: true } }',
  title: (claim) => `dcs ${claim.entries.map((entry) => nameOf(entry)).join(', ')}`,
});

/** Patroni's keys have no dots, and neither have members' names in a lab; `${before.leader}` has one. */
function partsOf(name: string): { key: string; field?: string } {
  const [key] = /^(?:\$\{[^}]*\}|[^.])*/.exec(name) as RegExpExecArray;
  return key === name ? { key } : { key, field: name.slice(key.length + 1) };
}

/** As it is written in a scenario. */
export function nameOf({ key, field }: Pick<DcsClaim['entries'][number], 'key' | 'field'>): string {
  return field === undefined ? key : `${key}.${field}`;
}
