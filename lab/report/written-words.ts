/** What the workload wrote in a run, in a sentence. */
import type { Verdict } from '../verdict/verdict.ts';

export function writtenWords({ acked, open, refused }: NonNullable<Verdict['rows']>): string {
  return `The workload wrote ${acked + open + refused} rows: ${acked} acknowledged, ${open} without an answer, ${refused} refused.`;
}
