import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { claim } from '../../lab/engine/claim.ts';

vi.mock('node:fs/promises', async (original) => {
  const all = await original<typeof import('node:fs/promises')>();
  return { ...all, writeFile: vi.fn(all.writeFile) };
});

/** No process has it: Linux counts to 4194304 (proc(5), pid_max). */
const nobody = 4_194_304;

async function leave(what: string, holder: string): Promise<void> {
  const name = createHash('sha256').update(what).digest('hex').slice(0, 16);
  await writeFile(join(tmpdir(), `pglab-${process.getuid?.() ?? 'user'}-${name}.claim`), holder);
}

/** Several who want it at once, after a process that is gone: the most that ever held it together. */
async function mostAtOnce(what: string): Promise<number> {
  await leave(what, `${nobody} 123\n`);
  let [holders, most] = [0, 0];
  const hold = async (after: number) => {
    await delay(after);
    const release = await claim(what, AbortSignal.timeout(60_000), () => undefined);
    holders += 1;
    most = Math.max(most, holders);
    await delay(5);
    holders -= 1;
    await release();
  };
  await Promise.all([Math.random() * 1.5, Math.random() * 1.5].map(hold));
  return most;
}

test('a claim that a process left behind goes to one of those who want it', async () => {
  // Where removing it is no one's alone, some three rounds in a hundred have two holders.
  const rounds = Array.from({ length: 20 }, (_, batch) => Array.from({ length: 10 }, (_, n) => `test ${process.pid} ${batch} ${n}`));
  for (const batch of rounds) expect(Math.max(...(await Promise.all(batch.map(mostAtOnce))))).toBe(1);
}, 60_000);

test('giving a claim up again takes it from nobody', async () => {
  const what = `test ${process.pid} given up twice`;
  const claimed = () => claim(what, AbortSignal.timeout(500), () => undefined);
  const first = await claimed();
  await first();
  const second = await claimed();
  await first();
  await expect(claimed()).rejects.toThrow('aborted');
  await second();
});

test("a claim of a process whose number is another one's by now counts for nothing", async () => {
  const what = `test ${process.pid} restarted machine`;
  await leave(what, `${process.ppid} 1\n`);
  await (await claim(what, AbortSignal.timeout(2000), () => undefined))();
});

test('a claim for which there is no room on the disk leaves nothing that others would wait for', async () => {
  const what = `test ${process.pid} full disk`;
  const { writeFile: write } = await vi.importActual<typeof import('node:fs/promises')>('node:fs/promises');
  vi.mocked(writeFile).mockImplementationOnce(async (file, _, options) => {
    await write(file, '', options);
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  });
  const claimed = () => claim(what, AbortSignal.timeout(2000), () => undefined);
  await expect(claimed()).rejects.toThrow('ENOSPC');
  await (await claimed())();
});
