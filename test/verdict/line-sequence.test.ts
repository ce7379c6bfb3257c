import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchInOrder } from '../../lab/verdict/line-sequence.ts';

describe('matching in order', () => {
  const candidates = fc.array(fc.uniqueArray(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 3 }), { maxLength: 10 });
  const wanted = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 5 });

  /** Tries every choice. */
  function exists(entries: readonly (readonly number[])[], lines: readonly number[]): boolean {
    const [line, ...rest] = lines;
    if (line === undefined) return true;
    return entries.some((entry, at) => entry.includes(line) && exists(entries.slice(at + 1), rest));
  }

  it('finds a sequence exactly where there is one', () => {
    fc.assert(
      fc.property(candidates, wanted, (entries, lines) => {
        const found = matchInOrder(
          entries.map((matched, at) => ({ at, lines: matched })),
          lines,
        );
        expect(found.length === lines.length).toBe(exists(entries, lines));
        for (const [index, entry] of found.entries()) expect(entry.lines).toContain(lines[index]);
        expect(found.map((entry) => entry.at)).toEqual(found.map((entry) => entry.at).toSorted((a, b) => a - b));
      }),
    );
  });
});
