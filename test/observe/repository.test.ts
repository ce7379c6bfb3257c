import { expect, test, vi } from 'vitest';
import type { Docker } from '../../lab/engine/connect.ts';
import { lookAtRepository } from '../../lab/observe/repository.ts';

const stored = '000000010000000000000005';
const warning = "P00   WARN: configuration file contains invalid option 'repo1-retention-ful'\n";
const info = JSON.stringify([{ name: 'demo', status: { code: 0, message: 'ok' }, backup: [], archive: [{ id: '18-1', max: stored }] }]);

vi.mock('../../lab/engine/commands.ts', () => ({
  // As pgBackRest 2.60 answers where its configuration has an option that it does not know.
  runCommand: async (_docker: unknown, _container: string, { argv }: { argv: readonly string[] }) => {
    const there = argv.some((word) => word.startsWith(`--filter=${stored}-`));
    const listed = there ? `18-1/0000000100000000/${stored}-${'5'.repeat(40)}.lz4\n` : '';
    return { exit: 0, stderr: '', stdout: `${warning}${argv[1] === 'info' ? info : listed}` };
  },
}));

test('what pgBackRest says of its configuration is neither its answer nor a segment in the archive', async () => {
  const missing = '000000010000000000000006';
  expect(await lookAtRepository({} as Docker, 'repo', 'demo', [stored, missing])).toMatchObject({
    status: 'ok',
    archiveMax: { '18-1': stored },
    segments: { [stored]: true, [missing]: false },
  });
});
