/** Asks each host's programs for their versions. What an image should carry is no answer. */

import { seconds } from '../core/duration.ts';
import { runCommand } from '../engine/commands.ts';
import type { Docker } from '../engine/connect.ts';
import { endpointOf, type Host, type Lab } from '../engine/lab.ts';
import type { HostName, ProgramName } from '../topology/blueprint.ts';
import { ports } from '../topology/places.ts';
import { askPatroni, getJson } from './patroni.ts';

/** `{postgresql: '18.6', patroni: '4.1.5', pgbackrest: '2.60.0'}`; what could not be asked is missing. */
export type HostVersions = Readonly<Partial<Record<ProgramName, string>>>;

/** A program of Python's takes seconds to start where many others do. */
const patience = seconds(10);

/** By host, for hosts that run; never throws, and takes a few seconds at most, on a starved machine ten. */
export async function askVersions(docker: Docker, lab: Lab): Promise<Readonly<Record<HostName, HostVersions>>> {
  const running = lab.hosts.filter((host) => host.state === 'running');
  return Object.fromEntries(await Promise.all(running.map(async (host) => [host.name, await askHost(docker, host)] as const)));
}

async function askHost(docker: Docker, host: Host): Promise<HostVersions> {
  if (host.kind === 'etcd') return askEtcd(docker, host);
  const [pgbackrest, database] = await Promise.all([
    askProgram(docker, host, ['pgbackrest', 'version']),
    host.kind === 'patroni' ? askDatabaseHost(docker, host) : {},
  ]);
  return { ...database, ...(pgbackrest === undefined ? {} : { pgbackrest }) };
}

/** Over HTTP where Patroni answers; starting its programs to ask them costs a tenth of a second each. */
async function askDatabaseHost(docker: Docker, host: Host): Promise<HostVersions> {
  const answer = await askPatroni(endpointOf(host, ports.patroni));
  const [postgresql, patroni] = await Promise.all([
    answer?.serverVersion === undefined ? askProgram(docker, host, ['postgres', '--version']) : readServerVersion(answer.serverVersion),
    answer?.patroniVersion ?? askProgram(docker, host, ['python3', '-c', 'from patroni.version import __version__; print(__version__)']),
  ]);
  return { ...(postgresql === undefined ? {} : { postgresql }), ...(patroni === undefined ? {} : { patroni }) };
}

async function askEtcd(docker: Docker, host: Host): Promise<HostVersions> {
  const answer = (await getJson(endpointOf(host, ports.etcdClient), '/version', 1000)) as { etcdserver?: string } | undefined;
  const etcd = answer?.etcdserver ?? (await askProgram(docker, host, ['etcd', '--version']));
  return etcd === undefined ? {} : { etcd };
}

async function askProgram(docker: Docker, host: Host, argv: readonly string[]): Promise<string | undefined> {
  const result = await runCommand(docker, host.container, { argv, signal: AbortSignal.timeout(patience) }).catch(() => undefined);
  return result?.exit === 0 ? firstVersion(result.stdout) : undefined;
}

/** `postgres (PostgreSQL) 18.6 (Debian 18.6-1)`, `pgBackRest 2.60.0`, `etcd Version: 3.5.30`. */
export function firstVersion(text: string): string | undefined {
  return /\d+(?:\.\d+)+/.exec(text)?.[0];
}

/** `server_version_num` since PostgreSQL 10: 180006 is 18.6. */
export function readServerVersion(num: number): string {
  return `${Math.floor(num / 10_000)}.${num % 10_000}`;
}

/** One version a program, or all that there are: `2.60.0, 2.55.1`. */
export function mergeVersions(byHost: Readonly<Record<HostName, HostVersions>>): Readonly<Record<string, string>> {
  const merged: Record<string, string> = {};
  for (const program of ['postgresql', 'patroni', 'pgbackrest', 'etcd'] as const) {
    const found = new Set(Object.values(byHost).flatMap((versions) => versions[program] ?? []));
    if (found.size > 0) merged[program] = [...found].join(', ');
  }
  return merged;
}
