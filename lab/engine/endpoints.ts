/**
 * Where a Docker engine may be listening, in the order in which a user would expect it to be looked for. Knows settings and
 * paths; opens no socket.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';

/** Where to knock, and who says so. */
export interface Endpoint {
  /** For messages: `DOCKER_HOST`, `docker context "work"`, `Docker's socket`. */
  readonly source: string;
  /** `unix:///run/docker.sock`, `npipe://…`, `tcp://host:port`. */
  readonly address: string;
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string };
}

/** Something a user set that leads nowhere. */
export interface DeadEnd {
  readonly source: string;
  readonly address?: string;
  readonly reason: string;
}

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** Undefined for root-less platforms (Windows). */
  readonly uid: number | undefined;
  readonly platform: NodeJS.Platform;
  /** A file's text, or undefined where it cannot be read. */
  readonly read: (path: string) => string | undefined;
}

/** What a user names one engine by. */
export type Choice = 'DOCKER_HOST' | 'DOCKER_CONTEXT' | 'current context';

export interface Places {
  readonly candidates: readonly (Endpoint | DeadEnd)[];
  /** The user named one engine: another one that happens to answer would be the wrong one. */
  readonly choice?: Choice;
}

/**
 * The engine that the docker client would talk to (DOCKER_HOST, DOCKER_CONTEXT, the current context, in its own order of precedence), and
 * no other; where the user named none, the sockets of the usual engines.
 */
export function enginePlaces(surroundings: Surroundings): Places {
  const { env } = surroundings;
  if (env.DOCKER_HOST)
    return { candidates: [fromHost('DOCKER_HOST', env.DOCKER_HOST, () => environmentTls(surroundings))], choice: 'DOCKER_HOST' };
  const context = env.DOCKER_CONTEXT || currentContext(surroundings);
  // The client's own word for this machine's engine.
  if (!context || context === 'default') return { candidates: sockets(surroundings) };
  const choice = env.DOCKER_CONTEXT ? 'DOCKER_CONTEXT' : 'current context';
  const source = `${choice === 'current context' ? 'the current ' : ''}docker context ${JSON.stringify(context)}`;
  return { candidates: [fromContext(source, context, surroundings)], choice };
}

/** Whether a host name or address means this machine. */
export function isLocalHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d+){3}$/.test(host);
}

type Tls = NonNullable<Endpoint['tls']>;

function fromHost(source: string, host: string, tls: () => Tls | DeadEnd | undefined): Endpoint | DeadEnd {
  // Docker takes `host:port` as well.
  const address = host.includes('://') ? host : `tcp://${host}`;
  const scheme = address.slice(0, address.indexOf('://'));
  if (scheme === 'ssh') {
    return {
      source,
      address,
      reason:
        'the lab does not speak ssh; forward the socket (ssh -nNTL /tmp/docker.sock:/var/run/docker.sock HOST) and name it unix:///tmp/docker.sock',
    };
  }
  if (scheme === 'unix' || scheme === 'npipe') return { source, address };
  if (!['tcp', 'http', 'https'].includes(scheme) || !URL.canParse(address.replace(/^\w+/, 'http'))) {
    return { source, address, reason: 'not an address of an engine; it should be like unix:///var/run/docker.sock or tcp://HOST:2376' };
  }
  const material = tls();
  if (material && 'reason' in material) return material;
  return { source, address: address.replace(/^https?:/, 'tcp:'), ...(material ? { tls: material } : {}) };
}

function environmentTls({ env, home, read }: Surroundings): Tls | DeadEnd | undefined {
  if (!env.DOCKER_TLS_VERIFY && !env.DOCKER_CERT_PATH) return undefined;
  const folder = env.DOCKER_CERT_PATH || join(home, '.docker');
  return (
    readTls(folder, read) ?? {
      source: 'DOCKER_HOST',
      ...(env.DOCKER_HOST ? { address: env.DOCKER_HOST } : {}),
      reason: `no readable ca.pem, cert.pem and key.pem in ${folder}`,
    }
  );
}

function readTls(folder: string, read: Surroundings['read']): Tls | undefined {
  const [ca, cert, key] = ['ca.pem', 'cert.pem', 'key.pem'].map((name) => read(join(folder, name)));
  return ca && cert && key ? { ca, cert, key } : undefined;
}

function dockerFolder({ env, home }: Surroundings): string {
  return env.DOCKER_CONFIG || join(home, '.docker');
}

function currentContext(surroundings: Surroundings): string | undefined {
  const name = parsed(surroundings.read(join(dockerFolder(surroundings), 'config.json')))?.currentContext;
  return typeof name === 'string' ? name : undefined;
}

/** Docker keeps a context in folders named after the hash of its name (docker/cli, cli/context/store). */
function fromContext(source: string, name: string, surroundings: Surroundings): Endpoint | DeadEnd {
  const id = createHash('sha256').update(name).digest('hex');
  const contexts = join(dockerFolder(surroundings), 'contexts');
  const meta = parsed(surroundings.read(join(contexts, 'meta', id, 'meta.json'))) as
    | { Endpoints?: { docker?: { Host?: unknown } } }
    | undefined;
  const host = meta?.Endpoints?.docker?.Host;
  if (typeof host !== 'string' || host === '') return { source, reason: 'no such context' };
  return fromHost(source, host, () => readTls(join(contexts, 'tls', id, 'docker'), surroundings.read));
}

function sockets({ env, home, uid, platform }: Surroundings): Endpoint[] {
  if (platform === 'win32') return [{ source: "Docker's pipe", address: 'npipe:////./pipe/docker_engine' }];
  const runtime = env.XDG_RUNTIME_DIR || (uid === undefined ? undefined : `/run/user/${uid}`);
  const paths: readonly (readonly [source: string, path: string | undefined])[] = [
    ['Docker', '/var/run/docker.sock'],
    ['rootless Docker', runtime && join(runtime, 'docker.sock')],
    ['Docker Desktop', join(home, '.docker', 'run', 'docker.sock')],
    ['Colima', join(home, '.colima', 'default', 'docker.sock')],
    ['rootless Podman', runtime && join(runtime, 'podman', 'podman.sock')],
    ['Podman', '/run/podman/podman.sock'],
  ];
  return paths.flatMap(([source, path]) => (path ? [{ source, address: `unix://${path}` }] : []));
}

function parsed(text: string | undefined): Record<string, unknown> | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
