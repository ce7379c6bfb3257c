/** Labs that begin where another one was: golden labs, snapshots taken by hand, and the pool. On one database host each, for speed. */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCommand } from '../../lab/engine/commands.ts';
import { findLab, listLabs } from '../../lab/engine/lab.ts';
import { findSnapshot, removeSnapshot } from '../../lab/engine/snapshots.ts';
import type { LabStatus } from '../../lab/observe/status.ts';
import { docker, pglab, says, sweep, until } from './pglab.ts';

/** Two checkouts may run this on one engine. */
const own = `forks-${process.pid}`;
const [a, b, kept, pooled] = [`${own}-a`, `${own}-b`, `${own}-kept`, `${own}-pooled`];
const names = [a, b, kept, `${kept}-2`, pooled];
let overlay = '';
let golden = '';

/** A lab that only this file knows, so that its golden lab can be damaged. */
const like = () => ['--preset', 'one-node', '--overlay', overlay];

async function up(name: string): Promise<{ status: LabStatus; stderr: string }> {
  const { stdout, stderr, exitCode } = await pglab('up', '--json', '--name', name, ...like());
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
  await writeFile(overlay, `dcs: { postgresql: { parameters: { cluster_name: ${own} } } }\n`);
});

afterAll(async () => {
  await sweep(...names);
  const waiting = (await listLabs(docker)).filter(({ spec }) => spec.forkOf === golden);
  await sweep(...waiting.map(({ name }) => name));
  for (const name of [golden, kept].filter((each) => each !== '')) await removeSnapshot(docker, name);
});

describe('a golden lab', () => {
  const madeBy = async ({ pid }: { readonly pid?: number }) => (await listLabs(docker)).filter(({ owner }) => owner.pid === pid);

  test('is made at first need, and left nowhere where that was interrupted', async () => {
    const program = pglab('up', '--name', a, ...like());
    await says(program, /golden lab: waiting for pg1 to lead/);
    const making = await madeBy(program);
    await says(program, /golden lab: stopping it cleanly/);
    program.kill('SIGINT');
    const { exitCode, stderr } = await program;
    expect(exitCode).toBe(130);
    expect(stderr).toContain(`interrupted: nothing is left of ${a}`);
    expect(making).toMatchObject([{ name: expect.stringMatching(/^golden-/) }]);
    expect(await findSnapshot(docker, making[0]?.name ?? '')).toBeUndefined();
    expect(await madeBy(program)).toEqual([]);
  });

  test('that a killed command left half-made is in nobody’s way', async () => {
    const program = pglab('up', '--name', a, ...like());
    await says(program, /golden lab: waiting for pg1 to lead/);
    program.kill('SIGKILL');
    await program;
    const left = await madeBy(program);
    expect(left).toMatchObject([{ name: expect.stringMatching(/^golden-/) }]);
    // Made anew, by somebody who wants a lab of another name.
    const next = pglab('up', '--name', b, ...like());
    await says(next, /golden lab: creating stanza demo/);
    next.kill('SIGINT');
    expect((await next).exitCode).toBe(130);
    expect((await listLabs(docker)).filter(({ name }) => name === left[0]?.name)).toEqual([]);
  });

  test('is brought up, stopped and kept; two labs of it are one cluster before and two after', async () => {
    const first = await up(a);
    expect(first.stderr).toMatch(/golden lab: stopping it cleanly\n.*golden lab: keeping it as golden-/);
    golden = (await findLab(docker, a)).spec.forkOf ?? '';
    expect(golden).toMatch(/^golden-[0-9a-f]{12}$/);
    await query(a, 'create table only_in_a as select 1 as x');
    const second = await up(b);
    expect(second.stderr).not.toContain('golden lab:');
    expect(second.stderr).toContain(`as forks of ${golden}`);
    expect(second.status.members[0]).toMatchObject({ role: 'leader', state: 'running', timeline: 1 });
    expect(second.status.backups).toHaveLength(1);
    expect(second.status.backups).toEqual(first.status.backups);
    const identifier = 'select system_identifier from pg_control_system()';
    expect(await query(b, identifier)).toBe(await query(a, identifier));
    expect(await query(b, "select to_regclass('only_in_a') is null")).toBe('t');
    expect(second.status.members[0]?.connection).not.toBe(first.status.members[0]?.connection);
  });

  test('was stopped cleanly: its fork goes on where it stopped, without a promotion, and archives', async () => {
    const log = (await docker.getContainer(`pglab-${b}-pg1`).logs({ stdout: true, stderr: true, follow: false })).toString();
    expect(log).toContain('database system was shut down at');
    expect(log).toContain('acquired session lock as a leader');
    expect(log).not.toMatch(/not properly shut down|promoted self|starting as/);
    expect(log).toMatch(/pushed WAL file '00000001[0-9A-F]{16}' to the archive/);
  });

  test('is gone on with once: when a host of its fork starts again, Patroni starts PostgreSQL', async () => {
    const host = docker.getContainer(`pglab-${b}-pg1`);
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
    await sweep(a, b);
    await docker.getImage(`pglab/snapshot:${golden}-repo`).remove();
    expect(await findSnapshot(docker, golden)).toBeUndefined();
    const { stderr, status } = await up(a);
    expect(stderr).toContain(`golden lab: keeping it as ${golden}`);
    expect(status.leader).toBe('pg1');
  });

  test('is left out with --fresh', async () => {
    const { stderr, exitCode } = await pglab('up', '--fresh', '--name', b, ...like());
    expect(exitCode, stderr).toBe(0);
    expect((await findLab(docker, b)).spec.forkOf).toBeUndefined();
    await sweep(b);
  });
});

describe('a snapshot by hand', () => {
  test('keeps what was broken as it was, and the lab goes on', async () => {
    await query(a, 'create table kept as select generate_series(1, 100) as x');
    const breaks = ['patronictl', 'edit-config', '--force', '-s', 'postgresql.parameters.archive_command=/bin/false'];
    expect((await pglab('exec', '--name', a, 'pg1', ...breaks)).exitCode).toBe(0);
    await until(async () => (await query(a, 'show archive_command')) === '/bin/false');
    await query(a, 'select pg_switch_wal()');
    await until(async () => Number(await query(a, 'select failed_count from pg_stat_archiver')) > 0);
    expect((await pglab('exec', '--name', a, '--root', 'pg1', 'sv', 'stop', '/etc/lab/services/pgbackrest')).exitCode).toBe(0);
    const { stdout, exitCode } = await pglab('snapshot', kept, '--name', a);
    expect({ exitCode, stdout }).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(new RegExp(`^${a} is kept as ${kept} \\(.*\\) and goes on`)),
    });
    await query(a, 'drop table kept');

    const fork = await pglab('fork', kept, '--json');
    expect(fork.exitCode, fork.stderr).toBe(0);
    expect(JSON.parse(fork.stdout)).toMatchObject({ name: kept, leader: 'pg1' });
    expect(await query(kept, 'select count(*) from kept')).toBe('100');
    const down = await pglab('exec', '--name', kept, '--root', 'pg1', 'sv', 'status', '/etc/lab/services/pgbackrest');
    expect(down.stdout).toMatch(/^down:/);
    expect(await query(kept, 'show archive_command')).toBe('/bin/false');
  });

  test('is forked again under the next name', async () => {
    const fork = await pglab('fork', kept, '--json');
    expect(JSON.parse(fork.stdout)).toMatchObject({ name: `${kept}-2`, leader: 'pg1' });
  });

  test('is not overwritten by mistake, not removed while a lab runs on it, and found by nobody under another name', async () => {
    await refuses(pglab('snapshot', kept, '--name', a), `there is a snapshot named ${kept} already`);
    const inUse = await pglab('prune', kept);
    expect(inUse.stdout).toMatch(new RegExp(`^${kept} stays: it is what .*${kept}-2.* was made of$`));
    expect(inUse.exitCode).toBe(2);
    await refuses(pglab('snapshot', 'golden-mine', '--name', a), '"golden-mine" cannot name a snapshot');
    await refuses(pglab('fork', `${own}-kpet`), `did you mean "${kept}"?`);
    await sweep(kept, `${kept}-2`);
    expect((await pglab('prune', kept)).stdout).toBe(`removed the snapshot ${kept}`);
    expect(await findSnapshot(docker, kept)).toBeUndefined();
  });

  test('of a lab with a disk of its own is refused, and the lab goes on', async () => {
    const disks = `${overlay}.disks.yaml`;
    await writeFile(disks, 'disks: { /var/spool/pgbackrest: 64m }\nready: cluster\n');
    const made = await pglab('up', '--name', b, '--preset', 'one-node', '--ready', 'hosts', '--overlay', disks);
    expect(made.exitCode, made.stderr).toBe(0);
    await refuses(pglab('snapshot', `${own}-disks`, '--name', b), 'which no snapshot holds');
    expect((await findLab(docker, b)).hosts.map(({ state }) => state)).not.toContain('paused');
  });
});

describe('the pool', () => {
  const waiting = async () => (await listLabs(docker)).filter(({ purpose, spec }) => purpose === 'pool' && spec.forkOf === golden);

  test('hands out a frozen lab, healthy, and is filled up again', async () => {
    const filled = await pglab('pool', '--keep', '1', ...like());
    expect(filled.exitCode, filled.stderr).toBe(0);
    const [next] = await waiting();
    expect(next?.hosts.map(({ state }) => state)).toEqual(['paused', 'paused', 'paused']);
    const { stderr, status } = await up(pooled);
    expect(stderr).toContain(`thawing ${next?.name}`);
    expect(status).toMatchObject({ leader: 'pg1', purpose: 'hands', standing: 'up' });
    expect((await findLab(docker, pooled)).id).toBe(next?.id);
    await until(async () => (await waiting()).some(({ hosts }) => hosts.every(({ state }) => state === 'paused')), 60_000);
  });

  test('never hands out a sick one', async () => {
    await sweep(pooled);
    const [next] = await waiting();
    const anchor = next?.hosts.find(({ kind }) => kind === 'patroni');
    const container = docker.getContainer(anchor?.container ?? '');
    await container.unpause();
    const stop = 'for p in /proc/[0-9]*; do if grep -qx patroni "$p/comm"; then kill -STOP "${p#/proc/}"; fi; done';
    expect((await runCommand(docker, container.id, { user: 'root', argv: ['sh', '-c', stop] })).exit).toBe(0);
    await container.pause();
    const { stderr, status } = await up(pooled);
    expect(stderr).toContain(`removing ${next?.name} from the pool: it was not healthy after the thaw`);
    expect(status).toMatchObject({ leader: 'pg1', standing: 'up' });
    await until(async () => (await waiting()).some(({ hosts }) => hosts.every(({ state }) => state === 'paused')), 60_000);
  });

  test('is emptied by --keep 0', async () => {
    expect((await pglab('pool', '--keep', '0', ...like())).exitCode).toBe(0);
    expect(await waiting()).toEqual([]);
  });
});
