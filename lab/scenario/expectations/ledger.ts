import { z } from 'zod';
import { expectation } from '../expectation.ts';
import { pointSchema } from '../point.ts';
import { selectorSchema } from '../selector.ts';
import { testSchema, type ValueTest } from '../value-test.ts';

export const ledger = expectation({
  schema: z
    .strictObject({
      on: selectorSchema.exactOptional().describe('the server whose rows are counted; default the leader'),
      through: pointSchema
        .default({ at: 'now', exclusive: false })
        .describe("up to where every acknowledged row must be there and no later one; default now, the end of the server's timeline"),
      missing: testSchema.default(0 satisfies ValueTest).describe('acknowledged rows up to that point that are not there'),
      beyond: testSchema
        .default(0 satisfies ValueTest)
        .describe('rows that are there and should not be: acknowledged after the point, or refused'),
      lost: testSchema.exactOptional().describe('acknowledged rows that are not there, whatever the point; default unchecked'),
    })
    .describe('{on, through, missing, beyond, lost}'),
  summary: 'Which rows of the workload a server has, against those that were acknowledged.',
  example: 'ledger: { through: cut }',
  title: (claim) =>
    `ledger through ${claim.through.exclusive ? 'just before ' : ''}${claim.through.at}${claim.on === undefined ? '' : ` on ${claim.on}`}`,
});
