import { beforeEach, expect, test, vi } from 'vitest';
import type { Docker } from '../../lab/engine/connect.ts';
import { lookAtRepository } from '../../lab/observe/repository.ts';

const stored = '000000010000000000000005';
const warning = "P00   WARN: configuration file contains invalid option 'repo1-retention-ful'\n";
const ok = { name: 'demo', status: { code: 0, message: 'ok' }, backup: [], archive: [{ id: '18-1', max: stored }] };
/** As `info` and `repo-ls` answer. */
let stanza: object = ok;
let exit = 0;

vi.mock('../../lab/engine/commands.ts', () => ({
  // As pgBackRest 2.60 answers where its configuration has an option that it does not know.
  runCommand: async (_docker: unknown, _container: string, { argv }: { argv: readonly string[] }) => {
    const there = argv.some((word) => word.startsWith(`--filter=${stored}-`));
    const listed = there ? `18-1/0000000100000000/${stored}-${'5'.repeat(40)}.lz4\n` : '';
    if (argv[1] === 'info') return { exit: 0, stderr: '', stdout: `${warning}${JSON.stringify([stanza])}` };
    return { exit, stderr: exit === 0 ? '' : 'unable to list', stdout: `${warning}${listed}` };
  },
}));

beforeEach(() => {
  stanza = ok;
  exit = 0;
});

const look = (...segments: readonly string[]) => lookAtRepository({} as Docker, 'repo', 'demo', segments);

test('what pgBackRest says of its configuration is neither its answer nor a segment in the archive', async () => {
  const missing = '000000010000000000000006';
  expect(await look(stored, missing)).toMatchObject({
    status: 'ok',
    archiveMax: { '18-1': stored },
    segments: { [stored]: true, [missing]: false },
  });
});

test('a repository that pgBackRest could not read is no empty one', async () => {
  const denied = "FileOpenError: unable to open file '/repo/backup.info.copy' for read: [13] Permission denied";
  const message = `[FileOpenError] unable to load info file\n${denied}\nHINT: has a stanza-create been performed?`;
  const unread = { key: 1, status: { code: 99, message } };
  const empty = { key: 2, status: { code: 2, message: 'no valid backups' } };
  const backup = { label: '20261128-013537F', type: 'full', error: false, timestamp: { start: 1, stop: 2 } };
  const stanzas = [
    { ...ok, status: { code: 99, message: 'other' }, repo: [unread] },
    { ...ok, status: { code: 4, message: 'different across repos' }, repo: [unread, empty] },
  ];
  for (const each of stanzas) {
    stanza = each;
    await expect(look()).rejects.toThrow(`pgbackrest could not read the repository of demo: ${denied}`);
  }
  // What is listed is there.
  stanza = { ...stanzas[1], backup: [backup] };
  expect(await look()).toMatchObject({ backups: [{ label: backup.label }] });
});

test('an archive that could not be listed is none without the segment', async () => {
  exit = 49;
  await expect(look(stored)).rejects.toThrow('pgbackrest repo-ls exited 49: unable to list');
});
