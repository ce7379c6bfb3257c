import { expect, test } from 'vitest';
import { endpointOf } from '../../lab/engine/lab.ts';

test('a host is reached where its ports are published, or where none are at itself, and then at once', () => {
  const published = { address: '10.207.1.67', at: '127.0.0.1', ports: { 5432: 40541 } };
  expect(endpointOf(published, 5432)).toEqual({ address: '127.0.0.1', port: 40541, patience: 1000 });
  const direct = { address: '10.207.1.67', at: '10.207.1.67', ports: { 5432: 5432 } };
  expect(endpointOf(direct, 5432)).toEqual({ address: '10.207.1.67', port: 5432, patience: 250 });
});

test('what does not run on a host is reached nowhere', () => {
  expect(endpointOf({ address: '10.207.1.66', at: '127.0.0.1', ports: { 2379: 40541 } }, 5432)).toBeUndefined();
});
