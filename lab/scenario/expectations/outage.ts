import { z } from 'zod';
import { expectation } from '../expectation.ts';
import { durationText, mistake, nameText } from '../schema-parts.ts';

export const outage = expectation({
  schema: z
    .strictObject({
      since: nameText.describe('the named step or mark from whose start on it is looked for'),
      min: durationText.exactOptional().describe('it lasted as long at least: nothing got through'),
      max: durationText
        .exactOptional()
        .describe(
          'it lasted as long at most, and is over: a row was acknowledged after the expectation began, or the workload stopped. A leader that is cut off goes on acknowledging for a while: expect the new one first',
        ),
    })
    .refine(
      (claim) => claim.min !== undefined || claim.max !== undefined,
      mistake('an expectation that claims nothing', 'say how long it lasts at least (min), at most (max), or both'),
    )
    .describe('{since, min, max}'),
  summary:
    'The longest time in which the workload wrote and no row was acknowledged: that nothing gets through, or how soon it does again.',
  example: 'outage: { since: death, max: 60s }',
  title: ({ since, min, max }) =>
    `outage since ${since}${min === undefined ? '' : `, at least ${min}`}${max === undefined ? '' : `, at most ${max}`}`,
});
