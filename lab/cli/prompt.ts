/**
 * Asks for one line after another: at a terminal with line editing and a memory, from a pipe as a script, each line echoed.
 * In between, the terminal is as it was, so that Ctrl-C reaches whoever works.
 */
import { createInterface, type Interface } from 'node:readline/promises';
import { aborted } from '../core/deadline.ts';

export interface Prompt {
  /** The next line without spaces around it; undefined at the end of the input (Ctrl-D). Throws the signal's reason when aborted. */
  readonly ask: (question: string) => Promise<string | undefined>;
  /** Prints something, above the question where one is being asked. */
  readonly say: (text: string) => void;
  /** Nobody is there to look again or to think: what is typed was written before. */
  readonly scripted: boolean;
  readonly close: () => void;
}

export function openPrompt(signal: AbortSignal): Prompt {
  return process.stdin.isTTY ? atTerminal(signal) : fromPipe(signal);
}

function atTerminal(signal: AbortSignal): Prompt {
  let history: string[] = [];
  let asking: Interface | undefined;
  return {
    scripted: false,
    say: (text) => {
      // What was typed by then stands below again; a progress line is drawn anew.
      process.stdout.write(`\r\x1b[J${text}\n`);
      asking?.prompt(true);
    },
    ask: async (question) => {
      const lines = createInterface({
        input: process.stdin,
        output: process.stdout,
        history,
        historySize: 200,
        removeHistoryDuplicates: true,
      });
      lines.on('history', (now) => {
        history = [...now];
      });
      // In raw mode Ctrl-C is a key like any other.
      lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
      try {
        asking = lines;
        return await answer(lines, question, signal);
      } finally {
        asking = undefined;
        lines.close();
      }
    },
    close: () => {},
  };
}

async function answer(lines: Interface, question: string, signal: AbortSignal): Promise<string | undefined> {
  const closed = new Promise<undefined>((resolve) => lines.once('close', () => resolve(undefined)));
  const line = await Promise.race([lines.question(question, { signal }), closed]);
  if (line === undefined || signal.aborted) process.stdout.write('\n');
  signal.throwIfAborted();
  return line?.trim();
}

function fromPipe(signal: AbortSignal): Prompt {
  const lines = createInterface({ input: process.stdin, terminal: false });
  const next = lines[Symbol.asyncIterator]();
  const stopped = aborted(signal);
  stopped.catch(() => undefined);
  return {
    scripted: true,
    say: (text) => void process.stdout.write(`${text}\n`),
    ask: async (question) => {
      signal.throwIfAborted();
      const { value, done } = await Promise.race([next.next(), stopped]);
      const line = done ? undefined : value.trim();
      process.stdout.write(`${question}${line ?? ''}\n`);
      return line;
    },
    close: () => lines.close(),
  };
}
