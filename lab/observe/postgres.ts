/** Asks PostgreSQL over libpq's protocol, from outside the hosts, through the published port. */
import type { Client as PgClient } from 'pg';
import { LabError } from '../core/problem.ts';

/** Where one server of a lab answers. */
export interface Server {
  readonly address: string;
  readonly port: number;
  readonly password: string;
}

export interface Session {
  /** Throws pg's error, which carries the SQLSTATE as `code`. Rows are arrays in column order. */
  query(text: string, values?: readonly unknown[]): Promise<readonly (readonly unknown[])[]>;
  close(): Promise<void>;
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
  });
  // A server that dies between two statements is reported by the next statement; without a listener Node would end the process.
  client.on('error', () => undefined);
  await client.connect();
  return {
    query: async (text, values = []) => (await client.query({ text, values: [...values], rowMode: 'array' })).rows as unknown[][],
    close: () => client.end(),
  };
}

/** Runs one statement in a session of its own. */
export async function ask(server: Server, text: string, timeout = 5000): Promise<readonly (readonly unknown[])[]> {
  const session = await openSession(server, timeout);
  try {
    return await session.query(text);
  } finally {
    await session.close().catch(() => undefined);
  }
}

/** The server of a host, from its published port. Throws LabError where the host publishes none. */
export function serverOf(
  lab: { bind: string; spec: { secrets: { superuser: string } } },
  host: { name: string; ports: Readonly<Record<number, number>> },
): Server {
  const port = host.ports[5432];
  if (port === undefined) throw new LabError(`host ${host.name} runs no PostgreSQL`);
  return { address: lab.bind, port, password: lab.spec.secrets.superuser };
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
