/**
 * Work that only one process on this machine should do at a time, such as building one image. A claim is a file that names
 * its process; that of a process which is gone counts for nothing.
 */
import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isRunning } from './local-process.ts';

/** Resolves once the claim is ours, to the function that gives it up. `onWait` gets the process that has it. Throws the signal's reason. */
export async function claim(what: string, signal: AbortSignal, onWait: (pid: number) => void): Promise<() => Promise<void>> {
  const name = createHash('sha256').update(what).digest('hex').slice(0, 16);
  const file = join(tmpdir(), `pglab-${process.getuid?.() ?? 'user'}-${name}.claim`);
  let told = false;
  for (;;) {
    signal.throwIfAborted();
    try {
      await writeFile(file, `${process.pid}\n`, { flag: 'wx' });
      return () => rm(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const pid = await holderOf(file);
    if (Number.isFinite(pid) && !isRunning(pid)) {
      // One at a time: who still has in mind whose claim it was would remove the next one's.
      const done = await claim(`what ${pid} left of ${what}`, signal, () => undefined);
      if ((await holderOf(file)) === pid) await rm(file, { force: true });
      await done();
      continue;
    }
    if (!told && Number.isFinite(pid)) onWait(pid);
    told ||= Number.isFinite(pid);
    await delay(200, undefined, { signal });
  }
}

/** NaN where nobody has it, or its name is still being written. */
async function holderOf(file: string): Promise<number> {
  return Number.parseInt(await readFile(file, 'utf8').catch(() => ''), 10);
}
