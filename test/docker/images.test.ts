import { execa } from 'execa';
import { GenericContainer, type StartedTestContainer } from 'testcontainers';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { findEngine } from '../../lab/engine/connect.ts';
import { ensureImages, imageKey, imageTag } from '../../lab/engine/images.ts';
import type { ImageSpec } from '../../lab/topology/blueprint.ts';

// Its image is on a registry that a lab's machine need not reach; every container here is stopped by name.
process.env.TESTCONTAINERS_RYUK_DISABLED = 'true';

const patroni: ImageSpec = { kind: 'patroni', train: 'forky', versions: {} };
const etcd: ImageSpec = { kind: 'etcd', train: 'forky', versions: {} };
const repo: ImageSpec = { kind: 'repo', train: 'forky', versions: {} };
const skewed: ImageSpec = { kind: 'repo', train: 'forky', versions: { pgbackrest: '2.55.1' } };

const down = (...services: string[]) => services.map((name) => ({ content: '', target: `/etc/lab/services/${name}/down` }));

/**
 * Prints how many locks stay taken when 300 handlers of SIGTERM raise, as Patroni's does to end; and how many who wait are still
 * listed when the signal comes just as a Condition has woken one.
 */
const endsWithLocks = `
import _signal, functools, os, random, signal, threading, time, types

class Ended(Exception):
    pass

def end(*_):
    raise Ended

signal.signal(signal.SIGTERM, end)
lock, condition = threading.Lock(), threading.Condition()
asks, answers = os.pipe()
sender = os.fork()
while sender == 0:
    os.read(asks, 1)
    time.sleep(random.random() / 500)
    os.kill(os.getppid(), signal.SIGTERM)
left = 0
for _ in range(300):
    try:
        os.write(answers, b'.')
        while True:
            with lock:
                pass
            with condition:
                pass
    except Ended:
        pass
    left += lock.locked() + condition._lock._recursion_count()
    lock, condition = threading.Lock(), threading.Condition()
os.kill(sender, signal.SIGKILL)

signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
os.kill(os.getpid(), signal.SIGTERM)
condition._waiters.append(types.SimpleNamespace(release=functools.partial(_signal.pthread_sigmask, signal.SIG_UNBLOCK, [signal.SIGTERM])))
try:
    with condition:
        condition.notify()
    time.sleep(10)
except Ended:
    pass
print(left, len(condition._waiters))
`;

let host: StartedTestContainer | undefined;

/** `bashEnv`: what every bash in it reads first, its init's among them. */
async function start(spec: ImageSpec, services: readonly string[], bashEnv = ''): Promise<StartedTestContainer> {
  host = await new GenericContainer(imageTag(spec))
    .withCopyContentToContainer([...down(...services), { content: bashEnv, target: '/bash-env' }])
    .withEnvironment({ BASH_ENV: '/bash-env' })
    .start();
  return host;
}

async function run(container: StartedTestContainer, command: string, user = 'root'): Promise<string> {
  const { exitCode, output } = await container.exec(['bash', '-c', command], { user });
  if (exitCode !== 0) throw new Error(`${command}: exit code ${exitCode}\n${output}`);
  return output.trim();
}

async function logOf(container: StartedTestContainer): Promise<string> {
  return (await execa('docker', ['logs', container.getId()], { all: true })).all;
}

beforeAll(async () => {
  await ensureImages(await findEngine(), [patroni, etcd, repo, skewed]);
});
afterEach(async () => {
  await host?.stop({ timeout: 0 });
  host = undefined;
});

describe('a database host', () => {
  const others = ['patroni', 'pgbackrest', 'sshd', 'postgres'];

  test("Patroni's Python ends on SIGTERM without a lock that stays taken or a wake-up that is lost, which would hang it", async () => {
    const container = await start(patroni, others);
    const left = (env: string) => run(container, `${env} timeout 60 python3 - <<'END'\n${endsWithLocks}END`, 'postgres');
    expect(await left('PYTHONPATH=/etc/lab/python')).toBe('0 0');
    // Where a later Python leaves none by itself, sitecustomize.py has nothing left to mend.
    expect(await left('')).toMatch(/^[1-9]\d* 1$/);
  });

  test('ends its PostgreSQL cleanly when it is stopped, and answers marks', async () => {
    const container = await start(patroni, others);
    await run(container, 'initdb -A trust -D "$PGDATA"', 'postgres');
    await run(container, 'sv -w 60 start /etc/lab/services/postgres && until pg_isready; do sleep 0.1; done');
    const id = container.getId();
    await execa('docker', ['kill', '--signal', 'USR1', id]);
    // A session that stays: a smart shutdown would wait for it.
    await execa('docker', ['exec', '--detach', '--user', 'postgres', id, 'psql', '-c', 'select pg_sleep(600)']);
    await execa('docker', ['stop', '--time', '90', id]);
    const log = await logOf(container);
    expect(log).toContain('lab: read mark 1');
    expect(log).toContain('database system is shut down');
    const { stdout } = await execa('docker', ['inspect', '--format', '{{.State.ExitCode}}', id]);
    expect(stdout).toBe('0');
    await execa('docker', ['start', id]);
    expect(await run(container, 'pg_controldata')).toMatch(/cluster state: +(?:shut down|in production)/);
  });

  test('lets Patroni go, and lives on, where the signal comes while its init starts the supervisor', async () => {
    const container = await start(patroni, others, "trap 'case $BASH_COMMAND in supervisor=?*) kill -USR2 $$; sleep 0.2 ;; esac' DEBUG\n");
    await run(container, 'until sv status /etc/lab/services/patroni | grep -q ^run:; do sleep 0.05; done');
    await execa('docker', ['kill', '--signal', 'USR1', container.getId()]);
    await expect.poll(() => logOf(container), { timeout: 10_000 }).toMatch(/read mark 1|supervisor ended/);
    await execa('docker', ['stop', '--time', '90', container.getId()]);
    expect(await logOf(container)).not.toContain('supervisor ended');
  });

  test('runs services as postgres, keeps the ones marked down from starting, and restarts one when told to', async () => {
    const container = await start(patroni, others);
    expect(await run(container, 'sv status /etc/lab/services/patroni')).toMatch(/^down: /);
    await run(container, 'initdb -A trust -D "$PGDATA"', 'postgres');
    const isReady = 'until pg_isready -q; do sleep 0.1; done; head -1 "$PGDATA/postmaster.pid"';
    const first = await run(container, `sv -w 60 start /etc/lab/services/postgres > /dev/null; ${isReady}`);
    expect(await run(container, `ps -o user= -p ${first}`)).toBe('postgres');
    const restart = `sleep 1; sv -w 60 restart /etc/lab/services/postgres > /dev/null; while kill -0 ${first} 2> /dev/null; do sleep 0.1; done`;
    expect(await run(container, `${restart}; ${isReady}`)).not.toBe(first);
    await run(container, 'kill -9 $(head -1 "$PGDATA/postmaster.pid"); sleep 1.5');
    expect(await run(container, 'sv status /etc/lab/services/postgres')).toMatch(/^down: /);
  });

  test('a PostgreSQL that was killed with its host bears a number that nobody has after the next start', async () => {
    const container = await start(patroni, others);
    await run(container, 'initdb -A trust -D "$PGDATA"', 'postgres');
    const isReady = 'until pg_isready -q; do sleep 0.1; done; head -1 "$PGDATA/postmaster.pid"';
    await run(container, `sv -w 60 start /etc/lab/services/postgres > /dev/null; ${isReady}`);
    await execa('docker', ['kill', container.getId()]);
    await execa('docker', ['start', container.getId()]);
    await run(container, 'until [ -p /etc/lab/services/postgres/supervise/ok ]; do sleep 0.1; done');
    expect(await run(container, 'head -1 "$PGDATA/postmaster.pid"')).toBe('4194303');
    expect(await run(container, `sv -w 60 start /etc/lab/services/postgres > /dev/null; ${isReady}`)).toMatch(/^\d{2,3}$/);
  });

  test("brings pgBackRest's asynchronous logs into its stream once, over a restart too", async () => {
    const container = await start(patroni, others);
    const write = (line: string) => run(container, `echo '${line}' >> /var/log/pgbackrest/demo-archive-push-async.log`, 'postgres');
    await write('first line');
    await execa('docker', ['restart', '--time', '30', container.getId()]);
    await write('second line');
    await expect.poll(() => logOf(container), { timeout: 10_000 }).toContain('second line');
    expect((await logOf(container)).match(/first line/g)).toHaveLength(1);
  });

  test('has what it needs and nothing that it must not have', async () => {
    const container = await start(patroni, others);
    expect(await run(container, 'id -u postgres')).toBe('900');
    expect(await run(container, 'stat -c "%U %a" /var/lib/postgresql/18 /var/lib/pgbackrest /etc/pgbackrest/cert')).toBe(
      'postgres 700\npostgres 750\npostgres 750',
    );
    await run(container, 'command -v psql patronictl pgbackrest faketime sshd ps ip');
    expect(await run(container, 'ls -d "$PGDATA" /etc/ssh/ssh_host_* 2> /dev/null; find / -xdev -name "libLLVM*"; echo end')).toBe('end');
  });
});

test('etcd runs as postgres', async () => {
  const container = await new GenericContainer(imageTag(etcd))
    .withCopyContentToContainer([{ target: '/etc/etcd/etcd.yml', content: 'name: etcd1\ndata-dir: /var/lib/etcd/data\n' }])
    .start();
  host = container;
  await run(container, 'until etcdctl endpoint health > /dev/null 2>&1; do sleep 0.1; done');
  expect(await run(container, 'ps -C etcd -o user=')).toBe('postgres');
});

test('a borrowed pgBackRest is the one that the host runs, from any path', async () => {
  const container = await start(skewed, ['pgbackrest', 'sshd']);
  expect(await run(container, 'pgbackrest version; /usr/bin/pgbackrest version')).toBe('pgBackRest 2.55.1\npgBackRest 2.55.1');
  const { stdout } = await execa('docker', [
    'inspect',
    '--format',
    '{{index .Config.Labels "pglab.version.pgbackrest"}}',
    imageTag(skewed),
  ]);
  expect(stdout).toBe('2.55.1');
});

describe('images', () => {
  test('are small enough', async () => {
    const { stdout } = await execa('docker', ['inspect', '--format', '{{.Size}}', imageTag(patroni)]);
    expect(Number(stdout)).toBeLessThan(400e6);
  });

  test('are not built twice', async () => {
    const seen: unknown[] = [];
    const made = await ensureImages(await findEngine(), [patroni, patroni, repo], (progress) => seen.push(progress));
    expect(seen).toEqual([]);
    expect([...made]).toEqual([
      [imageKey(patroni), imageTag(patroni)],
      [imageKey(repo), imageTag(repo)],
    ]);
  });
});

describe('every image', () => {
  let target: StartedTestContainer;
  beforeAll(async () => {
    target = await new GenericContainer(imageTag(repo)).withCopyContentToContainer(down('pgbackrest')).start();
  });
  afterAll(() => target.stop({ timeout: 0 }));

  test("makes faults in a host's network from a helper beside it", async () => {
    const filter = 'iptables -N lab && iptables -A lab -j DROP && iptables -S lab';
    const { stdout } = await execa('docker', [
      'run',
      '--rm',
      '--cap-add=NET_ADMIN',
      `--network=container:${target.getId()}`,
      '--entrypoint=sh',
      imageTag(repo),
      '-c',
      filter,
    ]);
    expect(stdout).toContain('-A lab -j DROP');
    const { exitCode } = await target.exec(['iptables', '-S', 'lab'], { user: 'root' });
    expect(exitCode).not.toBe(0);
  });
});
