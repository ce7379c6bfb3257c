import { z } from 'zod';
import { durationText, mistake, templated } from '../schema-parts.ts';
import { selectorSchema } from '../selector.ts';
import { verb } from '../verb.ts';

/** Normalised. `set` starts the workload where it does not run. `rows` and `bytes` are counted from the step's start. */
export type WorkloadArgs =
  | { readonly do: 'start' }
  | { readonly do: 'stop' }
  | { readonly do: 'rows'; readonly count: number | string }
  | { readonly do: 'bytes'; readonly count: number | string }
  | {
      readonly do: 'set';
      readonly to?: string;
      readonly writers?: number | string;
      readonly rate?: number | string;
      readonly hold?: string;
    };

const count = templated(z.number().int().positive());
const settings = z
  .strictObject({
    rows: count.exactOptional().describe('waits until so many more rows are acknowledged'),
    bytes: templated(
      z.union([
        z.number().int().positive(),
        z.string().regex(/^\d+[kKmMgG]([iI]?[bB])?$/, mistake('not a size', 'a whole number and a unit, without a space: 64MB')),
      ]),
    )
      .exactOptional()
      .describe('waits until so much more WAL is acknowledged: a number, or 64MB'),
    to: selectorSchema.exactOptional().describe('whom it writes to; default: it follows the leader'),
    writers: count.exactOptional().describe('connections that write side by side; default 2'),
    rate: templated(z.number().positive()).exactOptional().describe('rows a second, all writers together; default 100'),
    hold: durationText.exactOptional().describe('how long a transaction stays open before its COMMIT; default 0s'),
  })
  .superRefine((args, context) => {
    const keys = Object.keys(args);
    if (keys.length === 0)
      context.addIssue({
        code: 'custom',
        message: mistake('an empty workload says nothing', 'start, stop, {rows: 50}, {to: leader}, ...'),
      });
    if ((args.rows !== undefined || args.bytes !== undefined) && keys.length > 1)
      context.addIssue({
        code: 'custom',
        message: mistake('rows and bytes wait, and stand alone', 'change its settings in a step of its own'),
      });
  });

const sizes: Readonly<Record<string, number>> = { k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

function byteCount(size: number | string): number | string {
  const match = typeof size === 'string' ? /^(\d+)([kmg])(i?b)?$/i.exec(size) : null;
  return match ? Number(match[1]) * (sizes[(match[2] ?? '').toLowerCase()] ?? 1) : size;
}

export const workload = verb({
  schema: z
    .union([z.enum(['start', 'stop']), settings])
    .transform((workload): WorkloadArgs => {
      if (typeof workload === 'string') return { do: workload };
      const { rows, bytes, ...rest } = workload;
      if (rows !== undefined) return { do: 'rows', count: rows };
      if (bytes !== undefined) return { do: 'bytes', count: byteCount(bytes) };
      return { do: 'set', ...rest };
    })
    .describe('start, stop, {rows: N}, {bytes: N}, or settings {to, writers, rate, hold}'),
  summary: 'Writes rows of the ledger and takes down which ones were acknowledged. stop waits for the commits in flight.',
  example: 'workload: { rows: 50 }',
  title: (args) => {
    if (args.do === 'rows' || args.do === 'bytes') return `workload: ${args.count} more ${args.do}`;
    if (args.do !== 'set') return `workload: ${args.do}`;
    const { do: _, ...rest } = args;
    return `workload: ${Object.entries(rest)
      .map(([key, value]) => `${key} ${value}`)
      .join(', ')}`;
  },
});
