/** Runs programs inside hosts, and talks to their supervisor. What they print never reaches the host's log stream. */
import type Docker from 'dockerode';
import { unlessAborted } from '../core/deadline.ts';
import { seconds } from '../core/duration.ts';
import { LabError } from '../core/problem.ts';
import type { ServiceName } from '../topology/blueprint.ts';
import { packFiles } from './archive.ts';
import { statusOf } from './connect.ts';
import { firstMark, justAfter, lastTexts, readLog } from './log-stream.ts';
import { type Command, type CommandResult, Runner } from './runner.ts';

export type { Command, CommandResult } from './runner.ts';

/** A container's runner, as of one start of it: none outlives its host. */
interface Stay {
  readonly since: string;
  readonly runner: Promise<Runner>;
}

/** The same once it is up. */
interface Here {
  readonly since: string;
  readonly runner: Runner;
}

const stays = new WeakMap<Docker, Map<string, Stay>>();

/** As the engine says of a program whose host was killed. */
const killed = 137;

/**
 * Runs a program in a container to its end, which is its host's where that comes first (exit code 137). Throws LabError where it
 * could not be started (a dead or paused host), and where nobody can say how it ended.
 */
export async function runCommand(docker: Docker, container: string, command: Command): Promise<CommandResult> {
  const { since, runner } = await runnerIn(docker, container, command.signal);
  const { exit, ...output } = await runner.run(command);
  if (exit !== undefined) return { exit, ...output };
  if (await hasEnded(docker, container, since)) return { exit: killed, ...output };
  throw new LabError(`the connection to container ${container} was lost while a command ran: ${command.argv.join(' ').slice(0, 80)}`);
}

async function runnerIn(docker: Docker, container: string, signal?: AbortSignal): Promise<Here> {
  try {
    const here = findRunner(docker, container);
    return await (signal ? unlessAborted(here, signal) : here);
  } catch (error) {
    signal?.throwIfAborted();
    throw new LabError(`no command can be run in container ${container}`, { cause: error });
  }
}

/** The engine is asked first: a message to a host that is paused would wait until it goes on. */
async function findRunner(docker: Docker, container: string): Promise<Here> {
  const { State } = await docker.getContainer(container).inspect();
  if (!State.Running || State.Paused) throw new Error(`the container is ${State.Status}`);
  const since = State.StartedAt;
  const ours = stays.get(docker) ?? new Map<string, Stay>();
  stays.set(docker, ours);
  const found = ours.get(container);
  if (found?.since === since) {
    const runner = await found.runner;
    if (!runner.gone) return { since, runner };
  }
  const stay = { since, runner: Runner.start(docker, container) };
  ours.set(container, stay);
  // One that did not come up is no stay: the next command tries again.
  stay.runner.catch(() => ours.get(container) === stay && ours.delete(container));
  return { since, runner: await stay.runner };
}

/** Whether that start of a container is over. The engine may hear of it after its connections, on a busy machine seconds after. */
async function hasEnded(docker: Docker, id: string, since: string): Promise<boolean> {
  const container = docker.getContainer(id);
  try {
    if ((await container.inspect()).State.StartedAt !== since) return true;
    await container.wait({ abortSignal: AbortSignal.timeout(10_000) });
    return true;
  } catch (error) {
    return statusOf(error) === 404;
  }
}

/** How long the init of a host that was started may take until it heeds signals. */
const listeningPatience = seconds(30);

/**
 * Waits until the init of a host that was just started heeds signals, which it prints: one that comes before ends it, or is lost. False
 * where the host stopped before that. Throws LabError where it takes too long.
 */
export async function listens(docker: Docker, container: string): Promise<boolean> {
  const { State } = await docker.getContainer(container).inspect();
  // Its first words may be older than the start that the engine tells of, and are younger than the last end.
  const since = State.FinishedAt.startsWith('0001') ? {} : { since: justAfter(State.FinishedAt) };
  const signal = AbortSignal.timeout(listeningPatience);
  for await (const { text } of readLog(docker, container, { follow: true, signal, ...since })) if (text.endsWith(firstMark)) return true;
  if (signal.aborted)
    throw new LabError(`the init of container ${container} does not listen`, { detail: await lastTexts(docker, container, 5) });
  return false;
}

/** Starts Patroni on a host where it was held back. Costs next to nothing, unlike a command that runs in the host. */
export async function releasePatroni(docker: Docker, container: string): Promise<void> {
  if (await listens(docker, container)) await docker.getContainer(container).kill({ signal: 'SIGUSR2' });
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

/** How long a service may take, s: Patroni stops PostgreSQL first. One that does not run at once has ended, and nobody restarts it. */
const patienceOf = { start: 10, stop: 90, restart: 90 } as const;

/**
 * Starts, stops or restarts a service through the host's supervisor, and waits for it. A service that was brought up stays up when its
 * host starts again, as with `systemctl enable`. Throws LabError, with what the host said last, or what goes on in it. `patience` in s.
 */
export async function controlService(
  docker: Docker,
  container: string,
  action: 'start' | 'stop' | 'restart',
  service: ServiceName,
  patience: number = patienceOf[action],
): Promise<void> {
  const folder = `/etc/lab/services/${service}`;
  const enable = action === 'stop' ? '' : `rm -f ${folder}/down; `;
  const result = await runCommand(docker, container, {
    user: 'root',
    argv: ['sh', '-c', `${enable}exec sv -w ${patience} ${action} ${folder}`],
  });
  if (result.exit === 0) return;
  throw new LabError(`service ${service} did not ${action}: ${(result.stdout + result.stderr).trim()}`, {
    detail: action === 'start' ? await lastTexts(docker, container, 5) : await whatGoesOn(docker, container),
  });
}

/**
 * A host's programs and connections: a program in its way, or a client that says nothing, can keep a service from stopping. Patroni
 * says in its log where its threads are (`images/patroni`, sitecustomize.py).
 */
async function whatGoesOn(docker: Docker, container: string): Promise<string[]> {
  const script =
    "ps -eo user=,pid=,etimes=,args= | grep -v '^root'; ss -Htn state established | grep -v '127\\.0\\.0\\.'; pkill -USR2 -o -x patroni";
  const { stdout } = await runCommand(docker, container, { user: 'root', argv: ['sh', '-c', script] });
  return stdout.split('\n').flatMap((line) => (line === '' ? [] : [line.trim().replace(/\s+/g, ' ').slice(0, 120)]));
}
