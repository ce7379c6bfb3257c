import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readOverlayFile } from '../../lab/cli/overlay-file.ts';
import { UsageError } from '../../lab/core/problem.ts';
import { draftLab } from '../../lab/run/draft-lab.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pglab-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What is wrong with a lab that a file describes, as `line:column: message`. */
async function mistakes(text: string): Promise<readonly string[]> {
  const file = join(folder, 'lab.yaml');
  writeFileSync(file, text);
  try {
    const { lab, locate } = await readOverlayFile(file);
    await draftLab(lab, locate);
    return [];
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return error.problems.map(({ message, span }) => `${span?.start.line}:${span?.start.column}: ${message}`).toSorted();
  }
}

test('every mistake at once, a key that stands twice among them', async () => {
  expect(await mistakes('patorni: {}\ndcs: 7\nservices: { patroni: maybe }\ndcs: {}\n')).toEqual([
    '1:1: unknown key "patorni"',
    '3:22: unknown "maybe"',
    '4:1: the key dcs stands twice in one map',
  ]);
  expect(await mistakes('dcs: 7\n')).toEqual(['1:6: a map is expected here, not the number 7']);
});

test('of a file that is not YAML, its syntax alone', async () => {
  expect(await mistakes('patorni: {a: 1\n')).toEqual([expect.stringContaining('must be sufficiently indented')]);
  expect(await mistakes('patorni: !twice 1\n')).toEqual([expect.stringContaining('the tag !twice is not part')]);
});

test('hosts and trains that do not exist are shown at their names', async () => {
  expect(await mistakes('train: sid\nhosts: { pg9: {} }\n')).toEqual(['1:8: unknown train "sid"', '2:10: no host is called "pg9"']);
  expect(await mistakes('dcs: { synchronous_mode: true }\n')).toEqual([]);
});

test('what Patroni would ignore is advised on', async () => {
  const file = join(folder, 'lab.yaml');
  writeFileSync(file, 'dcs: { postgresql: { wal_keep_size: 1GB } }\nhosts: { pg1: { patroni: { ttl: 30 } } }\n');
  expect((await readOverlayFile(file)).advice.map(({ message, span }) => `${span?.start.line}: ${message}`)).toEqual([
    '1: Patroni has no setting "wal_keep_size" here, and would ignore it',
    '2: Patroni has ttl elsewhere, and would ignore it here',
  ]);
});
