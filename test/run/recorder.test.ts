import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Recorder } from '../../lab/run/recorder.ts';

test('what cannot be written down is told to whoever records, and not to the whole process', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pglab-recorder-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const listener = { feed: () => undefined, feedRow: () => undefined };
  const recorder = new Recorder({ history: join(folder, 'nowhere', 'history'), ledger: join(folder, 'ledger') }, 0, String, listener);
  recorder.record({ type: 'heartbeat', late: 0 });
  await vi.waitFor(() => expect(recorder.trouble.aborted).toBe(true));
  recorder.record({ type: 'heartbeat', late: 0 });
  await expect(recorder.close()).rejects.toThrow(/^the run cannot be written down: ENOENT/);
});
