import { expect, test } from 'vitest';
import { tmpfsBlocks } from '../../lab/engine/create-lab.ts';

test.each([
  ['200m', 51_200],
  ['1G', 262_144],
  ['6k', 2],
])('a disk of %s is %i pages to Podman', (size, pages) => {
  expect(tmpfsBlocks(size)).toBe(`nr_blocks=${pages},mode=0700,uid=900,gid=900`);
});
