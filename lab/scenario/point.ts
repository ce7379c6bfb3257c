/** POINT: up to where a recovery, an archive or a server should have got. Only names it; `verdict/` knows what it means. */
import { z } from 'zod';
import { templated, text } from './schema-parts.ts';

const pointFields = z.strictObject({
  at: text.describe('now, a mark, or a named backup step'),
  exclusive: z.boolean().exactOptional().describe("stop just before the mark's own row"),
  timeline: templated(z.number().int().positive()).exactOptional().describe("the timeline it is on; default the point's own"),
});

/** `at` is `now` (the end of the judged server's timeline), a mark's name, or a backup step's name (its stop LSN). */
export interface Point {
  readonly at: string;
  readonly exclusive: boolean;
  readonly timeline?: number | string;
}

export const pointSchema = z
  .union([text, pointFields])
  .transform((point): Point => (typeof point === 'string' ? { at: point, exclusive: false } : { exclusive: false, ...point }))
  .meta({ id: 'point', description: "now, a mark's name, a backup step's name (its stop LSN), or {at, exclusive, timeline}" });
