/** Asks etcd over its HTTP gateway (etcd documentation, "gRPC gateway"). Only reads. */
import { request } from 'node:http';
import type { DcsLook, EtcdHealth, Value } from '../core/event.ts';
import type { Host, Lab } from '../engine/lab.ts';
import { ports } from '../topology/places.ts';
import { getJson } from './patroni.ts';

/** A host's own word on whether it can serve (etcd documentation, "health check"); never throws, and takes at most a second. */
export async function askHealth(lab: Lab, host: Host): Promise<EtcdHealth> {
  const port = host.ports[ports.etcdClient];
  const answer = port === undefined ? undefined : await getJson(lab.bind, port, '/health', 1000);
  if (answer === undefined) return 'unreachable';
  return (answer as { health?: string }).health === 'true' ? 'healthy' : 'unhealthy';
}

/** Values of keys below `folder` (with a slash at its end); null where there is no such key. Throws where etcd does not answer. */
export async function lookAtDcs(address: string, port: number, folder: string, keys: readonly string[]): Promise<DcsLook> {
  const values = await Promise.all(keys.map(async (key) => [key, await readKey(address, port, `${folder}${key}`)] as const));
  return { kind: 'dcs', values: Object.fromEntries(values) };
}

async function readKey(address: string, port: number, key: string): Promise<Value> {
  const answer = (await post(address, port, '/v3/kv/range', { key: Buffer.from(key).toString('base64') })) as {
    kvs?: { value?: string }[];
  };
  const [entry] = answer.kvs ?? [];
  if (!entry) return null;
  return readValue(Buffer.from(entry.value ?? '', 'base64').toString('utf8'));
}

/** Patroni writes JSON, or bare text. A system identifier is more digits than a number of JavaScript's can hold: it stays text. */
export function readValue(text: string): Value {
  if (/^\d+$/.test(text) && !Number.isSafeInteger(Number(text))) return text;
  try {
    return JSON.parse(text) as Value;
  } catch {
    return text;
  }
}

function post(address: string, port: number, path: string, body: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const call = request({ host: address, port, path, method: 'POST', timeout: 2000 }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        if (response.statusCode === 200) resolve(JSON.parse(text));
        else reject(new Error(`etcd answered ${response.statusCode}: ${text.trim()}`));
      });
    });
    call.once('error', reject).once('timeout', () => call.destroy(new Error('etcd did not answer within 2 s')));
    call.end(JSON.stringify(body));
  });
}
