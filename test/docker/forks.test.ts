/** Labs that begin where another one was: golden labs, snapshots taken by hand, and the pool. On one database host each, for speed. */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCommand } from '../../lab/engine/commands.ts';
import { findLab, listLabs } from '../../lab/engine/lab.ts';
import { findSnapshot, listSnapshots, removeSnapshot } from '../../lab/engine/snapshots.ts';
import type { LabStatus } from '../../lab/observe/status.ts';
import { docker, pglab, says, sweep, until } from './pglab.ts';

const names = ['fork-a', 'fork-b', 'fork-kept', 'fork-kept-2', 'fork-pooled'];
let overlay = '';
let golden = '';

/** A lab that only this file knows, so that its golden lab can be damaged. */
const own = () => ['--preset', 'one-node', '--overlay', overlay];

async function up(name: string): Promise<{ status: LabStatus; stderr: string }> {
  const { stdout, stderr, exitCode } = await pglab('up', '--json', '--name', name, ...own());
  expect(exitCode, stderr).toBe(0);
  return { status: JSON.parse(stdout) as LabStatus, stderr };
}

async function query(name: string, sql: string): Promise<string> {
  const { stdout, stderr, exitCode } = await pglab('psql', '--name', name, '--', '-qAtc', sql);
  expect(exitCode, stderr).toBe(0);
  return stdout;
}

async function refuses(command: ReturnType<typeof pglab>, why: string): Promise<void> {
  const { exitCode, stderr } = await command;
  expect(exitCode).toBe(2);
  expect(stderr).toContain(why);
}

beforeAll(async () => {
  await sweep(...names);
  overlay = join(await mkdtemp(join(tmpdir(), 'pglab-forks-')), 'overlay.yaml');
  await writeFile(overlay, `dcs: { postgresql: { parameters: { cluster_name: forks-${process.pid} } } }\n`);
});

afterAll(async () => {
  await sweep(...names);
  const pooled = (await listLabs(docker)).filter(({ spec }) => spec.forkOf === golden);
  await sweep(...pooled.map(({ name }) => name));
  for (const name of [golden, 'fork-kept'].filter((each) => each !== '')) await removeSnapshot(docker, name);
});

describe('a golden lab', () => {
  test('is made at first need, and left nowhere where that was interrupted', async () => {
    const before = new Set((await listSnapshots(docker)).map(({ name }) => name));
    const program = pglab('up', '--name', 'fork-a', ...own());
    await says(program, /golden lab: stopping it cleanly/);
    program.kill('SIGINT');
    const { exitCode, stderr } = await program;
    expect(exitCode).toBe(130);
    expect(stderr).toContain('interrupted: nothing is left of fork-a');
    expect((await listSnapshots(docker)).map(({ name }) => name).filter((name) => !before.has(name))).toEqual([]);
    expect((await listLabs(docker)).filter(({ owner }) => owner.pid === program.pid)).toEqual([]);
  });

  test('that a killed command left half-made is in nobody’s way', async () => {
    const program = pglab('up', '--name', 'fork-a', ...own());
    await says(program, /golden lab: waiting for pg1 to lead/);
    program.kill('SIGKILL');
    await program;
    const left = (await listLabs(docker)).filter(({ owner }) => owner.pid === program.pid);
    expect(left).toMatchObject([{ name: expect.stringMatching(/^golden-/) }]);
    // Made anew, by somebody who wants a lab of another name.
    const next = pglab('up', '--name', 'fork-b', ...own());
    await says(next, /golden lab: creating stanza demo/);
    next.kill('SIGINT');
    expect((await next).exitCode).toBe(130);
    expect((await listLabs(docker)).filter(({ name }) => name === left[0]?.name)).toEqual([]);
  });

  test('is brought up, stopped and kept; two labs of it are one cluster before and two after', async () => {
    const first = await up('fork-a');
    expect(first.stderr).toMatch(/golden lab: stopping it cleanly\n.*golden lab: keeping it as golden-/);
    golden = (await findLab(docker, 'fork-a')).spec.forkOf ?? '';
    expect(golden).toMatch(/^golden-[0-9a-f]{12}$/);
    await query('fork-a', 'create table only_in_a as select 1 as x');
    const second = await up('fork-b');
    expect(second.stderr).not.toContain('golden lab:');
    expect(second.stderr).toContain(`as forks of ${golden}`);
    expect(second.status.members[0]).toMatchObject({ role: 'leader', state: 'running', timeline: 1 });
    expect(second.status.backups).toHaveLength(1);
    expect(second.status.backups).toEqual(first.status.backups);
    const identifier = 'select system_identifier from pg_control_system()';
    expect(await query('fork-b', identifier)).toBe(await query('fork-a', identifier));
    expect(await query('fork-b', "select to_regclass('only_in_a') is null")).toBe('t');
    expect(second.status.members[0]?.connection).not.toBe(first.status.members[0]?.connection);
  });

  test('was stopped cleanly: its fork goes on where it stopped, without a promotion, and archives', async () => {
    const log = (await docker.getContainer('pglab-fork-b-pg1').logs({ stdout: true, stderr: true, follow: false })).toString();
    expect(log).toContain('database system was shut down at');
    expect(log).toContain('acquired session lock as a leader');
    expect(log).not.toMatch(/not properly shut down|promoted self|starting as/);
    expect(log).toMatch(/pushed WAL file '00000001[0-9A-F]{16}' to the archive/);
  });

  test('is gone on with once: when a host of its fork starts again, Patroni starts PostgreSQL', async () => {
    const host = docker.getContainer('pglab-fork-b-pg1');
    const since = Math.floor(Date.now() / 1000) + 1;
    await until(async () => Date.now() / 1000 > since);
    await host.restart();
    const log = async () => (await host.logs({ stdout: true, stderr: true, follow: false, since })).toString();
    await until(async () => (await log()).includes('database system is ready to accept connections'));
    expect((await log()).split('\n').filter((line) => /thread_stack_size|starting PostgreSQL/.test(line))).toEqual([
      expect.stringContaining('thread_stack_size'),
      expect.stringContaining('starting PostgreSQL'),
    ]);
  });

  test('that lost an image is none, and is made anew', async () => {
    await sweep('fork-a', 'fork-b');
    await docker.getImage(`pglab/snapshot:${golden}-repo`).remove();
    expect(await findSnapshot(docker, golden)).toBeUndefined();
    const { stderr, status } = await up('fork-a');
    expect(stderr).toContain(`golden lab: keeping it as ${golden}`);
    expect(status.leader).toBe('pg1');
  });

  test('is left out with --fresh', async () => {
    const { stderr, exitCode } = await pglab('up', '--fresh', '--name', 'fork-b', ...own());
    expect(exitCode, stderr).toBe(0);
    expect((await findLab(docker, 'fork-b')).spec.forkOf).toBeUndefined();
    await sweep('fork-b');
  });
});

describe('a snapshot by hand', () => {
  test('keeps what was broken as it was, and the lab goes on', async () => {
    await query('fork-a', 'create table kept as select generate_series(1, 100) as x');
    const breaks = ['patronictl', 'edit-config', '--force', '-s', 'postgresql.parameters.archive_command=/bin/false'];
    expect((await pglab('exec', '--name', 'fork-a', 'pg1', ...breaks)).exitCode).toBe(0);
    await until(async () => (await query('fork-a', 'show archive_command')) === '/bin/false');
    await query('fork-a', 'select pg_switch_wal()');
    await until(async () => Number(await query('fork-a', 'select failed_count from pg_stat_archiver')) > 0);
    expect((await pglab('exec', '--name', 'fork-a', '--root', 'pg1', 'sv', 'stop', '/etc/lab/services/pgbackrest')).exitCode).toBe(0);
    const { stdout, exitCode } = await pglab('snapshot', 'fork-kept', '--name', 'fork-a');
    expect({ exitCode, stdout }).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^fork-a is kept as fork-kept \(.*\) and goes on/),
    });
    await query('fork-a', 'drop table kept');

    const fork = await pglab('fork', 'fork-kept', '--json');
    expect(fork.exitCode, fork.stderr).toBe(0);
    expect(JSON.parse(fork.stdout)).toMatchObject({ name: 'fork-kept', leader: 'pg1' });
    expect(await query('fork-kept', 'select count(*) from kept')).toBe('100');
    const down = await pglab('exec', '--name', 'fork-kept', '--root', 'pg1', 'sv', 'status', '/etc/lab/services/pgbackrest');
    expect(down.stdout).toMatch(/^down:/);
    expect(await query('fork-kept', 'show archive_command')).toBe('/bin/false');
  });

  test('is forked again under the next name', async () => {
    const fork = await pglab('fork', 'fork-kept', '--json');
    expect(JSON.parse(fork.stdout)).toMatchObject({ name: 'fork-kept-2', leader: 'pg1' });
  });

  test('is not overwritten by mistake, not removed while a lab runs on it, and found by nobody under another name', async () => {
    await refuses(pglab('snapshot', 'fork-kept', '--name', 'fork-a'), 'there is a snapshot named fork-kept already');
    expect((await pglab('prune', 'fork-kept')).stdout).toBe('fork-kept stays: a lab runs on it');
    await refuses(pglab('snapshot', 'golden-mine', '--name', 'fork-a'), '"golden-mine" cannot name a snapshot');
    await refuses(pglab('fork', 'fork-kpet'), 'did you mean "fork-kept"?');
    await sweep('fork-kept', 'fork-kept-2');
    expect((await pglab('prune', 'fork-kept')).stdout).toBe('removed the snapshot fork-kept');
    expect(await findSnapshot(docker, 'fork-kept')).toBeUndefined();
  });

  test('of a lab with a disk of its own is refused, and the lab goes on', async () => {
    const disks = `${overlay}.disks.yaml`;
    await writeFile(disks, 'disks: { /var/spool/pgbackrest: 64m }\nready: cluster\n');
    const made = await pglab('up', '--name', 'fork-b', '--preset', 'one-node', '--ready', 'hosts', '--overlay', disks);
    expect(made.exitCode, made.stderr).toBe(0);
    await refuses(pglab('snapshot', 'fork-disks', '--name', 'fork-b'), 'which no snapshot holds');
    expect((await findLab(docker, 'fork-b')).hosts.map(({ state }) => state)).not.toContain('paused');
  });
});

describe('the pool', () => {
  const pooled = async () => (await listLabs(docker)).filter(({ purpose, spec }) => purpose === 'pool' && spec.forkOf === golden);

  test('hands out a frozen lab, healthy, and is filled up again', async () => {
    const filled = await pglab('pool', '--keep', '1', ...own());
    expect(filled.exitCode, filled.stderr).toBe(0);
    const [waiting] = await pooled();
    expect(waiting?.hosts.map(({ state }) => state)).toEqual(['paused', 'paused', 'paused']);
    const { stderr, status } = await up('fork-pooled');
    expect(stderr).toContain(`thawing ${waiting?.name}`);
    expect(status).toMatchObject({ leader: 'pg1', purpose: 'hands', standing: 'up' });
    expect((await findLab(docker, 'fork-pooled')).id).toBe(waiting?.id);
    await until(async () => (await pooled()).some(({ hosts }) => hosts.every(({ state }) => state === 'paused')), 60_000);
  });

  test('never hands out a sick one', async () => {
    await sweep('fork-pooled');
    const [waiting] = await pooled();
    const anchor = waiting?.hosts.find(({ kind }) => kind === 'patroni');
    const container = docker.getContainer(anchor?.container ?? '');
    await container.unpause();
    const stop = 'for p in /proc/[0-9]*; do if grep -qx patroni "$p/comm"; then kill -STOP "${p#/proc/}"; fi; done';
    expect((await runCommand(docker, container.id, { user: 'root', argv: ['sh', '-c', stop] })).exit).toBe(0);
    await container.pause();
    const { stderr, status } = await up('fork-pooled');
    expect(stderr).toContain(`removing ${waiting?.name} from the pool: it was not healthy after the thaw`);
    expect(status).toMatchObject({ leader: 'pg1', standing: 'up' });
    await until(async () => (await pooled()).some(({ hosts }) => hosts.every(({ state }) => state === 'paused')), 60_000);
  });

  test('is emptied by --keep 0', async () => {
    expect((await pglab('pool', '--keep', '0', ...own())).exitCode).toBe(0);
    expect(await pooled()).toEqual([]);
  });
});
