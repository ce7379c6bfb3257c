import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { askHttp } from '../../lab/observe/http.ts';

const servers: Server[] = [];

async function serve(listener: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return { address: '127.0.0.1', port: (server.address() as AddressInfo).port, patience: 1000 };
}

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

test('what was sent arrives, and any status is an answer', async () => {
  const endpoint = await serve(async (request, response) => {
    const body = await request.reduce((text, chunk) => `${text}${chunk}`, '');
    response.writeHead(503, { 'x-asked': `${request.method} ${request.url} ${request.headers.authorization}` }).end(body);
  });
  const answer = await askHttp(endpoint, { method: 'PATCH', path: '/config', body: { ttl: 20 }, auth: 'patroni:secret', timeout: 5000 });
  expect(answer).toMatchObject({ status: 503, text: '{"ttl":20}' });
  expect(answer.headers['x-asked']).toBe(`PATCH /config Basic ${Buffer.from('patroni:secret').toString('base64')}`);
});

test.each([
  ['nobody answers', () => undefined, 'no answer within 0.1 s'],
  [
    'the answer does not end',
    (_request: unknown, response: Parameters<RequestListener>[1]) => void response.writeHead(200).write('half'),
    'no answer within 0.1 s',
  ],
  [
    'the answer breaks off',
    (_request: unknown, response: Parameters<RequestListener>[1]) => {
      response.writeHead(200, { 'content-length': 10 });
      response.write('half', () => response.destroy());
    },
    'the connection ended before the answer did',
  ],
])('where %s, it is no answer', async (_, listener, message) => {
  await expect(askHttp(await serve(listener), { path: '/', timeout: 100 })).rejects.toThrow(message);
});

test('where nobody listens, it is said at once', async () => {
  const endpoint = await serve(() => undefined);
  const [server] = servers.splice(0);
  server?.close();
  await expect(askHttp(endpoint, { path: '/', timeout: 60_000 })).rejects.toThrow('ECONNREFUSED');
});

test('connections are kept for whoever asks often, and for nobody else', async () => {
  const ports = new Set<number | undefined>();
  const endpoint = await serve((request, response) => {
    ports.add(request.socket.remotePort);
    response.end('{}');
  });
  for (let n = 0; n < 3; n += 1) await askHttp(endpoint, { path: '/', timeout: 5000, often: true });
  expect(ports.size).toBe(1);
  for (let n = 0; n < 2; n += 1) await askHttp(endpoint, { path: '/', timeout: 5000 });
  expect(ports.size).toBe(3);
});
