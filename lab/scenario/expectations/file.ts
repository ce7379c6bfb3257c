import { z } from 'zod';
import { expectation } from '../expectation.ts';
import { mistake, text } from '../schema-parts.ts';
import { selectorSchema } from '../selector.ts';
import { testSchema } from '../value-test.ts';

export const file = expectation({
  schema: z
    .strictObject({
      on: selectorSchema,
      path: text.describe('a path with * and ? for parts of a name'),
      count: testSchema.exactOptional().describe('how many files match; none only counts where there is a folder that they could be in'),
      text: testSchema.exactOptional().describe('what the one matching file contains'),
    })
    .refine(
      (claim) => claim.count !== undefined || claim.text !== undefined,
      mistake('an expectation that claims nothing', 'say how many files there should be (count), or what is in it (text)'),
    )
    .describe('{on, path, count, text}'),
  summary: 'Files on a host, by name or content.',
  example: 'file: { on: pg1, path: /var/lib/postgresql/18/main/pg_wal/archive_status/*.ready, count: { max: 2 } }',
  title: (claim) => `file ${claim.path} on ${claim.on}`,
});
