/** How this process stands among the machine's others. */
import type { ChildProcess } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

const usual = getPriority();

/** As nice(1) counts: with as much weight as all hosts together where setup started the engine. Takes root. */
const first = Math.max(-20, usual - 10);

let claims = 0;

/**
 * Lets this process run before others until what is returned is called: a recorder needs little CPU, but needs it in time, and whoever is
 * watched may have all of the rest. Whoever may not stays as they are.
 */
export function comeFirst(): () => void {
  claims += 1;
  if (claims === 1) preferAll(first);
  let ended = false;
  return () => {
    if (ended) return;
    ended = true;
    claims -= 1;
    if (claims === 0) preferAll(usual);
  };
}

/** What this process starts inherits its place; work that can wait does not take it from a recorder. */
export function inNoHurry<T extends ChildProcess>(child: T): T {
  if (claims > 0 && child.pid !== undefined) prefer(child.pid, usual);
  return child;
}

/** On Linux a priority is one thread's (setpriority(2), BUGS), and the first one waits for the others: they collect its garbage. */
function preferAll(priority: number): void {
  const threads = process.platform === 'linux' ? readdirSync('/proc/self/task').map(Number) : [process.pid];
  for (const thread of threads) prefer(thread, priority);
}

function prefer(thread: number, priority: number): void {
  try {
    setPriority(thread, priority);
  } catch {
    // Not allowed, or ended already.
  }
}
