import { z } from 'zod';
import { expectation } from '../expectation.ts';
import { text } from '../schema-parts.ts';
import { testSchema, type ValueTest } from '../value-test.ts';

/** Keys below the cluster's own folder, such as `initialize`, `history`, `leader`. */
export interface DcsClaim {
  readonly entries: readonly { readonly key: string; readonly test: ValueTest }[];
}

export const dcs = expectation({
  schema: z
    .record(text, testSchema)
    .refine((claim) => Object.keys(claim).length > 0, 'an empty map claims nothing')
    .transform((claim): DcsClaim => ({ entries: Object.entries(claim).map(([key, test]) => ({ key, test })) }))
    .describe("{KEY: TEST}, keys below the main cluster's folder in the DCS: initialize, leader, history, failover, ..."),
  summary: 'What the DCS holds.',
  example: 'dcs: { initialize: { absent: true } }',
  title: (claim) => `dcs ${claim.entries.map((entry) => entry.key).join(', ')}`,
});
