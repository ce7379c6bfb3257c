import { once } from 'node:events';
import { createServer, type LookupFunction, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { afterAwake, promptly } from '../../lab/observe/promptly.ts';

const never: LookupFunction = () => undefined;

test('a connection that nobody takes or refuses ends in time, with an error that says so', async () => {
  const socket = promptly(new Socket(), 20);
  socket.connect({ host: 'nobody', port: 1, lookup: never });
  const [error] = await once(socket, 'error').catch((thrown: unknown) => [thrown]);
  expect(String(error)).toBe('Error: no connection within 20 ms');
  expect(socket.destroyed).toBe(true);
});

test('one that is made stays, however long nothing is said', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = promptly(new Socket(), 20);
  socket.connect((server.address() as { port: number }).port, '127.0.0.1');
  await once(socket, 'connect');
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(socket.destroyed).toBe(false);
  socket.destroy();
  server.close();
});

/** This process gets nothing done. */
function stall(ms: number): void {
  const end = Date.now() + ms;
  while (Date.now() < end);
}

test('time in which this process stood still hardly counts', async () => {
  let over = false;
  afterAwake(300, () => {
    over = true;
  });
  stall(600);
  await delay(0);
  await delay(0);
  expect(over).toBe(false);
  while (!over) await delay(20);
});

test('what has arrived by then is seen first', async () => {
  const seen: string[] = [];
  const cancel = afterAwake(50, () => seen.push('given up'));
  await delay(20);
  // Due together, and the timer first.
  setTimeout(() => setImmediate(() => seen.push('arrived')), 0).unref();
  stall(100);
  setImmediate(cancel);
  await delay(100);
  expect(seen).toEqual(['arrived']);
});
