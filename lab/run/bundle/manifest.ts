/** What a bundle says of itself: the first file in it. */
import { createHash } from 'node:crypto';
import { z } from 'zod';

export const manifestFile = 'bundle.json';
/** Raised when a program that knows the old format could no longer make sense of a bundle. */
export const bundleFormat = 1;

const fileSchema = z.strictObject({ bytes: z.number().int().nonnegative(), sha256: z.string().regex(/^[0-9a-f]{64}$/) });

/** Keys that a later program adds are no reason to refuse: only a new format is. */
export const manifestSchema = z.object({
  format: z.literal(bundleFormat),
  /** The program's version that made it. */
  pglab: z.string(),
  scenario: z.string(),
  variant: z.string(),
  /** Programs by host, as in the run's history. */
  versions: z.record(z.string(), z.record(z.string(), z.string())),
  /** Every other file, by its path. */
  files: z.record(z.string(), fileSchema),
});

export type Manifest = z.output<typeof manifestSchema>;

export function fingerprint(content: Buffer): z.output<typeof fileSchema> {
  return { bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };
}
