/** Turns Ctrl-C, SIGTERM and SIGHUP into an AbortSignal, and a repeated one, or a reader that left, into the end of the process. */
import { exitCodes } from '../core/problem.ts';
import type { Session } from './session.ts';

/** npm passes on the Ctrl-C that the terminal sends to the whole process group: one press arrives twice. */
const samePress = 500;

export function watchInterruptions(): Session {
  const interruption = new AbortController();
  let first: number | undefined;
  let left: string | undefined;
  const onSignal = () => {
    if (left === undefined) process.exit(exitCodes.interrupted);
    const now = performance.now();
    if (first === undefined) {
      first = now;
      interruption.abort(new DOMException('interrupted', 'AbortError'));
    } else if (now - first > samePress) {
      process.stderr.write(`\n${left}\n`);
      process.exit(exitCodes.interrupted);
    }
  };
  let leave: (() => Promise<void>) | undefined;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    // Who has something to put in order has something to finish: labs, verdicts and their exit code.
    if (left !== undefined && !leave) return;
    void Promise.resolve(leave?.()).finally(() => process.exit(Number(process.exitCode ?? exitCodes.pass)));
  });
  // A closed terminal or a broken pipe must not stop the clean-up that is being told about.
  process.stderr.on('error', () => {});
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);
  return {
    signal: interruption.signal,
    takeOver: (line) => {
      left = line;
    },
    onReaderGone: (what) => {
      leave = what;
    },
  };
}
