/**
 * The Debian that images are built on: whatever is there. Already on the engine, else pulled from its registry, else
 * bootstrapped from a Debian mirror; behind it nobody sees the difference.
 */
import { execFile, spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import type Docker from 'dockerode';
import { inNoHurry } from '../core/priority.ts';
import { LabError } from '../core/problem.ts';
import { statusOf } from './connect.ts';
import { debianMirror, mirrorProblem } from './mirror.ts';
import { imagesFolder } from './recipe.ts';

export interface DebianRequest {
  /** Take nothing that is on the engine already. */
  readonly anew?: boolean;
  readonly onLine?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** How long a registry may take to begin its answer, ms. A pull that has begun takes as long as it takes. */
const firstAnswer = 8_000;

/** Returns a reference for FROM. Throws LabError where there is no way to a Debian, with the reason of each. */
export async function debianImage(docker: Docker, suite: string, request: DebianRequest = {}): Promise<string> {
  const official = `debian:${suite}-slim`;
  const own = `pglab/debian:${suite}`;
  if (!request.anew) for (const name of [official, own]) if (await isPresent(docker, name)) return name;
  const refused = await pull(docker, official, request);
  if (refused === undefined) return official;
  request.onLine?.(`${official} cannot be pulled (${refused}); bootstrapping ${suite} from ${debianMirror()}`);
  await bootstrap(docker, suite, own, refused, request);
  return own;
}

export async function isPresent(docker: Docker, name: string): Promise<boolean> {
  try {
    await docker.getImage(name).inspect();
    return true;
  } catch (error) {
    if (statusOf(error) === 404) return false;
    throw error;
  }
}

/** Undefined once the image is there; else why it is not. */
async function pull(docker: Docker, name: string, request: DebianRequest): Promise<string | undefined> {
  const unanswered = new AbortController();
  const timer = setTimeout(() => unanswered.abort(), firstAnswer);
  const signal = request.signal ? AbortSignal.any([request.signal, unanswered.signal]) : unanswered.signal;
  try {
    const authconfig = await registryLogin();
    const output = await docker.pull(name, { ...(authconfig ? { authconfig } : {}), abortSignal: signal });
    await new Promise<void>((resolve, reject) => {
      docker.modem.followProgress(
        output,
        (error) => (error ? reject(error) : resolve()),
        (message: { status?: string; id?: string; error?: string }) => {
          clearTimeout(timer);
          if (message.error) reject(new Error(message.error));
          else if (message.status && !message.id) request.onLine?.(message.status);
        },
      );
    });
    return undefined;
  } catch (error) {
    if (request.signal?.aborted) throw request.signal.reason;
    if (unanswered.signal.aborted) return `the registry did not answer within ${firstAnswer / 1000} s`;
    return reasonOf(error);
  } finally {
    clearTimeout(timer);
  }
}

/** The user's login at Docker Hub, as docker keeps it; its helper programs are testcontainers' to run. */
async function registryLogin(): Promise<Docker.AuthConfig | undefined> {
  try {
    const file = await readFile(join(process.env.DOCKER_CONFIG ?? join(homedir(), '.docker'), 'config.json'), 'utf8');
    if (!/"(?:auths|credsStore|credHelpers)"/.test(file)) return undefined;
    const { getAuthConfig } = await import('testcontainers/build/container-runtime/auth/get-auth-config.js');
    return (await getAuthConfig('https://index.docker.io/v1/')) as Docker.AuthConfig | undefined;
  } catch {
    // Debian's images need no login.
    return undefined;
  }
}

async function bootstrap(docker: Docker, suite: string, name: string, refused: string, request: DebianRequest): Promise<void> {
  if (!(await isProgram('mmdebstrap'))) await installMmdebstrap(suite, refused, request);
  const folder = await mkdtemp(join(tmpdir(), 'pglab-debian-'));
  const tarball = join(folder, 'root.tar');
  const settings = join(imagesFolder(), 'base', 'files', 'etc');
  try {
    await run(
      'mmdebstrap',
      [
        '--variant=minbase',
        // The base recipe's own: an expired Release file is accepted, documentation left out.
        `--aptopt=${join(settings, 'apt', 'apt.conf.d', '90lab')}`,
        `--dpkgopt=${join(settings, 'dpkg', 'dpkg.cfg.d', 'lab')}`,
        suite,
        tarball,
        debianMirror(),
      ],
      request,
    );
    await importTarball(docker, tarball, name);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function importTarball(docker: Docker, tarball: string, name: string): Promise<void> {
  // The tag is part of it: Podman 4 passes over one that is given apart.
  const output = (await docker.importImage(createReadStream(tarball) as unknown as string, {
    repo: name,
  })) as unknown as NodeJS.ReadableStream;
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(output, (error) => (error ? reject(error) : resolve()));
  });
}

async function installMmdebstrap(suite: string, refused: string, request: DebianRequest): Promise<void> {
  const packages = ['mmdebstrap', 'debian-archive-keyring'];
  if (process.getuid?.() !== 0 || !(await isProgram('apt-get'))) {
    throw new LabError(`no Debian ${suite} to build images on`, {
      detail: [`pulling debian:${suite}-slim: ${refused}`, 'bootstrapping one: mmdebstrap is not installed'],
      hint: `make debian:${suite}-slim available to the engine, or install mmdebstrap (as root: apt-get install ${packages.join(' ')})`,
    });
  }
  request.onLine?.(`installing ${packages.join(', ')} on this machine`);
  await run('apt-get', ['update'], request);
  await run('apt-get', ['install', '-y', '--no-install-recommends', ...packages], request);
}

/** Runs a program to its end, its words going to `onLine`. Throws LabError with the last of them, or the signal's reason. */
async function run(command: string, args: readonly string[], request: DebianRequest): Promise<void> {
  const lines: string[] = [];
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
  const child = inNoHurry(spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env }));
  // mmdebstrap tidies up on TERM, so its end is waited for.
  const stop = () => child.kill('SIGTERM');
  request.signal?.addEventListener('abort', stop);
  for (const output of [child.stdout, child.stderr]) {
    createInterface({ input: output }).on('line', (line) => {
      lines.push(line);
      request.onLine?.(line);
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => child.on('close', resolve).on('error', reject)).finally(() =>
    request.signal?.removeEventListener('abort', stop),
  );
  request.signal?.throwIfAborted();
  if (code === 0) return;
  throw mirrorProblem(lines) ?? new LabError(`${command} failed with exit code ${code}`, { detail: lines.slice(-12) });
}

async function isProgram(name: string): Promise<boolean> {
  return promisify(execFile)('sh', ['-c', `command -v ${name}`]).then(
    () => true,
    () => false,
  );
}

/** The last part of an engine's message, which names the cause: `…: dial tcp: …: no such host`. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return /(no such host|connection refused|i\/o timeout|not found|denied|toomanyrequests)/i.exec(text)?.[1] ?? text;
}
