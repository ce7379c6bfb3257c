/** HTTP to a program on a host: Patroni's REST API, etcd's gateway. */
import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import type { Endpoint } from '../engine/lab.ts';
import { afterAwake, promptly } from './promptly.ts';

export interface HttpQuestion {
  readonly path: string;
  /** GET by default. */
  readonly method?: 'GET' | 'POST' | 'PATCH';
  /** Sent as JSON. */
  readonly body?: unknown;
  /** `user:password`. */
  readonly auth?: string;
  /** For the whole answer, ms. */
  readonly timeout: number;
  /** Over a connection that is kept for the next one: somebody asks five times a second. */
  readonly often?: true;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

const kept = new Agent({ keepAlive: true, maxSockets: 8 });

/** Resolves to what was answered, whatever its status. Rejects where there is no whole answer in time. */
export function askHttp({ address, port, patience }: Endpoint, question: HttpQuestion): Promise<HttpAnswer> {
  const { path, method = 'GET', body, auth, timeout, often } = question;
  const sends = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: address,
        port,
        path,
        method,
        agent: often ? kept : false,
        ...(auth === undefined ? {} : { auth }),
        ...(sends === undefined ? {} : { headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(sends) } }),
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', reject);
        response.once('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString('utf8') }),
        );
      },
    );
    const cancel = afterAwake(timeout, () => sent.destroy(new Error(`no answer within ${timeout / 1000} s`)));
    sent.once('socket', (socket) => promptly(socket, patience));
    sent.once('error', reject);
    sent.once('close', () => {
      cancel();
      reject(new Error('the connection ended before the answer did'));
    });
    sent.end(sends);
  });
}
