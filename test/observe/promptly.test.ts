import { once } from 'node:events';
import { createServer, type LookupFunction, Socket } from 'node:net';
import { expect, test } from 'vitest';
import { promptly } from '../../lab/observe/promptly.ts';

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
