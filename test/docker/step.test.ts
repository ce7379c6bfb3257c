/** A scenario stepped through by hand, at a real terminal and from a pipe: one failure repaired, one step passed over, a lab kept. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { judgeFolder } from '../../lab/run/judge-folder.ts';
import { pglab, pglabWithInput, remainsOf, sweep } from './pglab.ts';
import { openTerminal, type Terminal } from './terminal.ts';

const folder = mkdtempSync(join(tmpdir(), 'pglab-step-'));
const scenario = join(folder, 'by-hand.yaml');
const main = 'node dist/lab/cli/main.js';
let terminal: Terminal | undefined;

beforeAll(() => {
  writeFileSync(
    scenario,
    `scenario: by-hand
proves: A file is where somebody put it by hand.
sources: ["talk: Bonus point"]
lab: { preset: one-node, ready: cluster }
steps:
  - sql: create table hands (id int)
    as: table
  - expect: { file: { on: pg1, path: /tmp/repaired, count: 1 } }
    within: 1s
    as: repaired
  - exec: { on: pg1, run: echo later }
    as: later
  - expect: { sql: { on: leader, run: select 1, is: 1 } }
variants:
  plain: {}
  mutant: { must-fail: repaired }
`,
  );
});

afterEach(async () => {
  await terminal?.close();
  terminal = undefined;
});
afterAll(async () => {
  await sweep(...readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? runIn(entry.name).lab : [])));
  rmSync(folder, { recursive: true });
});

/** The one run that left its folder in there, judged from it. */
function runIn(out: string) {
  const [run = ''] = readdirSync(join(folder, out));
  return judgeFolder(join(folder, out, run)).verdict;
}

test('at a terminal: run to a step, see it fail, repair it there, try it again, go on to the verdict', async () => {
  terminal = await openTerminal({ columns: 120, rows: 45 });
  const keys = (await terminal.modes()).keys;
  await terminal.type(`${main} step ${scenario} --out ${join(folder, 'terminal')}; echo code $?`);
  await terminal.shows(/1\/4\n +- sql: create table hands[\s\S]*step>\s*$/, 90_000);
  await terminal.type('repaired');
  await terminal.shows(/2\/4\n +- expect: \{ file[\s\S]*step>\s*$/);
  await terminal.press('Enter');
  await terminal.shows(/observed files \/tmp\/repaired on pg1: 0[\s\S]*failed repaired: repair it by hand[\s\S]*step>\s*$/);
  await terminal.type('status');
  await terminal.shows(/pg1 +leader +running +\d[\s\S]*step>\s*$/);
  await terminal.type('exec pg1 touch /tmp/repaired');
  await terminal.shows(/step> exec pg1 touch \/tmp\/repaired\ndone\nstep>\s*$/);
  await terminal.type('again');
  await terminal.shows(/3\/4\n +- exec: [\s\S]*step>\s*$/);
  await terminal.type('skip');
  await terminal.shows(/4\/4\n +- expect: \{ sql[\s\S]*step>\s*$/);
  await terminal.type('run');
  await terminal.shows(/that was the last step: [\s\S]*step>\s*$/);
  await terminal.press('Enter');
  const end = await terminal.shows(/code \d+\n/, 60_000);
  expect(end).toMatch(/FAIL by-hand \(plain\)[\s\S]*afterwards, by hand: repaired: somebody had it tried again[\s\S]*code 1\n/);
  expect((await terminal.modes()).keys).toBe(keys);
  const verdict = runIn('terminal');
  expect(await remainsOf(verdict.lab)).toEqual([]);
  expect(verdict).toMatchObject({ verdict: 'fail', because: { stepName: 'repaired' } });
  expect(verdict.findings.map(({ reason }) => reason)).toEqual(['expectation-false', 'by-hand', 'by-hand', 'by-hand']);
});

test('Ctrl-C at the prompt removes the lab and gives the terminal back', async () => {
  terminal = await openTerminal({ columns: 120, rows: 45 });
  const keys = (await terminal.modes()).keys;
  await terminal.type(`${main} step ${scenario} --out ${join(folder, 'cut')}; echo code $?`);
  await terminal.shows(/1\/4\n[\s\S]*step>\s*$/, 90_000);
  await terminal.press('C-c');
  expect(await terminal.shows(/code \d+\n/, 60_000)).toMatch(/interrupted; the lab is removed\ncode 130\n/);
  expect(await remainsOf(runIn('cut').lab)).toEqual([]);
  expect((await terminal.modes()).keys).toBe(keys);
});

test('from a pipe: one line is one command, a mutant that nobody touched passes, and its lab can be kept', async () => {
  const { stdout, exitCode } = await pglabWithInput(
    'run\nquit keep\n',
    'step',
    scenario,
    '--variant',
    'mutant',
    '--out',
    join(folder, 'pipe'),
  );
  expect(stdout).toMatch(/step> quit keep\nPASS by-hand \(mutant\): failed at "repaired", as it must/);
  expect(exitCode).toBe(0);
  const { lab } = runIn('pipe');
  expect(stdout).toContain(`npm run lab:exec -- --name ${lab} leader`);
  expect((await pglab('psql', '--name', lab, '--', '-Atc', 'select count(*) from hands')).stdout).toBe('0');
  expect((await pglab('down', '--name', lab)).exitCode).toBe(0);
});

test('the end of the pipe quits: what was left out makes it unknown, and the lab is gone', async () => {
  const { stdout, exitCode } = await pglabWithInput('skip\n', 'step', scenario, '--out', join(folder, 'end'));
  expect(exitCode).toBe(3);
  expect(stdout).toMatch(/UNKNOWN by-hand \(plain\)[\s\S]*table \(.*\): somebody passed over it/);
  expect(await remainsOf(runIn('end').lab)).toEqual([]);
});

test.each([
  [['step', 'nonsense'], /there is no scenario "nonsense"/],
  [['step', scenario, '--variant', 'other'], /has no variant "other"/],
  [['step', scenario, '--until', 'laser'], /no step of by-hand \(plain\) is named "laser"\n.*did you mean "later"/],
])('%j is a mistake, and starts nothing', async (args, message) => {
  const { exitCode, stderr } = await pglab(...args.map((arg) => arg as string));
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(message);
});
