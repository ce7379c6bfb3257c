/** What is left of a run where the engine fails it, or goes away, once its lab is up. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import type { RunStarted } from '../../lab/core/event.ts';
import { LabError, UsageError } from '../../lab/core/problem.ts';
import type { Docker } from '../../lab/engine/connect.ts';
import { findLab, removeLab } from '../../lab/engine/lab.ts';
import { observeRun } from '../../lab/run/observe-run.ts';
import { startFrom } from '../../lab/run/pool.ts';
import { type Replay, replay } from '../../lab/run/replay.ts';
import { runFiles, writeLogs } from '../../lab/run/run-folder.ts';
import { planOf, Run } from '../verdict/a-run.ts';

vi.mock('../../lab/engine/clock.ts', () => ({ clockOffset: async () => 0 }));
vi.mock('../../lab/engine/lab.ts', async (original) => ({ ...(await original<object>()), findLab: vi.fn(), removeLab: vi.fn() }));
vi.mock('../../lab/run/pool.ts', () => ({ startFrom: vi.fn() }));
vi.mock('../../lab/run/snapshot-lab.ts', () => ({ removeSnapshotsOf: async () => undefined }));
vi.mock('../../lab/run/observe-run.ts', () => ({ observeRun: vi.fn() }));
vi.mock('../../lab/run/run-folder.ts', async (original) => ({ ...(await original<object>()), writeLogs: vi.fn() }));

const plan = planOf('- start: pg1');
const lab = { id: 'abc', name: 'run-1', hosts: [] };
const gone = new Error('connect ECONNREFUSED /var/run/docker.sock');

beforeEach(() => {
  vi.mocked(removeLab).mockReset();
  vi.mocked(writeLogs).mockReset();
  vi.mocked(startFrom).mockResolvedValue({ lab } as never);
  vi.mocked(findLab).mockResolvedValue(lab as never);
  vi.mocked(observeRun).mockImplementation(async (_, { recorder }) => {
    recorder.record(new Run(plan).events[0] as RunStarted);
    recorder.record({ type: 'run-ended', reason: 'cut-short', detail: gone.message });
    return { reason: 'cut-short' };
  });
});

interface Begun {
  readonly folder: string;
  readonly verdict: ReturnType<typeof replay>;
  readonly reports: readonly string[];
}

function begin(): Begun {
  const reports: string[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'pglab-replay-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const options: Partial<Replay> = {
    plan,
    source: '',
    origin: { blueprint: { hosts: [], secrets: {}, clusters: [] } as never, images: {} },
    folder,
    bringUp: { name: 'run-1', purpose: 'replay', bind: '127.0.0.1', report: (phase) => void reports.push(phase) },
    onUp: async () => undefined,
    keep: false,
    signal: new AbortController().signal,
  };
  return { folder, verdict: replay({} as Docker, options as Replay), reports };
}

test('an engine that went away takes no verdict with it: that is written before the lab is to be removed', async () => {
  vi.mocked(writeLogs).mockRejectedValue(gone);
  vi.mocked(removeLab).mockRejectedValue(gone);
  const { folder, verdict } = begin();
  await expect(verdict).rejects.toThrow('ECONNREFUSED');
  expect(JSON.parse(readFileSync(join(folder, runFiles.verdict), 'utf8'))).toMatchObject({
    verdict: 'unknown',
    because: { message: gone.message },
  });
});

test('what the engine refuses to remove is told of, and the verdict stands', async () => {
  const busy = Object.assign(new Error('(HTTP code 500) server error - device or resource busy '), { statusCode: 500 });
  vi.mocked(removeLab).mockRejectedValue(busy);
  const { verdict, reports } = begin();
  await expect(verdict).resolves.toMatchObject({ verdict: 'unknown' });
  expect(reports).toEqual(['run-1 is left behind, since the engine refused: device or resource busy']);
});

test('a mistake of the user in what the lab is made of leaves no folder', async () => {
  vi.mocked(startFrom).mockRejectedValue(new UsageError('no such parameter'));
  const { verdict, folder } = begin();
  await expect(verdict).rejects.toThrow('no such parameter');
  expect(existsSync(folder)).toBe(false);
});

test('a lab that is up and cannot be found again is removed', async () => {
  vi.mocked(findLab).mockRejectedValue(gone);
  await expect(begin().verdict).rejects.toThrow('ECONNREFUSED');
  expect(removeLab).toHaveBeenCalledWith(expect.anything(), lab.id);
});

test('a lab that does not come up is unknown, with the reason that the engine gave', async () => {
  const cause = new Error('(HTTP code 404) no such container - No such image: pglab/patroni:x ');
  vi.mocked(startFrom).mockRejectedValue(new LabError('host pg1 could not be created', { cause, detail: ['its last words'] }));
  await expect(begin().verdict).resolves.toMatchObject({
    verdict: 'unknown',
    because: { message: 'the lab did not come up: host pg1 could not be created: No such image: pglab/patroni:x\nits last words' },
  });
});
