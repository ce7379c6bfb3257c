/** Finds the Docker engine that a user means, and says what was tried where there is none. Starts no engine and no process. */
import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { homedir } from 'node:os';
import type Docker from 'dockerode';
import { LabError } from '../core/problem.ts';
import { type Choice, type Endpoint, enginePlaces, isLocalHost, type Surroundings } from './endpoints.ts';

/** The engine's client. Rooms above know it by this name only. */
export type { default as Docker } from 'dockerode';

/** One place that was tried, and why it is not the engine. */
export interface Attempt {
  readonly source: string;
  readonly address?: string;
  readonly reason: string;
  /** The engine is there and does not let this user in. */
  readonly denied: boolean;
}

export type Search = { readonly endpoint: Endpoint } | { readonly attempts: readonly Attempt[]; readonly choice?: Choice };

/** How long an engine may take to answer a ping, ms. */
const pingLimit = 3_000;

/** The engine that users expect. Throws LabError with every attempt's reason where none answers. */
export async function findEngine(): Promise<Docker> {
  const search = await searchEngine(thisMachine(), ping);
  if ('endpoint' in search) return connectTo(search.endpoint);
  const fallback = search.choice ? undefined : await fromTestcontainers();
  if (fallback instanceof Object && 'docker' in fallback) return fallback.docker;
  throw noEngine(fallback ? [...search.attempts, fallback] : search.attempts, search.choice);
}

/** Whether ports that containers bind to the engine's loopback address can be reached at this machine's. */
export function isLocal(docker: Docker): boolean {
  const { socketPath, host } = docker.modem as { socketPath?: unknown; host?: string };
  return socketPath !== undefined || isLocalHost(host ?? '');
}

/** Tries one place after the other; the first that answers is the one. */
export async function searchEngine(surroundings: Surroundings, knock: (endpoint: Endpoint) => Promise<void>): Promise<Search> {
  const { candidates, choice } = enginePlaces(surroundings);
  const attempts: Attempt[] = [];
  for (const candidate of candidates) {
    if ('reason' in candidate) {
      attempts.push({ ...candidate, denied: false });
      continue;
    }
    try {
      await knock(candidate);
      return { endpoint: candidate };
    } catch (error) {
      attempts.push({ source: candidate.source, address: candidate.address, ...explain(error) });
    }
  }
  return { attempts, ...(choice && { choice }) };
}

const unset = (name: string) => `correct or unset ${name}; without it, npm run setup finds this machine's engine or installs one`;
const wayOut: Readonly<Record<Choice, string>> = {
  DOCKER_HOST: unset('DOCKER_HOST'),
  DOCKER_CONTEXT: unset('DOCKER_CONTEXT'),
  'current context':
    "start that engine, or go back to this machine's own, which npm run setup finds or installs: docker context use default, or DOCKER_CONTEXT=default for one command",
};

/** The one message for a machine without a usable engine. `choice`: how the user named the only one that was tried. */
export function noEngine(attempts: readonly Attempt[], choice?: Choice): LabError {
  const detail = attempts.map(({ source, address, reason }) => `${source}${address ? ` (${address})` : ''}: ${reason}`);
  const denied = attempts.find((attempt) => attempt.denied);
  if (denied) {
    return new LabError(`the Docker engine at ${denied.address} does not let this user in`, {
      detail,
      hint: 'join its group (sudo usermod -aG docker "$USER"), then log in again; or run as root',
    });
  }
  if (choice) return new LabError(`the Docker engine that ${attempts[0]?.source} names cannot be used`, { detail, hint: wayOut[choice] });
  return new LabError('no Docker engine answers', {
    detail,
    hint: 'npm run setup makes this machine ready; or start your engine, or name it in DOCKER_HOST',
  });
}

function explain(error: unknown): Pick<Attempt, 'reason' | 'denied'> {
  const { code, message } = error as NodeJS.ErrnoException;
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'no such socket',
    EACCES: 'permission denied',
    EPERM: 'permission denied',
    ECONNREFUSED: 'connection refused: nothing listens there',
    ENOTSOCK: 'not a socket',
    ENOTDIR: 'no such socket',
    ETIMEDOUT: 'timed out',
    ENOTFOUND: 'unknown host',
    EAI_AGAIN: 'unknown host',
  };
  return { reason: reasons[code ?? ''] ?? (message || String(code ?? error)), denied: code === 'EACCES' || code === 'EPERM' };
}

export function thisMachine(): Surroundings {
  return {
    env: process.env,
    home: homedir(),
    uid: process.getuid?.(),
    platform: process.platform,
    read: (path) => {
      try {
        return readFileSync(path, 'utf8');
      } catch {
        return undefined;
      }
    },
  };
}

/** Asks an engine for a sign of life. Throws the connection's own error, or one that says what answered instead. */
export async function ping(endpoint: Endpoint): Promise<void> {
  const { socketPath, host, port } = target(endpoint);
  const options = {
    path: '/_ping',
    timeout: pingLimit,
    agent: false as const,
    ...(socketPath ? { socketPath } : { host, port }),
    ...endpoint.tls,
  };
  await new Promise<void>((resolve, reject) => {
    const request = (endpoint.tls ? httpsRequest : httpRequest)(options, (response) => {
      response.resume();
      if (response.statusCode === 200) resolve();
      else reject(new Error(`answered ${response.statusCode} to a ping, as no engine does`));
    });
    request.on('timeout', () => request.destroy(new Error(`no answer within ${pingLimit / 1000} s`)));
    request.on('error', reject);
    request.end();
  });
}

async function connectTo(endpoint: Endpoint): Promise<Docker> {
  const Dockerode = (await import('./load-client.ts')).loadClient();
  const { socketPath, host, port } = target(endpoint);
  if (socketPath) return new Dockerode({ socketPath });
  return new Dockerode({ host, port, protocol: endpoint.tls ? 'https' : 'http', ...endpoint.tls });
}

function target({ address }: Endpoint): { readonly socketPath?: string; readonly host: string; readonly port: number } {
  if (!address.startsWith('tcp://')) return { socketPath: address.replace(/^\w+:\/\//, ''), host: '', port: 0 };
  const { hostname, port } = new URL(address.replace(/^tcp/, 'http'));
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 2375) };
}

/** testcontainers knows a few more places, such as its own properties file. Half a second to load, so it comes last. */
async function fromTestcontainers(): Promise<{ readonly docker: Docker } | Attempt> {
  try {
    const { getContainerRuntimeClient } = await import('testcontainers');
    const client = await getContainerRuntimeClient();
    return { docker: client.container.dockerode };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { source: "testcontainers' discovery", reason, denied: false };
  }
}

/** The HTTP status with which the engine refused something; undefined where it was no engine that said no. */
export function statusOf(error: unknown): number | undefined {
  return (error as { statusCode?: number }).statusCode;
}
