/** The recorder's side: who gives a command to the lab in another terminal becomes a visitor. */
import { createServer, type Socket } from 'node:net';
import { LabError, UsageError } from '../../core/problem.ts';
import type { CommandResult } from '../../engine/commands.ts';
import type { Handed } from '../../scenario/handed-step.ts';
import type { Elsewhere } from '../effects/effect.ts';
import { type FromCommand, messagesOf, send } from './messages.ts';
import { findRecorder, newSocket } from './sockets.ts';

/** A command that waits until the recorder says something. */
export interface Visitor {
  readonly command: Handed;
  /** Not any more: its terminal was closed, or somebody waited no longer. */
  readonly gone: () => boolean;
  readonly wait: () => void;
  /** It goes on without us. */
  readonly refuse: (why: string) => void;
  /** Lets it run, and resolves when it ended. Throws LabError where it did not come to an end of its own. */
  readonly run: (...args: Parameters<Elsewhere>) => Promise<CommandResult & { readonly input: string }>;
}

export interface Reception {
  /** Nobody is let in any more. */
  readonly close: () => void;
  /** Who is still there goes on without us. */
  readonly dismiss: () => void;
}

/** Output is kept for messages and `${x.stdout}`, as of a replayed program; characters. */
const keptOutput = 200_000;

/** Throws UsageError where somebody records on that lab already. */
export async function listen(labId: string, onVisitor: (visitor: Visitor) => void): Promise<Reception> {
  const other = await findRecorder(labId);
  if (other) {
    other.destroy();
    throw new UsageError('somebody records on this lab already', { hint: 'end that recording first: done or quit at its prompt' });
  }
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => open.delete(socket));
    receive(socket, onVisitor).catch(() => socket.destroy());
  });
  const path = newSocket(labId);
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve));
  return {
    close: () => void server.close(),
    dismiss: () => {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}

async function receive(socket: Socket, onVisitor: (visitor: Visitor) => void): Promise<void> {
  const messages = messagesOf<FromCommand>(socket);
  const { value: first } = await messages.next();
  if (first?.say !== 'begin') return void socket.destroy();
  onVisitor({
    command: first.command,
    gone: () => socket.destroyed || socket.readableEnded,
    wait: () => send(socket, { say: 'wait' }),
    refuse: (why) => {
      send(socket, { say: 'refused', why });
      socket.end();
    },
    run: async (onOutput) => {
      send(socket, { say: 'go' });
      const kept = { stdout: '', stderr: '' };
      for await (const message of messages) {
        if (message.say === 'output') {
          kept[message.stream] = (kept[message.stream] + message.text).slice(0, keptOutput);
          onOutput(message.stream, message.text);
        } else if (message.say === 'end') {
          send(socket, { say: 'taken' });
          socket.end();
          if (message.interrupted) throw new LabError('somebody interrupted it');
          return { exit: message.exit, ...kept, input: message.input };
        }
      }
      throw new LabError('its terminal was closed before it ended');
    },
  });
}
