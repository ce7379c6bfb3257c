import { expect, test } from 'vitest';
import { missingCapabilities } from '../../lab/run/capabilities.ts';

test('what the lab does not have is named; what a step itself finds out is not', () => {
  expect(missingCapabilities(['latency', 'nfs', 'clock', 's3'])).toEqual(['nfs', 's3']);
  expect(missingCapabilities([])).toEqual([]);
});
