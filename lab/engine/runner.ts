/**
 * Commands in hosts by way of one program that stays there: each costs the machine 6 ms of CPU, and 37 as a `docker exec`. What goes in
 * and out stands in runner-program.ts.
 */
import type { Socket } from 'node:net';
import { Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type Docker from 'dockerode';
import { runnerProgram } from './runner-program.ts';

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

/** `exit` is missing where the connection ended first, with the host or without it. */
export type Ending = Omit<CommandResult, 'exit'> & { readonly exit: number | undefined };

/** A command under way. */
interface Job {
  readonly take: (stream: 'stdout' | 'stderr', bytes: Buffer) => void;
  readonly end: (exit: number | undefined) => void;
}

/** The first frame's. */
const greeting = 0;

export class Runner {
  readonly #stream: Socket;
  readonly #jobs = new Map<number, Job>();
  #lastId = greeting;

  /** Throws where none can be started: the engine's error, or the words that came in place of a greeting. */
  static async start(docker: Docker, container: string): Promise<Runner> {
    const exec = await docker.getContainer(container).exec({
      Cmd: ['perl', '-e', runnerProgram],
      User: 'root',
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
    });
    // A connection that was hijacked is the socket itself.
    const runner = new Runner((await exec.start({ hijack: true, stdin: true })) as Socket);
    await runner.#greeted(docker);
    return runner;
  }

  private constructor(stream: Socket) {
    this.#stream = stream;
  }

  #greeted(docker: Docker): Promise<void> {
    let words = '';
    const frames = cutFrames(({ id, kind, bytes }) => {
      const job = this.#jobs.get(id);
      if (kind === 0) this.#end(id, Number(String(bytes)));
      else job?.take(kind === 1 ? 'stdout' : 'stderr', bytes);
    });
    const sink = (take: (bytes: Buffer) => void) => new Writable({ write: (bytes: Buffer, _, done) => done(void take(bytes)) });
    const complain = (bytes: Buffer) => {
      words += bytes;
    };
    // What the engine could not start it says on stdout, and no frame begins with a letter.
    const listen = (bytes: Buffer) => (this.#jobs.has(greeting) && bytes[0] !== 0 ? complain(bytes) : frames(bytes));
    docker.modem.demuxStream(this.#stream, sink(listen), sink(complain));
    return new Promise((resolve, reject) => {
      const end = (exit: number | undefined) => (exit === 0 ? resolve() : reject(new Error(words.trim() || 'the host is down')));
      this.#jobs.set(greeting, { take: () => {}, end });
      this.#stream.once('end', () => this.#stream.destroy()).once('error', () => this.#stream.destroy());
      this.#stream.once('close', () => {
        for (const id of this.#jobs.keys()) this.#end(id, undefined);
      });
    });
  }

  #end(id: number, exit: number | undefined): void {
    this.#jobs.get(id)?.end(exit);
    this.#leave(id);
  }

  /** A runner that has nothing to do keeps no process from ending. */
  #leave(id: number): void {
    this.#jobs.delete(id);
    if (this.#jobs.size === 0) this.#stream.unref();
  }

  /** Whether the program is no more, as after its host's end. */
  get gone(): boolean {
    return this.#stream.destroyed;
  }

  run({ argv, user = 'postgres', stdin = '', env = {}, onOutput, signal }: Command): Promise<Ending> {
    signal?.throwIfAborted();
    this.#lastId += 1;
    const id = this.#lastId;
    const output = { stdout: '', stderr: '' };
    const decoders = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') };
    const add = (stream: 'stdout' | 'stderr', text: string) => {
      if (text === '') return;
      output[stream] += text;
      onOutput?.(stream, text);
    };
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        this.#leave(id);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', giveUp, { once: true });
      this.#jobs.set(id, {
        take: (stream, bytes) => add(stream, decoders[stream].write(bytes)),
        end: (exit) => {
          signal?.removeEventListener('abort', giveUp);
          for (const stream of ['stdout', 'stderr'] as const) add(stream, decoders[stream].end());
          resolve({ exit, ...output });
        },
      });
      const environment = Object.entries(env).map(([name, value]) => `${name}=${value}`);
      this.#stream.ref();
      this.#stream.write(withLength(Buffer.concat([String(id), user, stdin, environment.join('\0'), ...argv].map(withLength))));
    });
  }
}

function withLength(text: string | Buffer): Buffer {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

interface Frame {
  readonly id: number;
  readonly kind: number;
  readonly bytes: Buffer;
}

/** Takes bytes as they come, and passes on each frame that is complete. */
function cutFrames(take: (frame: Frame) => void): (bytes: Buffer) => void {
  const head = 9;
  let rest: Buffer = Buffer.alloc(0);
  return (bytes) => {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    while (rest.length >= head && rest.length >= head + rest.readUInt32BE(5)) {
      const end = head + rest.readUInt32BE(5);
      const frame = { id: rest.readUInt32BE(0), kind: rest.readUInt8(4), bytes: rest.subarray(head, end) };
      rest = rest.subarray(end);
      take(frame);
    }
  };
}
