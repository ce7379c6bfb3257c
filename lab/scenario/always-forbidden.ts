/**
 * Lines that no run may log unless its scenario says `allow: [NAME]`: signs of damage that no fault of this lab explains, and of a lab that
 * is not the one that was asked for.
 */
import { z } from 'zod';
import type { Line } from './line-pattern.ts';
import { type Pattern, parsePattern } from './pattern.ts';

export const alwaysForbiddenNames = ['panic', 'checksum', 'duplicate-wal', 'passed-over-option'] as const;
export type AlwaysForbiddenName = (typeof alwaysForbiddenNames)[number];

export interface ForbiddenLine extends Pick<Line, 'program' | 'pattern'> {
  readonly why: string;
}

export const alwaysForbidden: Readonly<Record<AlwaysForbiddenName, ForbiddenLine>> = {
  panic: { program: 'postgres', pattern: pattern('/^PANIC: /'), why: 'PostgreSQL gave up' },
  checksum: { program: 'postgres', pattern: pattern('/invalid page in block|page verification failed/'), why: 'a page is damaged' },

  // Exit code 45 of pgBackRest: two servers archive different WAL under one name, the mark of a split brain.
  'duplicate-wal': {
    program: 'pgbackrest',
    pattern: pattern('/already exists in the repo\\d* archive with a different checksum/'),
    why: 'two servers archived different WAL under one name',
  },

  // A warning of src/config/parse.c: an option that is misspelt, or stands in a section that it has no business in.
  'passed-over-option': {
    program: 'pgbackrest',
    pattern: pattern('/^configuration file contains .*option/'),
    why: 'pgBackRest passes over what it does not know, and the lab is another one than was asked for',
  },
};

export const allowSchema = z.array(z.enum(alwaysForbiddenNames)).describe('always-forbidden lines that this scenario expects');

function pattern(source: string): Pattern {
  const parsed = parsePattern(source);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.pattern;
}
