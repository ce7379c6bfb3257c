/** A host's log stream as the engine keeps it: whole lines with the engine's time stamps, across restarts of the host. */
import type Docker from 'dockerode';

export interface StreamLine {
  /** The engine's clock when it read the line: Unix ms, microseconds as the fraction. */
  readonly at: number;
  /** The engine's own text of that time, for `since`. */
  readonly stamp: string;
  readonly text: string;
}

/** Docker writes nanoseconds with trailing zeros, always UTC; Podman its machine's own zone, and Podman 4 whole seconds. */
function partsOf(stamp: string): { readonly second: number; readonly fraction: string } {
  const [, time, fraction = '', zone] = /^(.{19})(?:\.(\d+))?(.*)$/.exec(stamp) ?? [];
  return { second: Date.parse(`${time}${zone}`), fraction };
}

/** `stamp` as Unix ms with microseconds. */
export function readStamp(stamp: string): number {
  const { second, fraction } = partsOf(stamp);
  return second + Number(`0.${fraction}`) * 1000;
}

/** When a line was written that is read as it comes: where its stamp tells only the second, it was now, or at that second's end. */
function whenWritten(stamp: string, now: number): number {
  const at = readStamp(stamp);
  return stamp.includes('.') ? at : Math.max(at, Math.min(now, at + 999));
}

/** Unix ms as the engine's `since` takes it. */
export function engineTime(at: number): string {
  return (Math.max(0, at) / 1000).toFixed(6);
}

/** The smallest time after `stamp` in the form that the engine's `since` takes: seconds and nanoseconds. */
export function justAfter(stamp: string): string {
  const { second, fraction } = partsOf(stamp);
  const nanos = BigInt(second) * 1_000_000n + BigInt(fraction.padEnd(9, '0')) + 1n;
  return `${nanos / 1_000_000_000n}.${String(nanos % 1_000_000_000n).padStart(9, '0')}`;
}

/** What a host's init prints by itself at each start, once it heeds signals (images/base/files/etc/lab/init). */
export const firstMark = 'lab: read mark 0';

export interface LogSource {
  /** Where to begin, as `since`; from the container's first line by default. */
  readonly since?: string;
  readonly follow: boolean;
  /** Only the last so many lines. */
  readonly tail?: number;
  readonly signal?: AbortSignal;
}

/** The last lines that a container printed. */
export async function lastTexts(docker: Docker, container: string, count: number): Promise<string[]> {
  const texts: string[] = [];
  for await (const { text } of readLog(docker, container, { follow: false, tail: count })) texts.push(text);
  return texts;
}

/**
 * Yields a container's lines until the stream ends: at once after the last line without `follow`, else when the container
 * stops or `signal` aborts. Lines over 16 KiB, which the engine stores in pieces, come whole.
 */
export async function* readLog(docker: Docker, container: string, source: LogSource): AsyncGenerator<StreamLine> {
  const options = {
    stdout: true,
    stderr: true,
    timestamps: true,
    ...(source.since === undefined ? {} : { since: source.since as unknown as number }),
    ...(source.tail === undefined ? {} : { tail: source.tail }),
    ...(source.signal === undefined ? {} : { abortSignal: source.signal }),
  };
  const target = docker.getContainer(container);
  let held: StreamLine | undefined;
  try {
    const chunks = source.follow ? await target.logs({ ...options, follow: true }) : [await target.logs({ ...options, follow: false })];
    for await (const frame of frames(chunks as AsyncIterable<Buffer> | Iterable<Buffer>)) {
      const space = frame.indexOf(' ');
      const piece = frame.slice(space + 1);
      const stamp = frame.slice(0, space);
      const line: StreamLine = held
        ? { ...held, text: held.text + piece }
        : { at: source.follow ? whenWritten(stamp, Date.now()) : readStamp(stamp), stamp, text: piece };
      if (piece.endsWith('\n')) {
        held = undefined;
        yield { ...line, text: line.text.replace(/\r?\n$/, '') };
      } else held = line;
    }
    if (held) yield held;
  } catch (error) {
    if (!source.signal?.aborted) throw error;
  }
}

/** The engine's multiplexed form: eight bytes (stream, three zeros, length), then one entry, which begins with its time stamp. */
async function* frames(chunks: AsyncIterable<Buffer> | Iterable<Buffer>): AsyncGenerator<string> {
  let pending: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    while (pending.length >= 8) {
      const end = 8 + pending.readUInt32BE(4);
      if (pending.length < end) break;
      yield pending.toString('utf8', 8, end);
      pending = pending.subarray(end);
    }
  }
}
