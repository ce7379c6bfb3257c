/** Asks PostgreSQL over libpq's protocol, from outside the hosts. */
import { Socket } from 'node:net';
import type { Client as PgClient } from 'pg';
import { LabError } from '../core/problem.ts';
import { type Endpoint, endpointOf, type Host, type Lab } from '../engine/lab.ts';
import { afterAwake, promptly } from './promptly.ts';

/** Where one server of a lab answers. */
export interface Server extends Endpoint {
  readonly password: string;
}

/** Columns in order: booleans, numbers and null as such, everything else as PostgreSQL's text. */
export type Row = readonly (string | number | boolean | null)[];

/** Types with a value of their own in JSON, by oid: bool; int2, int4, oid, float4, float8. An int8 may not fit a number. */
const asBoolean = new Set([16]);
const asNumber = new Set([21, 23, 26, 700, 701]);
const readText = (text: string) => text;
const types = {
  getTypeParser: (oid: number) => (asBoolean.has(oid) ? (text: string) => text === 't' : asNumber.has(oid) ? Number : readText),
};

export interface Session {
  /** Throws pg's error (`sqlstateOf`). Of several statements the rows of all, one after another. */
  query(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  /** Warnings that the server sent so far, oldest first. */
  readonly warnings: readonly string[];
  close(): Promise<void>;
}

/** What the server itself said was wrong; undefined for an error of the connection, whose `code` (EPIPE) may look like one. */
export function sqlstateOf(error: unknown): string | undefined {
  const { code, severity } = error as { code?: string; severity?: string };
  return severity === undefined ? undefined : code;
}

/** Opens a session as the superuser. `timeout` (ms) bounds the connection and each statement. Throws where nobody answers. */
export async function openSession(server: Server, timeout = 5000, applicationName = 'pglab'): Promise<Session> {
  const { Client } = (await import('pg')).default;
  const client: PgClient = new Client({
    host: server.address,
    port: server.port,
    user: 'postgres',
    password: server.password,
    database: 'postgres',
    application_name: applicationName,
    connectionTimeoutMillis: timeout,
    query_timeout: timeout,
    keepAlive: true,
    stream: () => promptly(new Socket(), server.patience),
  });
  // A server that dies between two statements is reported by the next statement; without a listener Node would end the process.
  client.on('error', () => undefined);
  const warnings: string[] = [];
  client.on('notice', (notice) => {
    if (notice.severity === 'WARNING') warnings.push(notice.message ?? '');
  });
  await client.connect();
  return {
    warnings,
    query: async (text, values = []) => {
      // Without values the simple protocol is used, which takes several statements and answers with a result for each.
      const config = { text, rowMode: 'array' as const, types: types as never, ...(values.length > 0 ? { values: [...values] } : {}) };
      const results = await client.query<Row[]>(config);
      return (Array.isArray(results) ? (results as (typeof results)[]) : [results]).flatMap((result) => result.rows) as unknown as Row[];
    },
    close: () => endPromptly(client),
  };
}

/** A frozen server never takes leave (pg waits for it to close the connection): after a second it is not waited for. */
async function endPromptly(client: PgClient): Promise<void> {
  const { stream } = (client as PgClient & { connection: { stream: Socket } }).connection;
  const cancel = afterAwake(1000, () => stream.destroy());
  await client.end().finally(cancel);
}

/** Runs one statement in a session of its own. */
export async function ask(server: Server, text: string, timeout = 5000): Promise<readonly Row[]> {
  const session = await openSession(server, timeout);
  try {
    return await session.query(text);
  } finally {
    await session.close().catch(() => undefined);
  }
}

/** The server of a host. Throws LabError where it is of a kind that has none. */
export function serverOf(lab: Lab, host: Host): Server {
  const endpoint = endpointOf(host, 5432);
  if (!endpoint) throw new LabError(`host ${host.name} runs no PostgreSQL`);
  return { ...endpoint, password: lab.spec.secrets.superuser };
}

/** True or false as the server says; undefined where none answers. */
export async function isInRecovery(server: Server): Promise<boolean | undefined> {
  try {
    const [[answer] = []] = await ask(server, 'select pg_is_in_recovery()', 1000);
    return answer as boolean;
  } catch {
    return undefined;
  }
}
