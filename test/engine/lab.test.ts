import type Docker from 'dockerode';
import { expect, test } from 'vitest';
import { UnsupportedError } from '../../lab/core/problem.ts';
import { endpointOf, freezeContainer } from '../../lab/engine/lab.ts';

test('a host is reached where its ports are published, or where none are at itself, and then at once', () => {
  const published = { address: '10.207.1.67', at: '127.0.0.1', ports: { 5432: 40541 } };
  expect(endpointOf(published, 5432)).toEqual({ address: '127.0.0.1', port: 40541, patience: 1000 });
  const direct = { address: '10.207.1.67', at: '10.207.1.67', ports: { 5432: 5432 } };
  expect(endpointOf(direct, 5432)).toEqual({ address: '10.207.1.67', port: 5432, patience: 250 });
});

test('what does not run on a host is reached nowhere', () => {
  expect(endpointOf({ address: '10.207.1.66', at: '127.0.0.1', ports: { 2379: 40541 } }, 5432)).toBeUndefined();
});

test('an engine without a freezer is told from a host that cannot be frozen now', async () => {
  const refusing = (words: string) => ({ pause: () => Promise.reject(new Error(words)) }) as unknown as Docker.Container;
  const ofDocker =
    'Cannot pause container 565e: OCI runtime pause failed: cannot toggle freezer: cgroups not configured for container: unknown';
  await expect(freezeContainer(refusing(ofDocker))).rejects.toBeInstanceOf(UnsupportedError);
  await expect(freezeContainer(refusing('Container 565e is not running'))).rejects.not.toBeInstanceOf(UnsupportedError);
});

test('a host that is busy while the engine wants to freeze it is frozen at another try', async () => {
  let tries = 0;
  const busy = 'Cannot pause container 565e: OCI runtime pause failed: unable to freeze: unknown';
  const pause = async () => {
    tries += 1;
    if (tries < 3) throw new Error(busy);
  };
  await freezeContainer({ pause } as unknown as Docker.Container);
  expect(tries).toBe(3);
});
