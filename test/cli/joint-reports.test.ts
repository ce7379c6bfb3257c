import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type FinishedRun, makeRoomFor, writeJointReports } from '../../lab/cli/joint-reports.ts';
import { judgeFolder } from '../../lab/run/judge-folder.ts';
import { writeRunFolder } from '../histories.ts';

let out: string;
beforeEach(async () => {
  out = await mkdtemp(join(tmpdir(), 'pglab-test-'));
});
afterEach(() => rm(out, { recursive: true }));

async function finished(name: string, stamp: string): Promise<FinishedRun> {
  const folder = join(out, `${stamp}-${name}`);
  await writeRunFolder(folder, name, { 'scenario.yaml': 'scenario: x\n' });
  return { verdict: judgeFolder(folder).verdict, folder, seconds: 12.5, redact: (data) => data };
}

const three = () =>
  Promise.all([
    finished('fallback-unwanted-no-backup-yet', '20261124-060759'),
    finished('fallback-unwanted-mutant', '20261124-060853'),
    finished('pgbackrest-270-remedy', '20261124-060901'),
  ]);

test('a scenario of which several variants ran has one comment for all of them, beside their folders', async () => {
  const path = join(out, '20261124-060759-fallback-unwanted.md');
  expect(await writeJointReports(await three(), { out }, {})).toEqual([
    { what: 'every variant of fallback-unwanted, for an issue thread', path },
  ]);
  const text = await readFile(path, 'utf8');
  expect(text).toMatch(/\| no-backup-yet \| fail \|.*\n\| ✅ \| mutant \| pass \|/);
});

test('JUnit has all of them in one file, whose folder is made', async () => {
  const junit = join(out, 'reports', 'junit.xml');
  await makeRoomFor(junit);
  expect(await writeJointReports(await three(), { out, junit }, {})).toContainEqual({ what: 'JUnit', path: junit });
  const xml = await readFile(junit, 'utf8');
  expect(xml).toContain('<testsuites name="pglab" tests="3" failures="1" errors="0" skipped="0" time="37.500"');
  expect(xml).toContain('<testsuite name="fallback-unwanted" tests="2"');
  expect(xml).toContain(`run folder: ${join(out, '20261124-060759-fallback-unwanted-no-backup-yet')}`);
});

test('where JUnit cannot be written is said at once', async () => {
  await expect(makeRoomFor(out)).rejects.toThrow(/cannot be written: it is a folder/);
  await writeFile(join(out, 'file'), '');
  await expect(makeRoomFor(join(out, 'file', 'junit.xml'))).rejects.toThrow(/cannot be written/);
});

test('the job summary is appended to, and never past its limit', async () => {
  const summary = join(out, 'summary.md');
  await writeFile(summary, 'What was there.\n');
  const env = { GITHUB_STEP_SUMMARY: summary };
  await writeJointReports(await three(), { out }, env);
  const text = await readFile(summary, 'utf8');
  expect(text).toMatch(/^What was there\.\n## pglab: 2 pass, 1 fail\n/);
  expect(text).toContain('### ❌ fallback-unwanted (no-backup-yet): fail');
  for (const size of [1024 * 1024 - 3000, 1024 * 1024 - 10]) {
    await writeFile(summary, 'x'.repeat(size));
    await writeJointReports(await three(), { out }, env);
    expect((await readFile(summary)).length).toBeLessThanOrEqual(1024 * 1024);
  }
});

test('without runs nothing is said, and JUnit says that there were none', async () => {
  const summary = join(out, 'summary.md');
  expect(await writeJointReports([], { out, junit: join(out, 'junit.xml') }, { GITHUB_STEP_SUMMARY: summary })).toHaveLength(1);
  expect(await readFile(join(out, 'junit.xml'), 'utf8')).toContain('tests="0"');
  await expect(readFile(summary)).rejects.toThrow();
});
