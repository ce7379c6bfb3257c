/**
 * What `psql` and `exec` have in common: the program's exit code becomes ours, Ctrl-C is the program's, and a recorder on the same lab
 * hears of it.
 */
import { exitCodes } from '../core/problem.ts';
import type { InteractiveCommand } from '../engine/interactive.ts';
import type { Lab } from '../engine/lab.ts';
import { type Told, tellRecorder } from '../run/hand-over/tell-recorder.ts';
import type { Handed } from '../scenario/handed-step.ts';
import type { Session } from './session.ts';

type Surroundings = Pick<InteractiveCommand, 'terminal' | 'signal' | 'onReaderGone' | 'onBytes'>;

/** A terminal is one only where it is on both sides: `| less` must not get the program's drawing. */
export const onTerminal = () => process.stdin.isTTY === true && process.stdout.isTTY === true;

/** `typed`: what somebody wants done to the lab, in his own words. */
export async function passThrough(
  session: Session,
  lab: Lab,
  typed: Omit<Handed, 'terminal'>,
  run: (surroundings: Surroundings) => Promise<number>,
): Promise<void> {
  const terminal = onTerminal();
  const told = await handOver(lab, { ...typed, terminal });
  session.takeOver('the command goes on in its host');
  const onReaderGone: Surroundings['onReaderGone'] = (leave) =>
    // Whoever reads no further has seen enough: no failure of the program.
    session.onReaderGone(async () => {
      await Promise.all([leave(), told?.end(exitCodes.pass, false)]);
    });
  const code = await run({ terminal, signal: session.signal, onReaderGone, ...(told ? { onBytes: told.passes } : {}) });
  await told?.end(code, session.signal.aborted);
  process.exitCode = session.signal.aborted ? exitCodes.interrupted : code;
}

/** Undefined where nobody records what is about to be done. */
export function handOver(lab: Lab, typed: Handed): Promise<Told | undefined> {
  return tellRecorder(lab.id, typed, (text) => process.stderr.write(`${text}\n`));
}
