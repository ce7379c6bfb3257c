/** A short session recorded on a lab, and the file that it wrote replayed: the same verdict, and a mutant that fails as it must. */
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest';
import { pglab, pglabWithInput, sweep } from './pglab.ts';
import { openTerminal, type Terminal } from './terminal.ts';

const name = 'cli-record';
const folder = mkdtempSync(join(tmpdir(), 'pglab-record-'));
const runs = ['--runs', join(folder, 'runs')];
const main = 'node dist/lab/cli/main.js';
let terminal: Terminal | undefined;

beforeAll(async () => {
  await sweep(name);
  const { exitCode, stderr } = await pglab('up', '--name', name, '--preset', 'one-node');
  expect(exitCode, stderr).toBe(0);
});

afterEach(async () => {
  await terminal?.close();
  terminal = undefined;
});

afterAll(async () => {
  await sweep(name);
  rmSync(folder, { recursive: true });
});

test('a lab whose dynamic configuration was changed is not as it was made, and one that was changed back is', async () => {
  const change = (what: string) => pglab('exec', '--name', name, 'pg1', 'patronictl', 'edit-config', '--force', '-s', what);
  const begin = async () => (await pglabWithInput('quit\n', 'record', '--name', name, '--out', join(folder, 'drift.yaml'), ...runs)).stdout;
  await change('postgresql.use_slots=true');
  expect(await begin()).toContain('not as lab:up made it (changed in the dynamic configuration: postgresql.use_slots)');
  await change('postgresql.use_slots=false');
  expect(await begin()).not.toContain('not as lab:up made it');
});

test('at a terminal: steps in words, offers by number, and a file that replays', async () => {
  const file = join(folder, 'differential.yaml');
  terminal = await openTerminal({ columns: 140, rows: 50 });
  const keys = (await terminal.modes()).keys;
  await terminal.type(`${main} record --name ${name} --out ${file} ${runs.join(' ')}; echo code $?`);
  await terminal.shows(/recording on cli-record: [\s\S]*record>\s*$/);
  await terminal.type('kil leader');
  await terminal.shows(/"kil" is no step\n +did you mean "kill"\?[\s\S]*record>\s*$/);
  await terminal.type('kill pg9');
  await terminal.shows(/this lab has no host "pg9"[\s\S]*record>\s*$/);
  await terminal.type('mark before');
  await terminal.shows(/- mark: before\nrecord>\s*$/);
  await terminal.type('backup --type=diff');
  const offered = await terminal.shows(/- pgbackrest: backup --type=diff\n +as: backup\n[\s\S]*since backup:[\s\S]*record>\s*$/, 60_000);
  const numberOf = (words: RegExp) =>
    offered.split('\n').flatMap((line) => (words.test(line) ? (/^ +(\d+) /.exec(line)?.[1] ?? []) : []))[0];
  const label = numberOf(/repo +pgbackrest: new backup label = /);
  const newest = numberOf(/the newest backup is diff/);
  await terminal.press('C-l');
  await terminal.type(`expect ${label} ${newest}`);
  await terminal.shows(/as: after-backup\nrecord>\s*$/);
  await terminal.type('done');
  expect(await terminal.shows(/code \d+\n/, 60_000)).toMatch(
    /PASS differential \(recorded\)[\s\S]*wrote .*differential\.yaml[\s\S]*code 0\n/,
  );
  expect((await terminal.modes()).keys).toBe(keys);
  const text = readFileSync(file, 'utf8');
  expect(text).toContain('lab: { preset: one-node, ready: backup }');
  expect(text).toContain('mutant: { must-fail: after-backup }');
  expect((await pglab('lint', file)).stdout).toBe('1 scenario, nothing wrong');
  const [recording = ''] = readdirSync(join(folder, 'runs')).filter((run) => run.endsWith('differential-recorded'));
  expect(readFileSync(join(folder, 'runs', recording, 'report.md'), 'utf8')).toContain('pgbackrest --stanza=demo backup --type=diff');
  expect(readFileSync(join(folder, 'runs', recording, 'report.html'), 'utf8')).toContain('differential');
  const { stdout, exitCode } = await pglab('replay', file, '--out', join(folder, 'replays'));
  expect(exitCode, stdout).toBe(0);
  expect(stdout).toMatch(/PASS differential \(recorded\)/);
  expect(stdout).toMatch(/PASS differential \(mutant\): failed at "after-backup", as it must/);
});

test('what is done in other terminals, at once too, becomes steps in their order, and replays', async () => {
  const file = join(folder, 'elsewhere.yaml');
  terminal = await openTerminal({ columns: 140, rows: 50 });
  const other = await openTerminal({ columns: 140, rows: 30 });
  onTestFinished(() => other.close());
  await terminal.type(`${main} record --name ${name} --out ${file} ${runs.join(' ')}; echo code $?`);
  await terminal.shows(/record>\s*$/);
  await other.type(`${main} psql --name ${name}; echo code $?`);
  await other.shows(/lab:record: not recorded: what is typed in an open psql is no step[\s\S]*postgres=#\s*$/);
  await other.type('\\q');
  await other.shows(/code 0\n/);
  await other.type(`clear; ${main} psql --name ${name} -c "select 1/0"; echo code $?`);
  await other.shows(/division by zero\ncode 1\n/);
  await terminal.shows(
    /from another terminal: psql leader -c select 1\/0\nsql ended with exit code 1:[\s\S]*since sql:[\s\S]*record>\s*$/,
    60_000,
  );
  await terminal.press('C-l');
  // Nobody is answered before the step has begun, so this is the first of the two.
  await other.type(`clear; ${main} exec --name ${name} pg1 sh -c 'echo begun; read answer; echo "got $answer"'`);
  await other.shows(/begun\n/);
  const half = 'half a line';
  await terminal.press('-l', half);
  const backup = await pglab('exec', '--name', name, 'repo', 'pgbackrest', '--stanza=demo', '--type=diff', 'backup');
  expect(backup).toMatchObject({ exitCode: 0, stderr: '' });
  const offered = await terminal.shows(/backup ended:[\s\S]*since backup:[\s\S]*record> half a line\s*$/, 60_000);
  const newest = /^ +(\d+) +the newest backup is diff/m.exec(offered)?.[1];
  await terminal.press('C-u');
  await other.type('by hand');
  await other.shows(/got by hand\n/);
  await terminal.shows(/exec ended:[\s\S]*background: true\n- expect: \{ value: \{ "\$\{exec\.exit\}": 0 \} \}[\s\S]*record>\s*$/);
  await terminal.type(`expect ${newest}`);
  await terminal.shows(/as: after-backup\nrecord>\s*$/);
  await terminal.type('done');
  expect(await terminal.shows(/code \d+\n/, 60_000)).toMatch(/PASS elsewhere \(recorded\)[\s\S]*code 0\n/);
  const text = readFileSync(file, 'utf8');
  expect(text).toMatch(/- sql: select 1\/0\n[\s\S]*fails: 1\n[\s\S]*stdin: "by hand\\n"[\s\S]*background: true[\s\S]*- pgbackrest:/);
  expect(text).toContain('# Not recorded: psql leader');
  const { stdout, exitCode } = await pglab('replay', file, '--out', join(folder, 'replays'));
  expect(exitCode, stdout).toBe(0);
  expect(stdout).toMatch(/PASS elsewhere \(recorded\)[\s\S]*PASS elsewhere \(mutant\): failed at "after-backup", as it must/);
});

test('what the engine’s own client does to a host, and root’s commands, become steps that replay', async () => {
  const file = join(folder, 'outside.yaml');
  terminal = await openTerminal({ columns: 140, rows: 50 });
  const container = `pglab-${name}-pg1`;
  await terminal.type(`${main} record --name ${name} --out ${file} ${runs.join(' ')}; echo code $?`);
  await terminal.shows(/record>\s*$/);
  await execa('docker', ['kill', container]);
  await terminal.shows(/from outside: pg1 was killed\npg1 exited:\n- kill: pg1\n +as: kill\n[\s\S]*record>\s*$/);
  await terminal.type('since kill');
  const offered = await terminal.shows(/since kill:\n[\s\S]*record>\s*$/);
  await terminal.type(`expect ${/^ +(\d+) +pg1 +lab: host stopped/m.exec(offered)?.[1]}`);
  await terminal.shows(/as: after-kill\nrecord>\s*$/);
  await terminal.press('C-l');
  await execa('docker', ['start', container]);
  await terminal.shows(/from outside: pg1 was started[\s\S]*since start:[\s\S]*record>\s*$/, 60_000);
  await terminal.press('C-l');
  await terminal.type('restart pg1');
  await terminal.shows(/- restart: pg1\n +as: restart\n[\s\S]*since restart:[\s\S]*record>\s*$/, 60_000);
  await terminal.press('C-l');
  await execa('docker', ['pause', container]);
  await terminal.shows(/- freeze: pg1\n +as: freeze\n/);
  await execa('docker', ['unpause', container]);
  await terminal.shows(/- heal: freeze\n[\s\S]*record>\s*$/, 60_000);
  const asRoot = await pglab('exec', '--name', name, '--root', 'pg1', 'sh', '-c', 'id -un > /etc/mine; cat /etc/mine');
  expect(asRoot).toMatchObject({ exitCode: 0, stdout: 'root', stderr: '' });
  await terminal.shows(/exec ended:\n[\s\S]*record>\s*$/, 60_000);
  await terminal.type('done');
  expect(await terminal.shows(/code \d+\n/, 60_000)).toMatch(/PASS outside \(recorded\)[\s\S]*code 0\n/);
  const verbs = readFileSync(file, 'utf8').match(/^ {2}- \w+/gm);
  expect(verbs).toEqual(['  - kill', '  - exec', '  - expect', '  - start', '  - restart', '  - freeze', '  - heal', '  - exec']);
  expect(readFileSync(file, 'utf8')).toMatch(/- exec: \{ on: pg1, user: root, run: id -un > \/etc\/mine; cat \/etc\/mine \}/);
  const { stdout, exitCode } = await pglab('replay', file, '--out', join(folder, 'replays'));
  expect(exitCode, stdout).toBe(0);
  expect(stdout).toMatch(/PASS outside \(recorded\)[\s\S]*PASS outside \(mutant\): failed at "after-kill", as it must/);
});

test('from a pipe: one line is one step, a program that failed is to fail again, and rows are looked for', async () => {
  const file = join(folder, 'from-a-pipe.yaml');
  const lines = [
    'workload start',
    'workload 30 rows',
    'psql select 1/0',
    'workload stop',
    'expect all',
    'expect: { sql: { on: leader, run: select 1, is: 1 } }',
  ];
  const { stdout, exitCode } = await pglabWithInput(lines.join('\n'), 'record', '--name', name, '--out', file, ...runs);
  expect(exitCode, stdout).toBe(0);
  expect(stdout).toContain('the ledger: no acknowledged row is lost');
  expect(stdout).toMatch(/PASS from-a-pipe \(recorded\)/);
  expect(readFileSync(file, 'utf8')).toMatch(/- sql: select 1\/0\n +as: sql\n(.*\n)? +fails: "22012"/);
  expect((await pglab('lint', file)).exitCode).toBe(0);
});

test('Ctrl-C writes nothing and leaves the lab; quit and an empty recording write nothing either', async () => {
  const file = join(folder, 'cut.yaml');
  terminal = await openTerminal({ columns: 140, rows: 50 });
  const keys = (await terminal.modes()).keys;
  await terminal.type(`${main} record --name ${name} --out ${file} ${runs.join(' ')}; echo code $?`);
  await terminal.shows(/record>\s*$/);
  await terminal.type('mark before');
  await terminal.shows(/- mark: before\nrecord>\s*$/);
  const inMiddle = pglab('exec', '--name', name, 'pg1', 'sh', '-c', 'echo begun; until [ -e /tmp/go ]; do sleep 0.1; done; echo ended');
  const begun = once(inMiddle.stdout, 'data');
  await terminal.shows(/from another terminal: exec pg1 sh/);
  await begun;
  await terminal.press('C-c');
  const ended = await terminal.shows(/code \d+\n/);
  await execa('docker', ['exec', `pglab-${name}-pg1`, 'touch', '/tmp/go']);
  expect(await inMiddle).toMatchObject({
    exitCode: 0,
    stdout: 'begun\nended',
    stderr: 'lab:record: not recorded: the recorder ended meanwhile',
  });
  expect(ended).toMatch(/interrupted: nothing was written; the lab is as you left it\ncode 130\n/);
  expect((await terminal.modes()).keys).toBe(keys);
  for (const input of ['mark before\nquit\n', '']) {
    const { exitCode, stdout } = await pglabWithInput(input, 'record', '--name', name, '--out', file, ...runs);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/nothing is written/);
  }
  expect(existsSync(file)).toBe(false);
  expect((await pglab('status', '--name', name)).exitCode).toBe(0);
});

test('a file that is there, a name that cannot be one, and a lab that is not are mistakes', async () => {
  const there = join(folder, 'there.yaml');
  writeFileSync(there, 'mine\n');
  const said = async (...args: string[]) => {
    const { exitCode, stderr } = await pglab('record', ...args, ...runs);
    expect(exitCode).toBe(2);
    return stderr;
  };
  expect(await said('--name', name, '--out', there)).toContain('is there already');
  expect(await said('--name', name, '--out', join(folder, 'No Name.txt'))).toContain('a scenario cannot be in a file named No Name.txt');
  expect(await said('--name', 'nobody', '--out', join(folder, 'new.yaml'))).toContain('there is no lab named nobody');
  expect(await said('--name', name)).toContain("required option '--out <file>'");
  expect(readFileSync(there, 'utf8')).toBe('mine\n');
});
