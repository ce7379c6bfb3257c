/** Runs programs inside hosts, and talks to their supervisor. What they print never reaches the host's log stream. */
import { PassThrough } from 'node:stream';
import type Docker from 'dockerode';
import { LabError } from '../core/problem.ts';
import type { ServiceName } from '../topology/blueprint.ts';
import { packFiles } from './archive.ts';

export interface Command {
  readonly argv: readonly string[];
  /** Default `postgres`: pgBackRest refuses most commands to root. */
  readonly user?: 'postgres' | 'root';
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly onOutput?: (stream: 'stdout' | 'stderr', text: string) => void;
  /** Stops waiting and throws the signal's reason. The program goes on in its host. */
  readonly signal?: AbortSignal;
}

export interface CommandResult {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program in a container to its end. Throws LabError where it could not be started (a dead or paused host). */
export async function runCommand(docker: Docker, container: string, command: Command): Promise<CommandResult> {
  const exec = await startExec(docker, container, {
    Cmd: [...command.argv],
    User: command.user ?? 'postgres',
    Env: Object.entries(command.env ?? {}).map(([key, value]) => `${key}=${value}`),
    AttachStdin: command.stdin !== undefined,
    AttachStdout: true,
    AttachStderr: true,
    ...(command.signal === undefined ? {} : { abortSignal: command.signal }),
  });
  const stream = await exec.start({ hijack: command.stdin !== undefined, stdin: command.stdin !== undefined });
  if (command.stdin !== undefined) stream.end(command.stdin);
  const output = { stdout: '', stderr: '' };
  const sinks = { stdout: new PassThrough(), stderr: new PassThrough() };
  for (const name of ['stdout', 'stderr'] as const) {
    sinks[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
      command.onOutput?.(name, text);
    });
  }
  docker.modem.demuxStream(stream, sinks.stdout, sinks.stderr);
  const giveUp = () => stream.destroy();
  command.signal?.addEventListener('abort', giveUp, { once: true });
  await new Promise<void>((resolve, reject) => {
    stream.once('end', resolve).once('close', resolve).once('error', reject);
  });
  command.signal?.removeEventListener('abort', giveUp);
  command.signal?.throwIfAborted();
  // demuxStream never ends its outputs; end them, so that a character split between two chunks is complete.
  await Promise.all(Object.values(sinks).map((sink) => new Promise((resolve) => sink.once('end', resolve).end())));
  const { ExitCode } = await exec.inspect();
  return { exit: ExitCode ?? -1, ...output };
}

export async function startExec(docker: Docker, container: string, options: Docker.ExecCreateOptions): Promise<Docker.Exec> {
  try {
    return await docker.getContainer(container).exec(options);
  } catch (error) {
    options.abortSignal?.throwIfAborted();
    throw new LabError(`no command can be run in container ${container}`, { cause: error });
  }
}

/** Waits until the init of a host that was just started heeds signals: one told to stop before that does not, or ends at once. */
export async function listens(docker: Docker, container: string): Promise<void> {
  // The init's shell is the first process's child; SIGTERM, 15, is the last that it sets a trap for.
  const script = 'until (( 0x$(awk "/^SigCgt/ { print \\$2 }" /proc/$(pgrep -o -P 1)/status) & 1 << 14 )); do sleep 0.02; done';
  const { exit, stderr } = await runCommand(docker, container, { user: 'root', argv: ['timeout', '30', 'bash', '-c', script] });
  if (exit !== 0) throw new LabError(`the init of container ${container} does not listen: ${stderr.trim() || `exit code ${exit}`}`);
}

/** Starts Patroni on a host where it was held back. Costs next to nothing, unlike a command that runs in the host; waits for nothing. */
export async function releasePatroni(docker: Docker, container: string): Promise<void> {
  await docker.getContainer(container).kill({ signal: 'SIGUSR2' });
}

/** Holds Patroni still (SIGSTOP) until its service is stopped. Does nothing where it does not run. */
export async function pausePatroni(docker: Docker, container: string): Promise<void> {
  await runCommand(docker, container, { user: 'root', argv: ['sv', 'pause', '/etc/lab/services/patroni'] });
}

/** At its next start, a stopped host's init brings PostgreSQL back as it last ran, and then starts Patroni, which joins it. */
export async function resumeAtStart(docker: Docker, container: string): Promise<void> {
  const file = { path: '/etc/lab/resume', text: '', mode: 0o644, owner: 'root' } as const;
  await docker.getContainer(container).putArchive(await packFiles([file]), { path: '/' });
}

/**
 * Starts, stops or restarts a service through the host's supervisor, and waits for it: up to 90 s to stop, since Patroni
 * stops PostgreSQL first. A service that was brought up stays up when its host starts again, as with `systemctl enable`.
 * Throws LabError, with what goes on in the host. `patience` in s.
 */
export async function controlService(
  docker: Docker,
  container: string,
  action: 'start' | 'stop' | 'restart',
  service: ServiceName,
  patience = 90,
): Promise<void> {
  const folder = `/etc/lab/services/${service}`;
  const enable = action === 'stop' ? '' : `rm -f ${folder}/down; `;
  const result = await runCommand(docker, container, {
    user: 'root',
    argv: ['sh', '-c', `${enable}exec sv -w ${patience} ${action} ${folder}`],
  });
  if (result.exit === 0) return;
  throw new LabError(`service ${service} did not ${action}: ${(result.stdout + result.stderr).trim()}`, {
    detail: await whatGoesOn(docker, container),
  });
}

/** A host's programs and connections: a program in its way, or a client that says nothing, can keep a service from stopping. */
async function whatGoesOn(docker: Docker, container: string): Promise<string[]> {
  const script = "ps -eo user=,pid=,etimes=,args= | grep -v '^root'; ss -Htn state established | grep -v '127\\.0\\.0\\.'";
  const { stdout } = await runCommand(docker, container, { user: 'root', argv: ['sh', '-c', script] });
  return stdout.split('\n').flatMap((line) => (line === '' ? [] : [line.trim().replace(/\s+/g, ' ').slice(0, 120)]));
}
