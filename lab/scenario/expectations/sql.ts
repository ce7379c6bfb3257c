import { z } from 'zod';
import { shorten } from '../../core/shorten.ts';
import { expectation } from '../expectation.ts';
import { text } from '../schema-parts.ts';
import { selectorSchema } from '../selector.ts';
import { testSchema } from '../value-test.ts';

export const sql = expectation({
  schema: z
    .strictObject({
      on: selectorSchema.exactOptional().describe('where it is asked; default the leader; of several hosts, each'),
      run: text.describe('a query for one value; no row is no value, several values or an SQL error are false, and no connection unknown'),
      is: testSchema.describe('what the value should be'),
    })
    .describe('{on, run, is}'),
  summary: 'What a query answers.',
  example: 'sql: { on: replicas, run: select pg_is_in_recovery(), is: true }',
  title: (claim) => `sql ${shorten(claim.run, 50)}`,
});
