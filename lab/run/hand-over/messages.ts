/** What a command and a recorder say to each other: JSON, a message a line. */
import { on } from 'node:events';
import type { Socket } from 'node:net';
import { lineCutter } from '../../core/line-cutter.ts';
import type { Handed } from '../../scenario/handed-step.ts';

export type FromCommand =
  | { readonly say: 'begin'; readonly command: Handed }
  | { readonly say: 'output'; readonly stream: 'stdout' | 'stderr'; readonly text: string }
  /** `input`: all that the program got on its stdin. */
  | { readonly say: 'end'; readonly exit: number; readonly input: string; readonly interrupted: boolean };

export type FromRecorder =
  /** Something else is being recorded, and must be over first. */
  | { readonly say: 'wait' }
  | { readonly say: 'go' }
  /** There is no step for that; the command is to run all the same. */
  | { readonly say: 'refused'; readonly why: string }
  | { readonly say: 'taken' };

export function send(socket: Socket, message: FromCommand | FromRecorder): void {
  if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
}

/** Until the other side is gone, however it went. */
export async function* messagesOf<T extends FromCommand | FromRecorder>(socket: Socket): AsyncGenerator<T> {
  socket.setEncoding('utf8');
  const cut = lineCutter();
  try {
    // Read at once, also while nobody asks for the next message: only then does the end of the other side show.
    for await (const [chunk] of on(socket, 'data', { close: ['end', 'close'] })) {
      for (const line of cut(chunk)) yield JSON.parse(line) as T;
    }
  } catch (error) {
    if (error instanceof SyntaxError) throw error;
  }
}
