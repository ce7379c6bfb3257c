/** How busy this machine is. Undefined wherever it does not say: an engine in a Mac's virtual machine is busy where nobody here can look. */
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** Linux counts CPU time for user space in hundredths of a second (USER_HZ), whatever the kernel's own clock. */
const ticksPerSecond = 100;

/** CPU seconds spent by everybody since boot, out of /proc/stat; what a hypervisor gave to others is not ours. */
export function parseBusy(stat: string): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = (/^cpu +(.*)$/m.exec(stat)?.[1] ?? '').split(' ').map(Number);
  return (user + nice + system + irq + softirq) / ticksPerSecond;
}

/** CPU seconds spent by everybody since boot. */
export function busySeconds(): number | undefined {
  const stat = readText('/proc/stat');
  return stat === undefined ? undefined : parseBusy(stat);
}

/** Bytes that programs can still get (proc(5), MemAvailable). */
export function availableMemory(): number | undefined {
  const found = /^MemAvailable: +(\d+) kB$/m.exec(readText('/proc/meminfo') ?? '');
  return found ? Number(found[1]) * 1024 : undefined;
}

export function cores(): number {
  return Math.max(1, cpus().length);
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
