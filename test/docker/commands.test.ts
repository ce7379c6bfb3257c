/** Commands in a host, which a program that stays there runs: as `docker exec` would run them. */
import { execa } from 'execa';
import { GenericContainer, type StartedTestContainer } from 'testcontainers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { projectFolder } from '../../lab/core/project.ts';
import { type Command, runCommand } from '../../lab/engine/commands.ts';
import { ensureImages, imageTag } from '../../lab/engine/images.ts';
import type { Host } from '../../lab/engine/lab.ts';
import { lookAtFiles } from '../../lab/observe/files.ts';
import { locksReleased } from '../../lab/run/pgbackrest-locks.ts';
import type { ImageSpec } from '../../lab/topology/blueprint.ts';
import { docker, until } from './pglab.ts';

process.env.TESTCONTAINERS_RYUK_DISABLED = 'true';

const repo: ImageSpec = { kind: 'repo', train: 'forky', versions: {} };

let host: StartedTestContainer;
beforeAll(async () => {
  await ensureImages(docker, [repo]);
  host = await new GenericContainer(imageTag(repo)).start();
});
afterAll(() => host?.stop({ timeout: 0 }));

const run = (argv: string[], how: Omit<Command, 'argv'> = {}) => runCommand(docker, host.getId(), { argv, ...how });
const sh = (script: string, how: Omit<Command, 'argv'> = {}) => run(['bash', '-c', script], how);
const runners = async () => (await sh('pgrep -c -P 0 lab-runner')).stdout.trim();

test.each(['postgres', 'root'] as const)('%s has the same surroundings as by docker exec', async (user) => {
  const script =
    'id; pwd; umask; ulimit -a; env | sort; grep -E "^Sig(Blk|Ign)|^Cap|^NoNewPrivs|^Seccomp:" /proc/self/status; readlink /proc/self/fd/0; ps -o sid=,pgid= $$ | tr -d 0-9; [ "$(ps -o sid= $$)" -eq $$ ] && echo own session; echo open > /dev/stdout';
  const { stdout } = await execa('docker', ['exec', '-u', user, '-e', 'WITH=a = b', host.getId(), 'bash', '-c', script]);
  expect((await sh(script, { user, env: { WITH: 'a = b' } })).stdout.trim()).toBe(stdout);
});

test.each([
  ['its exit code', ['bash', '-c', 'exit 3'], { exit: 3, stdout: '', stderr: '' }],
  ['both of its streams', ['bash', '-c', 'echo in; echo out >&2'], { exit: 0, stdout: 'in\n', stderr: 'out\n' }],
  ['the signal that ended it', ['bash', '-c', 'kill -KILL $$'], { exit: 137, stdout: '', stderr: '' }],
  ['words as they are', ['printf', '%s|', '', 'a b', "'$HOME'", 'ü\n'], { exit: 0, stdout: "|a b|'$HOME'|ü\n|", stderr: '' }],
  ['that it cannot be run', ['/etc/passwd'], { exit: 126, stdout: '', stderr: '/etc/passwd: Permission denied\n' }],
  ['that there is none', ['no-such-program'], { exit: 127, stdout: '', stderr: 'no-such-program: No such file or directory\n' }],
])('a command answers with %s', async (_, argv, answer) => {
  expect(await run(argv)).toEqual(answer);
});

test('as much as it likes goes in and out', async () => {
  const text = 'größer '.repeat(500_000);
  const parts: string[] = [];
  const { stdout } = await run(['cat'], { stdin: text, onOutput: (_, part) => parts.push(part) });
  expect(stdout === text).toBe(true);
  expect(parts.join('') === text).toBe(true);
  expect(await run(['true'], { stdin: text })).toMatchObject({ exit: 0 });
});

test('commands run side by side', async () => {
  await run(['mkfifo', '/tmp/there', '/tmp/back']);
  const first = sh('cat /tmp/there; echo pong > /tmp/back');
  expect((await sh('echo ping > /tmp/there; cat /tmp/back')).stdout).toBe('pong\n');
  expect((await first).stdout).toBe('ping\n');
  expect(await runners()).toBe('1');
});

test('who gives up gets the reason, and the program goes on', async () => {
  const giving = new AbortController();
  const reason = new Error('enough');
  const waiting = sh('echo begun; until [ -e /tmp/go ]; do sleep 0.02; done; echo gone on > /tmp/went', {
    signal: giving.signal,
    onOutput: () => giving.abort(reason),
  });
  await expect(waiting).rejects.toBe(reason);
  await sh('touch /tmp/go');
  await until(async () => (await sh('cat /tmp/went')).stdout === 'gone on\n');
});

test('what a command leaves behind does not keep it, and stays', async () => {
  const { stdout } = await sh('sleep 1000 & echo $!; kill -STOP $!');
  expect((await run(['ps', '-o', 'state=', '-p', stdout.trim()])).stdout).toBe('T\n');
  expect((await run(['kill', '-KILL', stdout.trim()])).exit).toBe(0);
  expect((await sh('yes & sleep 0.3')).exit).toBe(0);
});

test('files are counted by pattern, and a folder that is not there is told from an empty one', async () => {
  await sh("mkdir -p '/tmp/look/a b' /tmp/look/c; echo one > '/tmp/look/a b/1.ready'; echo two > /tmp/look/c/2.ready");
  const look = (path: string, text = false) => lookAtFiles(docker, host.getId(), 'repo', path, text);
  expect(await look('/tmp/look/*/*.ready')).toEqual({ kind: 'file', host: 'repo', count: 2 });
  expect(await look('/tmp/look/a b/*.ready', true)).toEqual({ kind: 'file', host: 'repo', count: 1, text: 'one\n' });
  expect(await look('/tmp/look/c/*.done')).toEqual({ kind: 'file', host: 'repo', count: 0 });
  expect(await look('/tmp/look/*/none/*.ready')).toEqual({ kind: 'file', host: 'repo', count: 0, noFolder: true });
  expect(await look('/tmp/look/$(touch x)/1')).toEqual({ kind: 'file', host: 'repo', count: 0, noFolder: true });
});

test('a lock is waited for while it is the own command’s, and not another’s', async () => {
  const hosts = [{ container: host.getId() }] as unknown as readonly Host[];
  const { signal } = new AbortController();
  await sh(`mkdir -p /tmp/pgbackrest; echo '{"execId":"7-abc","pid":1}' > /tmp/pgbackrest/demo-backup-1.lock`);
  await locksReleased(docker, hosts, 'P00   INFO: backup command begin 2.60.0: --exec-id=8-abc --stanza=demo', signal);
  expect((await sh('ls /tmp/pgbackrest')).stdout).toBe('demo-backup-1.lock\n');
  const letGo = sh('sleep 0.3; rm /tmp/pgbackrest/demo-backup-1.lock');
  await locksReleased(docker, hosts, 'P00   INFO: backup command begin 2.60.0: --exec-id=7-abc --stanza=demo', signal);
  expect((await sh('ls /tmp/pgbackrest')).stdout).toBe('');
  await letGo;
});

test('a runner that somebody kills is told from a program that was killed', async () => {
  let killing: Promise<unknown> | undefined;
  const onOutput = () => {
    killing = execa('docker', ['exec', host.getId(), 'pkill', '-KILL', '-P', '0', 'lab-runner']);
  };
  const interrupted = sh('echo begun; sleep 1000', { onOutput });
  await expect(interrupted).rejects.toThrow(
    /^the connection to container \w+ was lost while a command ran: bash -c echo begun; sleep 1000$/,
  );
  await killing;
  expect(await run(['true'])).toMatchObject({ exit: 0 });
});

test('of a process that ends meanwhile no runner stays, but its command goes on', async () => {
  const program = `
    import { runCommand } from './dist/lab/engine/commands.js';
    import { findEngine } from './dist/lab/engine/connect.js';
    void runCommand(await findEngine(), '${host.getId()}', {
      argv: ['bash', '-c', 'echo begun; until [ -e /tmp/ended ]; do sleep 0.02; echo more; done; touch /tmp/done'],
      onOutput: () => process.exit(),
    });`;
  await execa('node', ['--input-type=module', '--eval', program], { cwd: projectFolder });
  expect(await runners()).toBe('2');
  await sh('touch /tmp/ended');
  await until(async () => (await sh('test -e /tmp/done')).exit === 0 && (await runners()) === '1');
});

test('a host that is paused or down is said to be so at once, and is there again afterwards', async () => {
  const container = docker.getContainer(host.getId());
  await container.pause();
  await expect(run(['true'])).rejects.toThrow(expect.objectContaining({ cause: new Error('the container is paused') }));
  await container.unpause();
  expect(await run(['true'])).toMatchObject({ exit: 0 });
  const interrupted = sh('echo begun; sleep 1000', { onOutput: () => void container.kill() });
  expect(await interrupted).toEqual({ exit: 137, stdout: 'begun\n', stderr: '' });
  await until(async () => !(await container.inspect()).State.Running);
  await expect(run(['true'])).rejects.toThrow(expect.objectContaining({ cause: new Error('the container is exited') }));
  await container.start();
  expect(await run(['true'])).toMatchObject({ exit: 0 });
});
