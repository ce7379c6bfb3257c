import { expect, test } from 'vitest';
import { parseHistory } from '../../lab/observe/ledger.ts';

test("a timeline's history file names each ancestor and where the next one forked", () => {
  const text = '1\t0/60027B0\tbefore LSN 0/60027B0\n\n2\t0/A000000\tno recovery target specified\n';
  expect(parseHistory(text)).toEqual([
    [1, '0/60027B0'],
    [2, '0/A000000'],
  ]);
});
