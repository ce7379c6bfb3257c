import { z } from 'zod';
import { type ExpectationKind, expectationKinds, expectations } from '../expectations/expectations.ts';
import { verb } from '../verb.ts';

const kinds = Object.fromEntries(
  expectationKinds.map((kind): [ExpectationKind, z.ZodType] => {
    const { schema, summary }: { schema: z.ZodType; summary: string } = expectations[kind];
    return [
      kind,
      z
        .union([schema, z.array(schema).min(1, 'an empty list claims nothing')])
        .exactOptional()
        .describe(summary),
    ];
  }),
) as Record<ExpectationKind, z.ZodType>;

/** For the JSON schema and the reference. The planner validates kinds one by one, so that each clause keeps its place in the file. */
export const expect = verb({
  schema: z.strictObject(kinds).describe('kinds of expectation; all clauses hold, each kind takes one or a list'),
  summary: 'Waits until all clauses hold, 30 s unless `within` says otherwise; with `for`, until they have held that long.',
  example: 'expect: { cluster: { leader: pg1 }, ledger: { through: cut } }\nwithin: 60s',
  title: (args) => `expect ${Object.keys(args).join(', ')}`,
});
