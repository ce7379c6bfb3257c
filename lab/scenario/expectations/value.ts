import { z } from 'zod';
import { expectation } from '../expectation.ts';
import { mistake, saysSomething } from '../schema-parts.ts';
import { testSchema, type ValueTest } from '../value-test.ts';

/** `value` is the reference as written, `${after.stdout}`. */
export interface ValueClaim {
  readonly entries: readonly { readonly value: string; readonly test: ValueTest }[];
}

export const value = expectation({
  schema: z
    .record(z.string().regex(/\$\{/, mistake('a constant is what it is', 'compare a reference: {"${name.field}": TEST}')), testSchema)
    .refine(...saysSomething)
    .transform((claim): ValueClaim => ({ entries: Object.entries(claim).map(([value, test]) => ({ value, test })) }))
    .describe('{"${name.field}": TEST}'),
  summary:
    'What a named step or mark recorded; waits for a background step to end. `{"${NAME.exit}": {absent: true}}`: it has not ended yet, which something else has to wait for.',
  example: 'value: { "${after.stdout}": "${before.stdout}" }',
  title: (claim) => claim.entries.map((entry) => entry.value.replace('${', '').replace('}', '')).join(', '),
});
