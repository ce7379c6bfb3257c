/** Runs a program in a host as if it had been started here: this terminal, or these pipes, and its exit code. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type Docker from 'dockerode';
import { LabError } from '../core/problem.ts';
import { runCommand } from './commands.ts';
import type { Host } from './lab.ts';

export interface InteractiveCommand {
  readonly argv: readonly string[];
  readonly user: 'postgres' | 'root';
  /** Both ends are a terminal: raw keys go in, and what the program draws comes out. Otherwise stdin is piped to its end. */
  readonly terminal: boolean;
  /** On abort the program gets SIGINT, as Ctrl-C gives it, and is waited for. */
  readonly signal: AbortSignal;
  /** Gets what to do when nobody reads the output any more. */
  readonly onReaderGone: (leave: () => Promise<void>) => void;
  /** Sees what goes in and what comes out, as it passes; a terminal has one output. */
  readonly onBytes?: (stream: 'stdin' | 'stdout' | 'stderr', bytes: Buffer) => void;
}

/** Returns the program's exit code: as a shell's, 127 where the host does not have the program, and then it says so. Throws LabError where the host is frozen or down. */
export async function runInteractive(docker: Docker, host: Host, command: InteractiveCommand): Promise<number> {
  if (host.state !== 'running') {
    throw new LabError(`host ${host.name} is ${host.state === 'paused' ? 'frozen' : 'down'}: nothing can be run on it`, {
      hint: host.state === 'paused' ? `docker unpause ${host.container}` : `docker start ${host.container}`,
    });
  }
  const { terminal } = command;
  // The engine cannot signal what it runs; the program's children carry the mark as well, as a terminal's job would.
  const mark = `PGLAB_COMMAND=${randomBytes(8).toString('hex')}`;
  const exec = await createExec(docker, host.container, {
    Cmd: ['sh', '-c', launchScript, host.name, notThere(host, command.argv), ...command.argv],
    User: command.user,
    // So that `sv stop patroni` finds the host's services.
    Env: [mark, 'SVDIR=/etc/lab/services', ...(terminal ? [`TERM=${process.env.TERM ?? 'xterm'}`] : [])],
    Tty: terminal,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
  });
  const stream = await exec.start({ hijack: true, stdin: true, Tty: terminal });
  const kill = (signal: 'INT' | 'PIPE') => signalMarked(docker, host, command.user, mark, signal);
  const onAbort = () => void kill('INT');
  command.signal.addEventListener('abort', onAbort, { once: true });
  // It may have come while the engine was asked.
  if (command.signal.aborted) onAbort();
  command.onReaderGone(() => kill('PIPE'));
  const { onBytes = () => {} } = command;
  const onInput = onBytes.bind(undefined, 'stdin');
  process.stdin.on('data', onInput);
  try {
    await (terminal ? throughTerminal(exec, stream, onBytes) : throughPipes(stream, onBytes));
  } finally {
    process.stdin.off('data', onInput);
    command.signal.removeEventListener('abort', onAbort);
    process.stdin.unpipe(stream);
    process.stdin.pause();
  }
  return (await exec.inspect()).ExitCode ?? 0;
}

async function createExec(docker: Docker, container: string, options: Docker.ExecCreateOptions): Promise<Docker.Exec> {
  try {
    return await docker.getContainer(container).exec(options);
  } catch (error) {
    throw new LabError(`no command can be run in container ${container}`, { cause: error });
  }
}

/** The engine calls a missing program 126, names no host, and prints its runtime's words into the program's stdout. */
const launchScript = 'words=$1; shift; command -v -- "$1" >/dev/null || { printf "%s\\n" "$words" >&2; exit 127; }; exec "$@"';

function notThere(host: Host, [program = '']: readonly string[]): string {
  const error = `error: there is no program ${JSON.stringify(program)} on ${host.name}`;
  if (program === 'systemctl' || program === 'service')
    return `${error}\nhint: its init is runit: npm run lab:exec -- --root ${host.name} sv stop patroni`;
  if (!/\s/.test(program)) return error;
  return `${error}\nhint: quotes make one word of it: leave them out, or give it to a shell: ${host.name} sh -c ${JSON.stringify(program)}`;
}

type OnBytes = NonNullable<InteractiveCommand['onBytes']>;

async function throughTerminal(exec: Docker.Exec, stream: Duplex, onBytes: OnBytes): Promise<void> {
  const { stdin, stdout } = process;
  const restore = () => stdin.setRawMode(false);
  const resize = () => void sizeTerminal(exec, stdout);
  stdin.setRawMode(true);
  process.once('exit', restore);
  stdout.on('resize', resize);
  try {
    stdin.pipe(stream);
    resize();
    for await (const chunk of stream) {
      onBytes('stdout', chunk as Buffer);
      await write(stdout, chunk as Buffer);
    }
  } finally {
    stdout.off('resize', resize);
    process.off('exit', restore);
    restore();
  }
}

/** The engine knows the program's terminal only a moment after it was started. */
async function sizeTerminal(exec: Docker.Exec, { rows, columns }: NodeJS.WriteStream): Promise<void> {
  for (let attempt = 0; attempt < 10; attempt += 1) {
    try {
      await exec.resize({ h: rows, w: columns });
      return;
    } catch {
      await delay(20);
    }
  }
}

/** The engine puts both outputs into one stream: eight bytes (1 stdout or 2 stderr, three zeros, length), then that many bytes. */
async function throughPipes(stream: Duplex, onBytes: OnBytes): Promise<void> {
  process.stdin.pipe(stream);
  let pending: Buffer = Buffer.alloc(0);
  for await (const chunk of stream) {
    pending = pending.length === 0 ? (chunk as Buffer) : Buffer.concat([pending, chunk as Buffer]);
    while (pending.length >= 8) {
      const end = 8 + pending.readUInt32BE(4);
      if (pending.length < end) break;
      const name = pending[0] === 2 ? 'stderr' : 'stdout';
      onBytes(name, pending.subarray(8, end));
      await write(process[name], pending.subarray(8, end));
      pending = pending.subarray(end);
    }
  }
}

async function write(output: NodeJS.WriteStream, chunk: Buffer): Promise<void> {
  if (output.write(chunk)) return;
  // Without a reader this process is about to end; until then the program must be told, so that it ends as well.
  await once(output, 'drain').catch(() => new Promise(() => {}));
}

const signalScript = `for file in /proc/[0-9]*/environ; do
  if grep -qzxF "$1" "$file" 2>/dev/null; then pid=\${file#/proc/}; kill -"$2" "\${pid%/environ}"; fi
done`;

/** As the program's own user: another one may not read its environment. */
async function signalMarked(docker: Docker, host: Host, user: 'postgres' | 'root', mark: string, signal: string): Promise<void> {
  await runCommand(docker, host.container, {
    user,
    argv: ['sh', '-c', signalScript, 'sh', mark, signal],
    signal: AbortSignal.timeout(2000),
  }).catch(() => undefined);
}
