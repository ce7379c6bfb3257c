/** A command's side: tells the lab's recorder, where one is at work, what is about to be done, and what came of it. */
import type { Socket } from 'node:net';
import { StringDecoder } from 'node:string_decoder';
import { stripVTControlCharacters } from 'node:util';
import type { Handed } from '../../scenario/handed-step.ts';
import { type FromRecorder, messagesOf, send } from './messages.ts';
import { findRecorder } from './sockets.ts';

export interface Told {
  /** What the program got and what it printed, as it passes. */
  readonly passes: (stream: 'stdin' | 'stdout' | 'stderr', bytes: Buffer) => void;
  /** Resolves when the recorder has taken it down, or could not any more. */
  readonly end: (exit: number, interrupted: boolean) => Promise<void>;
}

/** How long a recorder may be silent, ms: one that hangs must not keep others from working. */
const patience = 5000;

/** Characters that are passed on; what a program prints beyond is its user's alone. */
const most = { input: 100_000, output: 2_000_000 } as const;

/** Undefined where there is no recorder, or no step for the command. `onNotice`: what its user should know of that. */
export async function tellRecorder(labId: string, command: Handed, onNotice: (text: string) => void): Promise<Told | undefined> {
  const socket = await findRecorder(labId);
  if (!socket) return undefined;
  socket.on('error', () => {});
  const answers = messagesOf<FromRecorder>(socket);
  send(socket, { say: 'begin', command });
  for (let limit = patience; ; limit = 0) {
    const answer = await nextWithin(socket, answers, limit);
    if (answer?.say === 'go') return telling(socket, answers, command.terminal, onNotice);
    if (answer?.say === 'wait') {
      onNotice('lab:record: waiting for the recorder, which is in the middle of a step');
      continue;
    }
    socket.destroy();
    onNotice(`lab:record: not recorded: ${answer?.say === 'refused' ? answer.why : 'the recorder does not answer'}`);
    return undefined;
  }
}

/** Undefined where the other side is gone, or silent for `limit` ms; 0 waits as long as it takes. */
async function nextWithin(socket: Socket, answers: AsyncGenerator<FromRecorder>, limit: number): Promise<FromRecorder | undefined> {
  const timer = limit === 0 ? undefined : setTimeout(() => socket.destroy(), limit);
  try {
    return (await answers.next()).value;
  } finally {
    clearTimeout(timer);
  }
}

function telling(socket: Socket, answers: AsyncGenerator<FromRecorder>, terminal: boolean, onNotice: (text: string) => void): Told {
  const decoders = { stdin: new StringDecoder(), stdout: new StringDecoder(), stderr: new StringDecoder() };
  let input = '';
  let left = most.output;
  // A terminal's lines end in CR LF, and may be coloured.
  const plain = (text: string) => (terminal ? stripVTControlCharacters(text).replaceAll('\r\n', '\n') : text);
  return {
    passes: (stream, bytes) => {
      const text = decoders[stream].write(bytes);
      if (stream === 'stdin') input = (input + text).slice(0, most.input);
      else if (left > 0) {
        send(socket, { say: 'output', stream, text: plain(text).slice(0, left) });
        left -= text.length;
      }
    },
    end: async (exit, interrupted) => {
      send(socket, { say: 'end', exit, input, interrupted });
      const answer = await nextWithin(socket, answers, patience);
      socket.destroy();
      if (answer?.say !== 'taken') onNotice('lab:record: not recorded: the recorder ended meanwhile');
    },
  };
}
