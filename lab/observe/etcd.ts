/** Asks etcd over its HTTP gateway (etcd documentation, "gRPC gateway"). Only reads. */
import type { DcsLook, EtcdHealth, Value } from '../core/event.ts';
import { type Endpoint, endpointOf, type Host } from '../engine/lab.ts';
import { ports } from '../topology/places.ts';
import { askHttp } from './http.ts';
import { getJson } from './patroni.ts';

/** A host's own word on whether it can serve (etcd documentation, "health check"); never throws, and takes at most a second. */
export async function askHealth(host: Host): Promise<EtcdHealth> {
  const answer = await getJson(endpointOf(host, ports.etcdClient), '/health', 1000);
  if (answer === undefined) return 'unreachable';
  return (answer as { health?: string }).health === 'true' ? 'healthy' : 'unhealthy';
}

/** Values of keys below `folder` (with a slash at its end); null where there is no such key. Throws where etcd does not answer. */
export async function lookAtDcs(endpoint: Endpoint, folder: string, keys: readonly string[]): Promise<DcsLook> {
  const values = await Promise.all(keys.map(async (key) => [key, await readKey(endpoint, `${folder}${key}`)] as const));
  return { kind: 'dcs', values: Object.fromEntries(values) };
}

async function readKey(endpoint: Endpoint, key: string): Promise<Value> {
  const body = { key: Buffer.from(key).toString('base64') };
  const { status, text } = await askHttp(endpoint, { method: 'POST', path: '/v3/kv/range', body, timeout: 2000 });
  if (status !== 200) throw new Error(`etcd answered ${status}: ${text.trim()}`);
  const { kvs } = JSON.parse(text) as { kvs?: { value?: string }[] };
  const [entry] = kvs ?? [];
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
