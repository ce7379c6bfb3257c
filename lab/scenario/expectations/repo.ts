import { z } from 'zod';
import { expectation } from '../expectation.ts';
import { pointSchema } from '../point.ts';
import { mistake, saysSomething, text } from '../schema-parts.ts';
import { testSchema } from '../value-test.ts';

export const repo = expectation({
  schema: z
    .strictObject({
      stanza: text.exactOptional().describe("default the main cluster's"),
      backups: testSchema.exactOptional().describe('how many backups there are'),
      last: z
        .strictObject({
          type: testSchema.exactOptional().describe('full, diff or incr'),
          label: testSchema.exactOptional(),
          error: testSchema.exactOptional().describe('whether pages failed their checksum'),
        })
        .refine(...saysSomething)
        .exactOptional()
        .describe('the newest backup: {type, label, error}'),
      archived: pointSchema.exactOptional().describe('the WAL segment of this point is in the archive'),
    })
    .refine(
      (claim) => Object.keys(claim).some((key) => key !== 'stanza'),
      mistake('an expectation that claims nothing', 'say what backups, last or archived should be'),
    )
    .describe('{stanza, backups, last, archived}'),
  summary: 'What pgBackRest says of its repository.',
  example: 'repo: { archived: cut, last: { type: incr } }',
  title: (claim) =>
    `repo ${Object.keys(claim)
      .filter((key) => key !== 'stanza')
      .join(', ')}`,
});
