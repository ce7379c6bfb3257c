import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchInOrder } from '../../lab/verdict/line-sequence.ts';

type Entry = { readonly program: string; readonly at: number; readonly said?: number };

describe('matching in order', () => {
  /** Lines 0 and 1 are Patroni's, 2 and 3 PostgreSQL's. */
  const program = (line: number) => (line < 2 ? 'patroni' : 'postgres');
  const candidates = fc
    .array(
      fc.record({
        lines: fc.oneof(fc.subarray([0, 1], { minLength: 1 }), fc.subarray([2, 3], { minLength: 1 })),
        at: fc.integer({ min: 0, max: 400 }),
        late: fc.integer({ min: 0, max: 300 }),
      }),
      { maxLength: 8 },
    )
    .map((some) =>
      some
        .toSorted((a, b) => a.at - b.at)
        .map(({ lines, at, late }, place) => {
          const of = program(lines[0] as number);
          return { place, lines, entry: { program: of, at, ...(of === 'patroni' ? { said: at - late } : {}) } };
        }),
    );
  const wanted = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 5 });

  type Placed = { readonly place: number; readonly lines: readonly number[]; readonly entry: Entry };
  const inOrder = (entries: readonly Placed[], a: Placed, b: Placed) =>
    a.place < b.place ||
    (a.place > b.place &&
      a.entry.program === 'patroni' &&
      b.entry.program === 'postgres' &&
      entries.every(({ place, entry }) => place > a.place || b.entry.at >= (entry.said ?? 0)));

  /** Tries every choice. */
  function exists(entries: readonly Placed[], lines: readonly number[], chosen: readonly Placed[] = []): boolean {
    const [line, ...rest] = lines;
    if (line === undefined) return true;
    return entries.some(
      (entry) =>
        entry.lines.includes(line) && chosen.every((one) => inOrder(entries, one, entry)) && exists(entries, rest, [...chosen, entry]),
    );
  }

  it('finds a sequence exactly where there is one', () => {
    fc.assert(
      fc.property(candidates, wanted, (entries, lines) => {
        const found = matchInOrder(entries, lines);
        expect(found.length === lines.length).toBe(exists(entries, lines));
        for (const [index, entry] of found.entries()) {
          expect(entry.lines).toContain(lines[index]);
          for (const before of found.slice(0, index)) expect(inOrder(entries, before, entry)).toBe(true);
        }
      }),
    );
  });

  const said = (program: string, at: number, line: number) => ({ lines: [line], entry: { program, at } });

  it("takes what came up to 100 ms before a line of Patroni's as what followed it", () => {
    expect(matchInOrder([said('pgbackrest', 0, 1), said('patroni', 100, 0)], [0, 1])).toHaveLength(2);
    expect(matchInOrder([said('pgbackrest', 0, 1), said('patroni', 101, 0)], [0, 1])).toHaveLength(1);
  });

  it("goes by Patroni's own stamp where there is one, unless its clock was set", () => {
    const late = (said: number, at = 900) => ({ lines: [0], entry: { program: 'patroni', at, said } });
    expect(matchInOrder([said('postgres', 350, 1), late(350)], [0, 1])).toHaveLength(2);
    expect(matchInOrder([said('postgres', 349, 1), late(350)], [0, 1])).toHaveLength(1);
    for (const wrong of [901, -4101]) expect(matchInOrder([said('postgres', 799, 1), late(wrong)], [0, 1])).toHaveLength(1);
  });

  it("keeps Patroni's own lines in order, and the order of what others say before Patroni does", () => {
    expect(matchInOrder([said('patroni', 0, 1), said('patroni', 1, 0)], [0, 1])).toHaveLength(1);
    expect(matchInOrder([said('patroni', 0, 1), said('postgres', 1, 0)], [0, 1])).toHaveLength(1);
  });
});
