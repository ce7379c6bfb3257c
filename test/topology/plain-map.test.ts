import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PlainMap } from '../../lab/topology/plain-map.ts';
import { mergeChanges, mergeMap } from '../../lab/topology/plain-map.ts';

/** Maps whose keys tell what they hold, so that a scalar never stands where another map has a map. */
const { tree } = fc.letrec<{ tree: PlainMap }>((tie) => ({
  tree: fc.record(
    {
      m: fc.oneof({ maxDepth: 3 }, fc.constant({}), tie('tree')),
      n: fc.oneof({ maxDepth: 3 }, fc.constant({}), tie('tree')),
      a: fc.oneof(fc.integer(), fc.constant(null)),
      b: fc.oneof(fc.array(fc.string(), { maxLength: 2 }), fc.boolean(), fc.constant(null)),
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<PlainMap>,
}));
const settled = tree.map((map) => mergeMap({}, map));

describe('mergeMap', () => {
  test('maps merge, lists and scalars replace, null deletes', () => {
    const base = { a: { b: 1, c: [1, 2], d: 'x' }, e: 1 };
    expect(mergeMap(base, { a: { b: 2, c: [3], d: null }, f: { g: null, h: true } })).toEqual({
      a: { b: 2, c: [3] },
      e: 1,
      f: { h: true },
    });
    expect(mergeMap(base, { a: 'text' })).toEqual({ a: 'text', e: 1 });
  });

  test('keys keep their place, new ones follow', () => {
    expect(Object.keys(mergeMap({ z: 1, a: 2 }, { b: 1, z: 3 }))).toEqual(['z', 'a', 'b']);
  });

  test('{} is its identity, and doing it twice is doing it once', () => {
    fc.assert(fc.property(settled, (map) => void expect(mergeMap(map, {})).toEqual(map)));
    fc.assert(
      fc.property(settled, tree, (map, changes) => void expect(mergeMap(mergeMap(map, changes), changes)).toEqual(mergeMap(map, changes))),
    );
  });

  test('changes nothing that it was given', () => {
    fc.assert(
      fc.property(settled, tree, (map, changes) => {
        const before = JSON.stringify([map, changes]);
        mergeMap(map, changes);
        expect(JSON.stringify([map, changes])).toBe(before);
      }),
    );
  });
});

describe('mergeChanges', () => {
  test('stands for one after the other', () => {
    fc.assert(
      fc.property(settled, tree, tree, (map, first, second) => {
        // A map after a null is the one case it documents as different.
        fc.pre(!JSON.stringify(first).includes('null'));
        expect(mergeMap(map, mergeChanges(first, second))).toEqual(mergeMap(mergeMap(map, first), second));
      }),
    );
  });
});
