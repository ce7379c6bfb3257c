import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lineCutter } from '../../lab/core/line-cutter.ts';

test('gives the same lines however a stream is cut, and the last one once it has ended', () => {
  const pieces = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '\n'), maxLength: 5 }));
  fc.assert(
    fc.property(pieces, (cut) => {
      const take = lineCutter();
      expect([...cut, '\n'].flatMap(take)).toEqual(cut.join('').split('\n'));
    }),
  );
});

test('gives a line at once when it ends', () => {
  const take = lineCutter();
  expect([take('one'), take('\ntwo\nth'), take('ree')]).toEqual([[], ['one', 'two'], []]);
});
