/**
 * Work that only one process on this machine should do at a time, such as building one image. A claim is a file that names
 * its process; that of a process which is gone counts for nothing.
 */
import { createHash, randomBytes } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isRunning, processStart } from './local-process.ts';

/**
 * Resolves once the claim is ours, to the function that gives it up, once however often it is called. `onWait` gets the process that has
 * it. Throws the signal's reason.
 */
export async function claim(what: string, signal: AbortSignal, onWait: (pid: number) => void): Promise<() => Promise<void>> {
  const name = createHash('sha256').update(what).digest('hex').slice(0, 16);
  const file = join(tmpdir(), `pglab-${process.getuid?.() ?? 'user'}-${name}.claim`);
  let told = false;
  for (;;) {
    signal.throwIfAborted();
    if (await takeFile(file)) return giveUpOnce(file);
    const holder = await readFile(file, 'utf8').catch(() => undefined);
    const pid = Number.parseInt(holder ?? '', 10);
    if (holder !== undefined && holder !== nameOf(pid)) {
      // One at a time: who still has in mind whose claim it was would remove the next one's.
      const done = await claim(`what ${holder} left of ${what}`, signal, () => undefined);
      if ((await readFile(file, 'utf8').catch(() => undefined)) === holder) await rm(file, { force: true });
      await done();
      continue;
    }
    if (!told && holder !== undefined) onWait(pid);
    told ||= holder !== undefined;
    await delay(200, undefined, { signal });
  }
}

/** Once it is given up, the file is somebody else's. */
function giveUpOnce(file: string): () => Promise<void> {
  let ours = true;
  return async () => {
    if (!ours) return;
    ours = false;
    await rm(file, { force: true });
  };
}

/** False where another has it. The file is whole from the start: one that names nobody would be waited for without end. */
async function takeFile(file: string): Promise<boolean> {
  const whole = `${file}.${process.pid}-${randomBytes(4).toString('hex')}`;
  try {
    await writeFile(whole, nameOf(process.pid));
    await link(whole, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  } finally {
    await rm(whole, { force: true });
  }
}

/** A process by its number and its start: numbers come again, after a restart of the machine the same ones soon. */
function nameOf(pid: number): string {
  return `${pid} ${isRunning(pid) ? (processStart(pid) ?? 'running') : 'gone'}\n`;
}
