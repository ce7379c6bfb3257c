/** What `psql` and `exec` have in common: the program's exit code becomes ours, and Ctrl-C is the program's. */
import { exitCodes } from '../core/problem.ts';
import type { InteractiveCommand } from '../engine/interactive.ts';
import type { Session } from './session.ts';

type Surroundings = Pick<InteractiveCommand, 'terminal' | 'signal' | 'onReaderGone'>;

/** A terminal is one only where it is on both sides: `| less` must not get the program's drawing. */
export const onTerminal = () => process.stdin.isTTY === true && process.stdout.isTTY === true;

export async function passThrough(session: Session, run: (surroundings: Surroundings) => Promise<number>): Promise<void> {
  session.takeOver('the command goes on in its host');
  const code = await run({ terminal: onTerminal(), signal: session.signal, onReaderGone: session.onReaderGone });
  process.exitCode = session.signal.aborted ? exitCodes.interrupted : code;
}
