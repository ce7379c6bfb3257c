/** Processes of this machine: whether one runs, when it began, and what it has spent. */
import { readFileSync } from 'node:fs';

/** Whether there is such a process, whoever's it is. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Start of a process in clock ticks since boot, which tells it from a later one with the same pid; undefined where there is none, or no /proc. */
export function processStart(pid: number): number | undefined {
  const ticks = statFields(pid)?.[19];
  return ticks === undefined ? undefined : Number(ticks);
}

/** Seconds of CPU of a process and of its children that ended; undefined where there is none, or no /proc. */
export function processSeconds(pid: number): number | undefined {
  return statFields(pid)
    ?.slice(11, 15)
    .reduce((all, ticks) => all + Number(ticks) / 100, 0);
}

/** /proc/PID/stat (proc(5)) from its third field on. */
function statFields(pid: number): readonly string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command's name, in parentheses, may contain spaces: count from its end.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
