/** One lab, brought up as the README says, and everything that only reads it. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { endpointOf, findLab, type Host } from '../../lab/engine/lab.ts';
import type { LabStatus } from '../../lab/observe/status.ts';
import { docker, networksOf, npm, pglab, pglabWith, pglabWithInput, remainsOf, sweep, until } from './pglab.ts';

const name = 'cli-read';
const on = ['--name', name];
let output = { stdout: '', stderr: '' };

beforeAll(async () => {
  await sweep(name);
  const { stdout, stderr, exitCode } = await npm('-s', 'lab:up', '--', '--fresh', ...on);
  output = { stdout, stderr };
  expect(exitCode, stderr).toBe(0);
});

afterAll(() => sweep(name));

async function status(...more: string[]) {
  const { stdout } = await pglab('status', ...on, '--json', ...more);
  return JSON.parse(stdout);
}

describe('up', () => {
  test('says how far it is, with times, on stderr', () => {
    expect(output.stderr.split('\n').map((line) => line.replace(/^ *[\d.]+ m?s {2}/, ''))).toEqual([
      'starting 7 hosts',
      'waiting for pg1 to lead',
      'creating stanza demo',
      'taking the first full backup',
      'building pg2 and pg3 from the backup',
      'asking everybody how they are',
    ]);
    expect(output.stderr).toMatch(/^ +\d+\.\d s {2}starting/);
  });

  test('introduces the lab on stdout', () => {
    const { stdout } = output;
    expect(stdout).toMatch(/cli-read is up after \d+\.\d s: three-nodes-repo-host/);
    expect(stdout).toMatch(/pg1 +leader +running +1/);
    expect(stdout).toMatch(/pg2 +replica +streaming +1 +\d+/);
    expect(stdout).toMatch(/backups +\d{8}-\d{6}F full/);
    expect(stdout).toMatch(/versions +PostgreSQL 18\.\d+, Patroni 4\.\d+\.\d+, pgBackRest 2\.\d+\.\d+, etcd 3\.5\.\d+/);
    expect(stdout).toMatch(/timing +fast \(ttl 20, loop_wait 2, retry_timeout 3\)/);
    expect(stdout).toContain('npm run lab:down -- --name cli-read');
  });

  test('prints connection strings that work', async () => {
    const strings = [...output.stdout.matchAll(/postgresql:\/\/\S+/g)].map(([text]) => text);
    expect(strings).toHaveLength(3);
    const answers = await Promise.all(
      strings.map(async (connectionString) => {
        const client = new Client({ connectionString });
        await client.connect();
        const { rows } = await client.query('select pg_is_in_recovery() as standby');
        await client.end();
        return rows[0].standby;
      }),
    );
    expect(answers).toEqual([false, true, true]);
  });

  test('leaves a lab alone whose name is asked for again', async () => {
    const before = await remainsOf(name);
    const { exitCode, stderr } = await pglab('up', ...on);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('error: a lab named cli-read is already up');
    expect(stderr).toContain('npm run lab:down -- --name cli-read');
    expect(await remainsOf(name)).toEqual(before);
  });
});

describe('up with a parameter that PostgreSQL does not have', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'pglab-test-')), 'lab.yaml');
  writeFileSync(file, 'preset: one-node\ndcs: { postgresql: { parameters: { wal_kep_size: 1GB, an.extension: 1 } } }\n');
  const like = ['--name', 'cli-unknown', '--overlay', file];

  test('names it, and leaves nothing', async () => {
    const { exitCode, stderr } = await pglab('up', ...like, '--fresh');
    expect(exitCode).toBe(3);
    expect(stderr).toContain('PostgreSQL on pg1 has no parameter wal_kep_size,');
    expect(stderr).toContain('did you mean wal_keep_size?');
    expect(await remainsOf('cli-unknown')).toEqual([]);
  });

  test('leaves it for a look with --keep, although there is no golden lab yet', async () => {
    const { exitCode, stderr } = await pglab('up', ...like, '--keep');
    expect(exitCode).toBe(3);
    expect(stderr).toContain('kept as it is: npm run lab:logs -- --name cli-unknown shows what happened');
    expect(await remainsOf('cli-unknown')).toHaveLength(3);
    expect((await pglab('down', '--name', 'cli-unknown')).exitCode).toBe(0);
  });
});

describe('status', () => {
  test('--json keeps the contract, alone on stdout', async () => {
    const { stdout } = await npm('-s', 'lab:status', '--', ...on, '--json');
    const found = JSON.parse(stdout);
    expect(found).toMatchObject({
      name,
      leader: 'pg1',
      members: [
        { name: 'pg1', role: 'leader', state: 'running', timeline: 1, lag: 0 },
        { name: 'pg2', role: 'replica', state: 'streaming', timeline: 1, lag: expect.any(Number) },
        { name: 'pg3', role: 'replica', state: 'streaming', timeline: 1, lag: expect.any(Number) },
      ],
      backups: [{ type: 'full', error: false, stanza: 'demo' }],
      versions: {
        postgresql: expect.stringMatching(/^18\./),
        patroni: expect.stringMatching(/^4\./),
        pgbackrest: expect.stringMatching(/^2\./),
        etcd: expect.stringMatching(/^3\.5/),
      },
      standing: 'up',
      clusters: [{ repository: 'ok', archiver: { archived: expect.any(Number), failed: 0 } }],
    });
  });

  test('tells a frozen, a stopped and a working host apart, without waiting for the frozen one', async () => {
    const lab = await findLab(docker, name);
    const container = (host: string) => docker.getContainer(lab.hosts.find((each) => each.name === host)?.container ?? '');
    // Without its raft leader etcd may be away for longer than Patroni bears.
    const etcd = await etcdFollower(lab.hosts);
    await Promise.all([container('pg3').pause(), container(etcd).kill(), container('repo').pause()]);
    try {
      const started = performance.now();
      const found = await status();
      expect(performance.now() - started).toBeLessThan(10_000);
      expect(found.members[2]).toMatchObject({
        name: 'pg3',
        role: 'replica',
        state: 'unreachable',
        host: 'frozen',
        timeline: null,
        lag: null,
      });
      expect(found.hosts.find((host: { name: string }) => host.name === etcd)).toMatchObject({ host: 'stopped' });
      expect(found.backups).toEqual([]);
      const { stdout } = await pglab('status', ...on);
      expect(stdout).toMatch(/pg3 +host frozen/);
      expect(stdout).toContain(`host ${etcd} is stopped`);
      expect(stdout).toContain('none (repo cannot be asked)');
    } finally {
      await Promise.all([container('pg3').unpause(), container(etcd).start(), container('repo').unpause()]);
      await until(async () => isWhole(await status()), 60_000);
    }
  });

  /** As `up` left it: later tests rely on that. */
  function isWhole({ leader, members, hosts }: Pick<LabStatus, 'leader' | 'members' | 'hosts'>): boolean {
    const stream = members.every(({ name: member, state }) => state === (member === 'pg1' ? 'running' : 'streaming'));
    return leader === 'pg1' && stream && hosts.every(({ etcd }) => etcd === null || etcd === 'healthy');
  }

  async function etcdFollower(hosts: readonly Host[]): Promise<string> {
    for (const host of hosts.filter(({ kind }) => kind === 'etcd')) {
      const endpoint = endpointOf(host, 2379);
      const answer = await fetch(`http://${endpoint?.address}:${endpoint?.port}/v3/maintenance/status`, { method: 'POST', body: '{}' });
      const { header, leader } = (await answer.json()) as { header: { member_id: string }; leader: string };
      if (header.member_id !== leader) return host.name;
    }
    throw new Error('every etcd leads');
  }

  test('of a lab that is not there names the ones that are', async () => {
    const { exitCode, stderr } = await pglab('status', '--name', 'cli-nobody');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('error: there is no lab named cli-nobody');
    expect(stderr).toMatch(/hint: labs here: .*cli-read/);
  });

  test('--all has every lab', async () => {
    const { stdout } = await pglab('status', '--all', '--json');
    expect(JSON.parse(stdout).labs.map((lab: { name: string }) => lab.name)).toContain(name);
  });
});

describe('logs', () => {
  test('are merged in time order', async () => {
    const { stdout } = await pglab('logs', ...on, '--json');
    const records = stdout.split('\n').map((line) => JSON.parse(line));
    expect(new Set(records.map(({ host }) => host))).toEqual(new Set(['etcd1', 'etcd2', 'etcd3', 'pg1', 'pg2', 'pg3', 'repo']));
    const times = records.map(({ time }) => time);
    expect(times).toEqual(times.toSorted());
  });

  test('can be narrowed to hosts, programs and words', async () => {
    const { stdout } = await pglab('logs', ...on, 'replicas', '--program', 'postgres', '--grep', 'started streaming');
    expect(
      stdout
        .split('\n')
        .map((line) => line.slice(0, 3))
        .toSorted(),
    ).toEqual(expect.arrayContaining(['pg2', 'pg3']));
    expect(stdout).not.toContain('pg1 ');
    // The engine's own machine may have another clock.
    const border = Date.now() - 1000;
    const { stdout: latest } = await pglab('logs', ...on, '--since', '1ms', '--json');
    const before = latest.split('\n').filter((line) => line !== '' && Date.parse(JSON.parse(line).time) < border);
    expect(before).toEqual([]);
  });

  test('end quietly when their reader does', async () => {
    const { stdout, stderr, exitCode } = await pglab('logs', ...on).pipe('head', ['-n', '1']);
    expect(stdout).toMatch(/^\w+ +20/);
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
  });

  test('--follow loses and doubles no line when a host starts again', async () => {
    const lab = await findLab(docker, name);
    const container = docker.getContainer(lab.hosts.find(({ name: host }) => host === 'etcd3')?.container ?? '');
    const program = pglab('logs', ...on, 'etcd3', '--follow', '--json');
    let followed = '';
    program.stdout?.on('data', (chunk) => {
      followed += chunk;
    });
    await until(async () => followed.includes('etcd3'));
    await container.restart({ t: 20 });
    await delay(3000);
    const { stdout: whole } = await pglab('logs', ...on, 'etcd3', '--json');
    await until(async () => followed.trimEnd().split('\n').length >= whole.split('\n').length);
    program.kill('SIGINT');
    expect((await program).exitCode).toBe(130);
    // Lines of the moment after the look are in one of the two only.
    expect(followed.trimEnd().split('\n').slice(0, whole.split('\n').length)).toEqual(whole.split('\n'));
  });
});

describe('psql', () => {
  test('asks the leader unless told otherwise', async () => {
    const [leader, replica, pg1] = await Promise.all([
      pglab('psql', ...on, '-Atc', 'select pg_is_in_recovery()'),
      npm('-s', 'lab:psql', '--', ...on, 'replica', '-Atc', 'select pg_is_in_recovery()'),
      npm('-s', 'lab:psql', '--', ...on, 'pg1', '-c', 'select 1'),
    ]);
    expect([leader.stdout, replica.stdout]).toEqual(['f', 't']);
    expect(pg1.stdout).toContain('(1 row)');
  });

  test('reads a script from stdin, and passes on its exit code and its errors', async () => {
    const { stdout } = await pglabWithInput('select 40 + 2;\n', 'psql', ...on, 'leader', '-At');
    expect(stdout).toBe('42');
    const failed = await pglabWithInput('selec;\n', 'psql', ...on, 'leader', '-v', 'ON_ERROR_STOP=1');
    expect(failed.exitCode).toBe(3);
    expect(failed.stderr).toContain('syntax error');
  });

  test('names the hosts that there are, and the ones without PostgreSQL', async () => {
    const [unknown, etcd] = await Promise.all([pglab('psql', ...on, 'pg9'), pglab('psql', ...on, 'etcd1')]);
    expect([unknown.exitCode, etcd.exitCode]).toEqual([2, 2]);
    expect(unknown.stderr).toMatch(/lab cli-read has no host pg9\nhint: did you mean "pg1"\?/);
    expect(etcd.stderr).toContain('etcd1 runs no PostgreSQL');
  });
});

describe('exec', () => {
  test('runs as postgres, or as root, with the exit code of the command', async () => {
    const [info, root, failed] = await Promise.all([
      npm('-s', 'lab:exec', '--', ...on, 'repo', 'pgbackrest', 'info'),
      pglab('exec', ...on, '--root', 'pg1', '--', 'id', '-un'),
      pglab('exec', ...on, 'pg1', 'sh', '-c', 'id -un; echo trouble >&2; exit 7'),
    ]);
    expect(info.stdout).toContain('status: ok');
    expect(root.stdout).toBe('root');
    expect(failed).toMatchObject({ stdout: 'postgres', stderr: 'trouble', exitCode: 7 });
  });

  test('ends as a shell does where the host has no such program, and says which and where', async () => {
    const [missing, quoted, locked] = await Promise.all([
      pglab('exec', ...on, 'etcd1', 'pgbackrest', 'info'),
      pglab('exec', ...on, 'pg1', 'patronictl list'),
      pglab('exec', ...on, 'pg1', '/etc/hosts'),
    ]);
    expect(missing).toMatchObject({ exitCode: 127, stdout: '', stderr: 'error: there is no program "pgbackrest" on etcd1' });
    expect(quoted).toMatchObject({
      exitCode: 127,
      stderr: expect.stringMatching(/"patronictl list" on pg1\nhint: .*pg1 sh -c "patronictl list"$/),
    });
    expect(locked).toMatchObject({ exitCode: 126, stderr: expect.stringContaining('/etc/hosts: Permission denied') });
  });

  test('takes megabytes on stdin and gives them back', async () => {
    const text = 'all work and no play\n'.repeat(200_000);
    const { stdout } = await pglabWithInput(text, 'exec', ...on, 'repo', 'cat');
    expect(stdout.length).toBe(text.length - 1);
  });

  test('ends its command with itself: on Ctrl-C, and when nobody reads any more', async () => {
    const running = async (what: string) => {
      const { stdout } = await pglab('exec', ...on, 'pg2', 'sh', '-c', `cat /proc/[0-9]*/cmdline | tr '\\0' ' '`);
      return stdout.includes(what);
    };
    const program = pglab('exec', ...on, 'pg2', 'sleep', '321');
    await until(() => running('sleep 321'));
    program.kill('SIGINT');
    expect((await program).exitCode).toBe(130);
    await until(async () => !(await running('sleep 321')));
    const { stdout, stderr } = await pglab('exec', ...on, 'pg2', 'yes', 'again').pipe('head', ['-n', '1']);
    expect({ stdout, stderr }).toEqual({ stdout: 'again', stderr: '' });
    await until(async () => !(await running('yes again')));
  });
});

describe('mistakes', () => {
  test.each([
    { args: ['upp'], message: "unknown command 'upp'", hint: 'did you mean up?' },
    { args: ['upp', '--help'], message: "unknown command 'upp'", hint: 'did you mean up?' },
    { args: ['down', 'mine'], message: "too many arguments for 'down'", hint: 'which lab is said with --name' },
    { args: ['help', 'upp'], message: "unknown command 'upp'", hint: 'did you mean up?' },
    { args: ['status', '--nmae', 'x'], message: "unknown option '--nmae'", hint: 'did you mean --name?' },
    { args: ['up', '--name', 'No Such'], message: '"No Such" cannot name a lab', hint: 'lower-case' },
    { args: ['up', '--preset', 'three-node'], message: 'unknown preset "three-node"', hint: 'three-nodes-repo-host' },
    { args: ['up', '--train', 'forkie'], message: 'unknown train "forkie"', hint: 'did you mean "forky"?' },
    { args: ['up', '--profile', 'slow'], message: 'unknown profile "slow"', hint: 'known: fast, talk' },
    { args: ['up', '--bind', 'everywhere'], message: '--bind takes an IP address', hint: '0.0.0.0' },
    { args: ['exec', 'pg1', '--name', 'mine', 'ls'], message: 'no command begins with --name', hint: 'exec -- --name LAB pg1 ...' },
    { args: ['psql', 'select 1'], message: '"select 1" is no host', hint: '-c "select 1"' },
    { args: ['judge', 'README.md'], message: 'README.md is neither a run folder nor a bundle', hint: '.lab/runs/' },
    { args: ['judge', '--html'], message: 'no run is named', hint: '.lab/runs' },
    { args: ['logs', '--since', '5'], message: "argument '5' is invalid", hint: 'pglab' },
  ])('$message: one error, a hint, exit code 2', async ({ args, message, hint }) => {
    const { exitCode, stderr, stdout } = await pglab(...args);
    expect(stderr).toContain(`error: `);
    expect(stderr).toContain(message);
    expect(stderr).toMatch(new RegExp(`hint: .*${hint.replace(/[?.]/g, '\\$&')}`));
    expect(stderr).not.toContain('    at ');
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  });

  test('without an engine: what was tried, and npm run setup', async () => {
    const results = await Promise.all(['up', 'status', 'down'].map((verb) => pglabWith({ DOCKER_HOST: 'unix:///nonexistent' }, verb)));
    for (const { exitCode, stderr } of results) {
      expect(exitCode).toBe(3);
      expect(stderr).toContain('unix:///nonexistent');
      expect(stderr).toContain('npm run setup');
    }
    const { exitCode } = await pglabWith({ DOCKER_HOST: 'unix:///nonexistent' }, 'plan');
    expect(exitCode).toBe(0);
  });
});

test('down removes the lab, containers and network, and says so', async () => {
  const { id } = await findLab(docker, name);
  const { stdout, exitCode } = await npm('-s', 'lab:down', '--', ...on);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^removed cli-read: etcd1, etcd2, etcd3, pg1, pg2, pg3, repo and their network/);
  expect(await remainsOf(name)).toEqual([]);
  expect(await networksOf(id)).toBe(0);
  const again = await pglab('down', ...on);
  expect(again.exitCode).toBe(2);
});
