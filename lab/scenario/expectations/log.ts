import { z } from 'zod';
import { expectation } from '../expectation.ts';
import { type Line, lineSchema } from '../line-pattern.ts';
import { mistake, nameText } from '../schema-parts.ts';
import { selectorSchema } from '../selector.ts';

/** `on`: a selector's text, absent: every host. `since`: a step or mark, absent: the last step that is neither mark nor expect. */
export interface LogClaim {
  readonly on?: string;
  readonly since?: string;
  readonly lines: readonly Line[];
  readonly order: 'strict' | 'any';
  readonly never: readonly Line[];
}

export const log = expectation({
  schema: z
    .strictObject({
      on: selectorSchema.exactOptional().describe('whose lines; no roles, which change while lines are read: ${mark.leader}'),
      since: nameText
        .exactOptional()
        .describe('lines logged since this named step or mark began; default the last step that is neither mark nor expect'),
      lines: z
        .array(lineSchema)
        .min(1, 'an empty list claims nothing')
        .exactOptional()
        .describe('lines that must be logged: [{patroni: PATTERN}, ...]'),
      order: z
        .enum(['strict', 'any'])
        .default('strict')
        .describe("strict: in this order, others between them, across hosts by the engine's clock"),
      never: z
        .array(lineSchema)
        .min(1, 'an empty list claims nothing')
        .exactOptional()
        .describe('lines that must not be logged in the window: as in lines'),
    })
    .refine(
      (claim) => claim.lines !== undefined || claim.never !== undefined,
      mistake('an expectation that claims nothing', 'give lines, never, or both'),
    )
    .transform(({ lines, never, ...rest }): LogClaim => ({ ...rest, lines: lines ?? [], never: never ?? [] }))
    .describe('{on, since, lines, order, never}'),
  summary: 'What programs log, in a window that begins with a step and ends with this one.',
  example: 'log: { on: pg2, since: rebuild, lines: [{ patroni: replica has been created using pgbackrest }] }',
  title: ({ lines, never, on }) => {
    const parts = [
      ...(lines.length > 0 ? [`${lines.length} log ${lines.length === 1 ? 'line' : 'lines'}`] : []),
      ...(never.length > 0 ? [`${never.length} ${never.length === 1 ? 'line' : 'lines'} that must not be`] : []),
    ];
    return `${parts.join(', ')}${on === undefined ? '' : ` on ${on}`}`;
  },
});
