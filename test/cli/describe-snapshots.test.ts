import { expect, test } from 'vitest';
import { noSnapshot } from '../../lab/cli/describe-snapshots.ts';

test('where no snapshot has a name, one’s own are listed before golden labs', () => {
  const golden = Array.from({ length: 12 }, (_, index) => `golden-${String(index).padStart(12, '0')}`);
  expect(noSnapshot('nosuch', [...golden, 'broken', 'split']).hint).toMatch(/^known: broken, split, golden-0/);
  expect(noSnapshot('brokn', [...golden, 'broken']).hint).toMatch(/^did you mean "broken"/);
});
