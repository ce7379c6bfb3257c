/**
 * Every fault on a real lab: that it does what its name says, seen by other means than its own proof; that it is healed; and that
 * one which did not take is not called done.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { controlService } from '../../lab/engine/commands.ts';
import type { Host } from '../../lab/engine/lab.ts';
import { labelKeys } from '../../lab/engine/labels.ts';
import { runInNetworkOf } from '../../lab/engine/netns.ts';
import { ask, serverOf } from '../../lab/observe/postgres.ts';
import { type FaultLab, faultLab } from './fault-lab.ts';
import { docker, until } from './pglab.ts';

let on: FaultLab;
beforeAll(async () => {
  on = await faultLab(`fault-proofs-${process.pid}`, {
    preset: 'three-nodes-repo-host',
    ready: 'stanza',
    hosts: { repo: { disks: { '/var/lib/pgbackrest': '300m' } } },
  });
});
afterAll(() => on?.remove());
afterEach(() => on.does('heal', 'all'));

const sql = async (name: string, text: string) => (await ask(serverOf(on.lab, on.host(name)), text))[0]?.[0];
/** Whether a connection from one host to another can be made. */
const reaches = async (from: string, to: string, port: number, limit = '') =>
  (await on.sh(from, `${limit} bash -c ': < /dev/tcp/${on.host(to).address}/${port}'`)).exit === 0;
/** Nobody refuses one that is cut. Only there is it given up early: where one is expected, a slow machine may take as long as it likes. */
const reachesSoon = (from: string, to: string, port: number) => reaches(from, to, port, 'timeout 1');

describe('freeze', () => {
  test('a host stands still, and goes on', async () => {
    const [name] = await on.replicas();
    const done = await on.does('freeze', name, 'ice');
    expect(done).toMatchObject({ outcome: 'done', reason: `${name} is paused and uses no CPU, and does not answer` });
    expect((await docker.getContainer(on.host(name).container).inspect()).State.Paused).toBe(true);
    expect(await on.patroni(name)).toBeUndefined();
    expect(await on.does('heal', 'ice')).toMatchObject({ outcome: 'done', reason: `${name} is running` });
    await on.healthy();
  });

  test('a host without any port of its own', async () => {
    expect(await on.does('freeze', 'repo')).toMatchObject({ outcome: 'done', reason: 'repo is paused and uses no CPU' });
  });

  test.each(['patroni', 'postgres'] as const)('%s alone', async (process) => {
    const [name] = await on.replicas();
    const done = await on.does('freeze', { on: name, process }, 'ice');
    expect(done.reason).toMatch(/is stopped and uses no CPU, and does not answer/);
    expect(done.outcome).toBe('done');
    const server = sql(name, 'select 1');
    if (process === 'patroni') expect(await server).toBe(1);
    else await expect(server).rejects.toThrow();
    expect(await on.does('heal', 'ice')).toMatchObject({ outcome: 'done', reason: `${process} on ${name} runs on` });
    await until(async () => (await on.patroni(name))?.state === 'streaming');
  });

  test('what does not run cannot be frozen', async () => {
    await expect(on.does('freeze', { on: 'repo', process: 'archiver' })).rejects.toThrow('no archiver runs on repo');
  });

  test('one that is not frozen any more when it is looked at is unproven', async () => {
    const [name] = await on.replicas();
    const pid = (await on.sh(name, 'head -n 1 "$PGDATA/postmaster.pid"')).stdout.trim();
    // Somebody else wakes it up again and again.
    const waking = on.sh(name, `for i in {1..150}; do kill -CONT ${pid}; sleep 0.01; done`, 'root');
    const done = await on.does('freeze', { on: name, process: 'postgres' });
    await waking;
    expect(done).toMatchObject({ outcome: 'unproven', reason: expect.stringMatching(/still moves|still answers/) });
  });
});

describe('start and stop', () => {
  test('what is so already is unproven, and what is partly so is done', async () => {
    const [one, other] = await on.replicas();
    const service = (names: string | readonly string[]) => ({ on: names, service: 'pgbackrest' });
    expect(await on.does('start', service(one))).toMatchObject({
      outcome: 'unproven',
      reason: `pgbackrest on ${one} runs already: nothing was started`,
    });
    expect((await on.does('stop', service(one))).outcome).toBe('done');
    expect(await on.does('stop', service(one))).toMatchObject({
      outcome: 'unproven',
      reason: `pgbackrest on ${one} is down already: nothing was stopped`,
    });
    expect((await on.does('start', service([one, other]))).outcome).toBe('done');
    expect(await on.does('start', 'etcd3')).toMatchObject({ outcome: 'unproven', reason: 'etcd3 runs already: nothing was started' });
    expect((await on.does('kill', 'etcd3')).outcome).toBe('done');
    expect(await on.does('stop', 'etcd3')).toMatchObject({ outcome: 'unproven', reason: 'etcd3 is down already: nothing was stopped' });
    expect((await on.does('start', 'etcd3')).outcome).toBe('done');
    await on.healthy();
  });
});

describe('crash', () => {
  test.each(['checkpointer', 'walreceiver', 'startup', 'patroni', 'pgbackrest', 'postgres'] as const)(
    '%s of a standby',
    async (process) => {
      const [name] = await on.replicas();
      const before = await sql(name, 'select pg_postmaster_start_time()::text');
      const done = await on.does('crash', { on: name, process });
      expect(done).toMatchObject({
        outcome: 'done',
        reason: expect.stringMatching(new RegExp(`^${process} on ${name} \\(pid \\d+\\) is gone$`)),
      });
      await on.cameBack(name, process, done);
      const after = await sql(name, 'select pg_postmaster_start_time()::text');
      expect(after === before).toBe(process !== 'postgres' && process !== 'startup');
    },
  );

  test('archiver and every walsender of the leader', async () => {
    await on.healthy();
    const name = await on.leader();
    const archiver = await on.does('crash', { on: name, process: 'archiver' });
    expect(archiver).toMatchObject({ outcome: 'done' });
    await on.cameBack(name, 'archiver', archiver);
    const main = await on.leader();
    const done = await on.does('crash', { on: main, process: 'walsender' });
    expect(done).toMatchObject({ outcome: 'done', reason: expect.stringMatching(/\(pid \d+, \d+\) are gone/) });
    await on.cameBack(main, 'walsender', done);
  });
});

describe('cut', () => {
  test('both ways: the sides cannot reach each other, everybody else can', async () => {
    const [a, b] = await on.replicas();
    const done = await on.does('cut', { from: a, to: `${b}, repo` }, 'split');
    expect(done).toMatchObject({
      outcome: 'done',
      reason: expect.stringMatching(/between the sides .* fail, \d+ probes that should pass do/),
    });
    expect(await reachesSoon(a, b, 8008)).toBe(false);
    expect(await reachesSoon(b, a, 8008)).toBe(false);
    expect(await reachesSoon('repo', a, 8432)).toBe(false);
    expect(await reaches('repo', b, 8432)).toBe(true);
    expect(await reaches(a, await on.leader(), 8008)).toBe(true);
    // The observer.
    expect(await on.patroni(a)).toBeDefined();
    expect(await sql(a, 'select 1')).toBe(1);
    expect(await on.does('heal', 'split')).toMatchObject({ outcome: 'done', reason: expect.stringMatching(/are let in again/) });
    expect(await reaches(a, b, 8008)).toBe(true);
    expect(await chains(on.host(a))).toBe('');
  });

  test('a connection that stands is cut as well, and one port alone can be', async () => {
    const [name] = await on.replicas();
    const main = await on.leader();
    const done = await on.does('cut', { from: name, to: main, ports: [5432] }, 'split');
    expect(done.outcome).toBe('done');
    expect(await reachesSoon(name, main, 5432)).toBe(false);
    expect(await reaches(name, main, 8008)).toBe(true);
    await sql(main, 'select pg_switch_wal()');
    const behind = () =>
      sql(
        main,
        `select pg_wal_lsn_diff(pg_current_wal_lsn(), coalesce(sent_lsn, '0/0')) > 0 or replay_lsn < sent_lsn from pg_stat_replication where application_name = '${name}'`,
      );
    await until(async () => (await behind()) === true);
    await on.does('heal', 'split');
    await until(async () => (await behind()) === false, 60_000);
  });

  test('one way: what the host sends is dropped, what is sent to it arrives', async () => {
    const [a, b] = await on.replicas();
    expect(await on.does('cut', { from: a, to: b, ways: 'out' }, 'mute')).toMatchObject({ outcome: 'done' });
    expect(await rules(on.host(a))).toEqual([`-A OUTPUT -j ${await chains(on.host(a))}`]);
    await reachesSoon(b, a, 8008);
    await on.does('heal', 'mute');
    expect(await on.does('cut', { from: a, to: b, ways: 'in' }, 'deaf')).toMatchObject({ outcome: 'done' });
    expect(await rules(on.host(a))).toEqual([`-A INPUT -j ${await chains(on.host(a))}`]);
  });

  test('it is back after a restart of the host, and helpers do not stay', async () => {
    const [a, b] = await on.replicas();
    await on.does('cut', { from: a, to: b }, 'split');
    await on.does('restart', a);
    await until(() => reaches(a, a, 8432));
    expect(await reachesSoon(b, a, 8432)).toBe(false);
    await until(async () => (await helpers()) === 0);
    expect(await on.does('heal', 'split')).toMatchObject({ outcome: 'done' });
    await on.healthy();
  });

  test('between hosts of which none answered before, it is unproven', async () => {
    const [name] = await on.replicas();
    await controlService(docker, on.host('repo').container, 'stop', 'pgbackrest');
    await controlService(docker, on.host(name).container, 'stop', 'pgbackrest');
    const done = await on.does('cut', { from: name, to: 'repo', ports: [8432] });
    await controlService(docker, on.host('repo').container, 'start', 'pgbackrest');
    await controlService(docker, on.host(name).container, 'start', 'pgbackrest');
    expect(done).toMatchObject({ outcome: 'unproven', reason: expect.stringMatching(/nothing was let in between/) });
  });

  const filter = async (host: Host, what: string) => (await runInNetworkOf(docker, on.lab, host, what)).stdout.trim();
  const chains = (host: Host) => filter(host, "iptables -S | sed -n 's/^-N //p'");
  const rules = async (host: Host) => (await filter(host, "iptables -S | grep -- ' -j PGLAB'")).split('\n');
  const helpers = async () =>
    (await docker.listContainers({ all: true, filters: { label: [`${labelKeys.lab}=${on.lab.id}`, `${labelKeys.purpose}=helper`] } }))
      .length;
});

describe('fill', () => {
  test('a sized disk, until the heal', async () => {
    const done = await on.does('fill', { on: 'repo', path: '/var/lib/pgbackrest' }, 'full');
    expect(done).toMatchObject({
      outcome: 'done',
      reason: 'postgres on repo is refused another block in /var/lib/pgbackrest: No space left on device',
    });
    expect((await on.sh('repo', 'echo text > /var/lib/pgbackrest/text')).stderr).toContain('No space left on device');
    const failures = async () => Number(await sql(await on.leader(), 'select failed_count from pg_stat_archiver'));
    const before = await failures();
    await sql(await on.leader(), "select pg_logical_emit_message(true, 'test', 'x'), pg_switch_wal()");
    await until(async () => (await failures()) > before);
    expect(await on.does('heal', 'full')).toMatchObject({
      outcome: 'done',
      reason: 'postgres on repo can write to /var/lib/pgbackrest again',
    });
  });

  test("not the machine's own disk", async () => {
    await expect(on.does('fill', { on: 'repo', path: '/var/log' })).rejects.toThrow('is no disk of its own');
  });

  test('where the user of the service may not write at all, it is unproven', async () => {
    await on.sh('repo', 'mkdir -m 0700 /var/lib/pgbackrest/closed', 'root');
    const done = await on.does('fill', { on: 'repo', path: '/var/lib/pgbackrest/closed' });
    expect(done).toMatchObject({ outcome: 'unproven', reason: expect.stringContaining('Permission denied') });
    await on.sh('repo', 'rmdir /var/lib/pgbackrest/closed', 'root');
  });
});

describe('slow', () => {
  const queues = async (name: string) => (await runInNetworkOf(docker, on.lab, on.host(name), 'tc qdisc show dev eth0')).stdout;

  test('is proven by measuring, or unsupported by this kernel', async () => {
    const done = await on.does('slow', { on: 'pg2', by: '200ms' }, 'latency');
    expect((await queues('pg2')).includes('htb')).toBe(done.outcome === 'done');
    if (done.outcome === 'unsupported') {
      expect(done.reason).toMatch(/sch_netem.*unknown/);
      return;
    }
    expect(done).toMatchObject({ outcome: 'done', reason: expect.stringMatching(/^a round trip took \d+\.\d ms and takes \d{3}\.\d ms$/) });
    await expect(on.does('slow', { on: 'pg1, pg2', by: '100ms' }, 'again')).rejects.toThrow('pg2 is slowed already');
    expect(await queues('pg1')).not.toContain('htb');
    expect(await queues('pg2')).toContain('delay 200ms');
    // Whoever answered first may not answer any more.
    for (const name of ['etcd1', 'etcd2', 'etcd3']) await controlService(docker, on.host(name).container, 'stop', 'etcd');
    const healed = await on.does('heal', 'latency');
    for (const name of ['etcd1', 'etcd2', 'etcd3']) await controlService(docker, on.host(name).container, 'start', 'etcd');
    expect(healed).toMatchObject({ outcome: 'done', reason: expect.stringMatching(/^a round trip takes \d+\.\d ms again$/) });
    expect(await queues('pg2')).not.toContain('htb');
    await on.healthy();
  });

  test('is over where its host is stopped', async ({ skip }) => {
    const [name] = await on.replicas();
    const done = await on.does('slow', { on: name, by: '50ms' }, 'latency');
    skip(done.outcome === 'unsupported', done.reason);
    await on.does('kill', name);
    const healed = await on.does('heal', 'latency');
    await on.does('start', name);
    await on.healthy();
    expect(healed).toMatchObject({ outcome: 'done', reason: `${name} is stopped, and what held its packets back is gone` });
    expect(await queues(name)).not.toContain('htb');
  });
});

describe('clock', () => {
  test.each([
    ['patroni', '-2h', -7200],
    ['postgres', '+30m', 1800],
    ['pgbackrest', '-90s', -90],
  ] as const)('of %s alone by %s', async (process, by, seconds) => {
    const [name] = await on.replicas();
    const done = await on.does('clock', { on: name, process, by }, 'skew');
    expect(done).toMatchObject({
      outcome: 'done',
      reason: expect.stringMatching(new RegExp(`^${process} on ${name} is \\d+\\.\\d s (behind|ahead of) its host$`)),
    });
    const toldBy = await offsets(() => sql(name, 'select extract(epoch from clock_timestamp())::float8'));
    expectWithin(toldBy, process === 'postgres' ? seconds : 0);
    expectWithin(await offsets(async () => (await on.sh(name, 'date +%s.%N')).stdout), 0);
    await on.healthy();
    // Patroni finds its PostgreSQL again although their clocks differ.
    await on.does('crash', { on: name, process: 'patroni' });
    await on.healthy();
    expect(await on.does('heal', 'skew')).toMatchObject({ outcome: 'done' });
    await on.healthy();
  });

  /** By how much a clock may differ from this machine's, s: it was looked at some time between the question and the answer. */
  async function offsets(clock: () => Promise<unknown>) {
    const asked = Date.now() / 1000;
    const told = Number(await clock());
    return { least: told - Date.now() / 1000, most: told - asked };
  }
  function expectWithin({ least, most }: Awaited<ReturnType<typeof offsets>>, offset: number): void {
    // An engine's own machine may have another clock.
    expect(least).toBeLessThan(offset + 1);
    expect(most).toBeGreaterThan(offset - 1);
  }

  test('an offset that the program cannot tell is unproven', async () => {
    const [name] = await on.replicas();
    expect(await on.does('clock', { on: name, process: 'pgbackrest', by: '0.2s' })).toMatchObject({
      outcome: 'unproven',
      reason: expect.stringMatching(/cannot tell from none/),
    });
  });
});

describe('configure', () => {
  test('the dynamic configuration, by reload and by restart, and back', async () => {
    await on.healthy();
    const main = await on.leader();
    const done = await on.does('configure', { dcs: { ttl: 21, postgresql: { parameters: { work_mem: '5MB' } } } });
    expect(done).toMatchObject({
      outcome: 'done',
      reason: expect.stringMatching(/reports ttl, postgresql; PostgreSQL has work_mem = 5MB/),
    });
    expect(await sql(main, 'show work_mem')).toBe('5MB');
    const later = await on.does('configure', { dcs: { postgresql: { parameters: { max_connections: 90 } } } });
    expect(later).toMatchObject({ outcome: 'done', reason: expect.stringMatching(/needs a restart for it: max_connections is 100/) });
    const now = await on.does('configure', { dcs: { postgresql: { parameters: { max_connections: 90 } } }, apply: 'restart' });
    expect(now).toMatchObject({ outcome: 'done', reason: expect.stringMatching(/PostgreSQL has max_connections = 90/) });
    expect(await on.leader()).toBe(main);
    const back = await on.does('configure', {
      dcs: { ttl: 20, postgresql: { parameters: { work_mem: null, max_connections: null } } },
      apply: 'restart',
    });
    expect(back.outcome).toBe('done');
    expect(await Promise.all(['pg1', 'pg2', 'pg3'].map((name) => sql(name, 'show max_connections')))).toEqual(['100', '100', '100']);
    await on.healthy();
  });

  test('a parameter that PostgreSQL does not have is unproven', async () => {
    const done = await on.does('configure', { dcs: { postgresql: { parameters: { worm_mem: '5MB' } } } });
    expect(done).toMatchObject({ outcome: 'unproven', reason: expect.stringMatching(/there is no worm_mem/) });
    await on.does('configure', { dcs: { postgresql: { parameters: { worm_mem: null } } } });
  });

  test('a value that Patroni does not take is unproven, though it would need a restart', async () => {
    const done = await on.does('configure', { dcs: { postgresql: { parameters: { max_connections: 'lots' } } } });
    expect(done).toMatchObject({
      outcome: 'unproven',
      reason: expect.stringMatching(/max_connections is 100.*Patroni wants no restart for it/),
    });
    await on.does('configure', { dcs: { postgresql: { parameters: { max_connections: null } } } });
  });

  test("a host's own files: Patroni's, pgBackRest's, and raw ones", async () => {
    const [name] = await on.replicas();
    const done = await on.does('configure', {
      on: name,
      patroni: { tags: { nofailover: true }, postgresql: { parameters: { log_min_duration_statement: '3s' } } },
      pgbackrest: { global: { 'process-max': 3, 'archive-async': true }, 'global:archive-push': { 'process-max': 4 } },
      files: { '/etc/lab-test/one': 'text\n' },
      hosts: { [name]: { pgbackrest: { global: { 'archive-timeout': 30 } } } },
    });
    expect(done.reason).toMatch(
      /takes process-max of \[global\], archive-async of \[global\], archive-timeout of \[global\], process-max of \[global:archive-push\]/,
    );
    expect(done.reason).toMatch(/its log says that it has read it; PostgreSQL has log_min_duration_statement = 3s/);
    expect(done.outcome).toBe('done');
    expect(await sql(name, 'show log_min_duration_statement')).toBe('3s');
    const files = await on.sh(
      name,
      'stat -c "%U %a %n" /etc/patroni/config.yml /etc/pgbackrest/pgbackrest.conf /etc/lab-test/one; sv status /etc/lab/services/async-log',
      'root',
    );
    expect(files.stdout).toMatch(
      /^postgres 600 \/etc\/patroni\/config.yml\npostgres 644 \/etc\/pgbackrest\/pgbackrest.conf\npostgres 644 \/etc\/lab-test\/one\nrun:/,
    );
    const back = await on.does('configure', {
      on: name,
      apply: 'restart',
      patroni: { tags: { nofailover: false }, postgresql: { parameters: null } },
      pgbackrest: {
        global: { 'process-max': 2, 'archive-async': null, 'archive-timeout': null },
        'global:archive-push': { 'process-max': null },
      },
      files: { '/etc/lab-test/one': null },
    });
    expect(back.outcome).toBe('done');
    await on.healthy();
  });

  test.each([
    [{ 'no-such-option': 1 }, /invalid option 'no-such-option'/],
    [{ 'process-max': 'many' }, /'many' is not valid for 'process-max' option/],
  ])('%j is not what pgBackRest takes', async (global, says) => {
    const done = await on.does('configure', { on: 'repo', apply: 'none', pgbackrest: { global } });
    await on.does('configure', { on: 'repo', pgbackrest: { global: { 'no-such-option': null, 'process-max': 2 } } });
    expect(done).toMatchObject({ outcome: 'unproven', reason: expect.stringMatching(says) });
  });
});

test('wipe refuses while PostgreSQL runs, and empties everything of its own where it does not', async () => {
  const [name] = await on.replicas();
  await expect(on.does('wipe', name)).rejects.toThrow(`PostgreSQL runs on ${name}`);
  await on.does('stop', { on: name, service: 'patroni' });
  await on.sh(
    name,
    'mkdir /tmp/space && touch /tmp/space/row "$PGDATA/.hidden" && ln -s /tmp/space "$PGDATA/pg_tblspc/16999" && mkdir -p /var/spool/pgbackrest/archive/demo/out',
  );
  const done = await on.does('wipe', name);
  expect(done).toMatchObject({
    outcome: 'done',
    reason: expect.stringMatching(/main, \/var\/spool\/pgbackrest, \/tmp\/space on \w+ are empty/),
  });
  expect((await on.sh(name, 'find "$PGDATA" /tmp/space /var/spool/pgbackrest -mindepth 1; ls -d "$PGDATA"')).stdout).toMatch(
    /^\/var\/lib\/postgresql\/\d+\/main\n$/,
  );
  await on.does('start', { on: name, service: 'patroni' });
  await on.healthy();
});
