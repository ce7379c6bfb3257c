/**
 * Gives a Debian or Ubuntu machine its distribution's Docker engine and starts it. Changes this machine, and says each thing
 * that it does; everything else about engines is `lab/engine`'s.
 */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { poll } from '../lab/core/deadline.ts';
import { seconds } from '../lab/core/duration.ts';
import { LabError } from '../lab/core/problem.ts';
import type { Endpoint } from '../lab/engine/endpoints.ts';

const log = '/var/log/pglab-dockerd.log';
const pidFiles = { dockerd: '/var/run/docker.pid', containerd: '/var/run/docker/containerd/containerd.pid' } as const;
const socket: Endpoint = { source: 'the engine just started', address: 'unix:///var/run/docker.sock' };

/** Resolves when the engine answers. Throws LabError where this machine cannot be helped, or the engine does not come up. */
export async function startEngine(
  ping: (endpoint: Endpoint) => Promise<void>,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  refuseElsewhere();
  if (!isInstalled('dockerd')) await install(say, signal);
  let exited: string | undefined;
  const since = existsSync(log) ? statSync(log).size : 0;
  if (existsSync('/run/systemd/system')) {
    say('starting the docker service');
    await run('systemctl', ['start', 'docker'], say, signal);
  } else if (await answers(ping)) {
    // The package's own start script was allowed to start it.
  } else if (isRunning('dockerd', pidFiles.dockerd)) {
    say('dockerd runs already; waiting for it');
  } else {
    // dockerd trusts the number in a pid file, although by now it may be another process's, or nobody's.
    for (const [program, file] of Object.entries(pidFiles)) if (!isRunning(program, file)) rmSync(file, { force: true });
    say(`starting dockerd (no init system here does it; its log: ${log})`);
    const output = openSync(log, 'a');
    const daemon = spawn('dockerd', [], { detached: true, stdio: ['ignore', output, output] });
    daemon.on('exit', (code, by) => {
      exited = by ? `was killed by ${by}` : `exited with code ${code}`;
    });
    daemon.on('error', (error) => {
      exited = error.message;
    });
    daemon.unref();
    closeSync(output);
    shareCpu(say);
  }
  const limit = seconds(60);
  const waited = await poll(
    async () => exited ?? (await answers(ping)),
    (state) => state !== false,
    { within: limit, signal },
  );
  if (waited.last === true) return;
  throw new LabError(exited ? `dockerd ${exited}` : `dockerd does not answer after ${limit / 1000} s`, {
    detail: lastWords(since),
    hint: `the whole log is in ${log}`,
  });
}

/**
 * Shares CPU out as an init system would. Without one all hosts are one group (cgroups v1), which gets as much as any one session or thread
 * of the engine's, and a lab that comes up has dozens of those: a process in a running lab then waits up to 0.3 s for its turn on two cores,
 * and 0.03 s with this. And each session is a group (sched(7), autogroup) whose weight on a core is that of what it does there, next to
 * nothing for a recorder, which mostly sleeps: it waited up to 0.9 s, and 0.13 s with this.
 */
function shareCpu(say: (line: string) => void): void {
  const [autogroup, groups] = ['/proc/sys/kernel/sched_autogroup_enabled', '/sys/fs/cgroup/cpu'];
  if (existsSync(autogroup)) write(autogroup, '0', 'sessions compete for CPU as their processes do', say);
  if (!existsSync(`${groups}/cpu.shares`)) return;
  mkdirSync(`${groups}/docker`, { recursive: true });
  write(`${groups}/docker/cpu.shares`, '8192', "labs that run come before the engine's own work", say);
}

/** A setting of this kernel's; not every machine lets even root write it, and the engine runs without. */
function write(file: string, value: string, gain: string, say: (line: string) => void): void {
  try {
    writeFileSync(file, value);
    say(`${gain} (${value} > ${file})`);
  } catch (error) {
    say(`${file} stays as it is: ${(error as Error).message}`);
  }
}

function refuseElsewhere(): void {
  if (process.platform === 'darwin') {
    throw new LabError('no Docker engine answers on this Mac', {
      hint: 'install and start Docker Desktop or Colima (brew install colima docker; colima start)',
    });
  }
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  const isDebian = /^ID(?:_LIKE)?=.*\b(?:debian|ubuntu)\b/m.test(release);
  if (!isDebian) {
    throw new LabError('no Docker engine answers, and setup can install one on Debian and Ubuntu only', {
      hint: 'install Docker or Podman from your distribution, start it, and run npm run setup again',
    });
  }
  if (process.getuid?.() !== 0) {
    throw new LabError('no Docker engine answers, and installing or starting one takes root', {
      hint: 'as root: apt-get install --no-install-recommends docker.io iptables; then join the docker group (usermod -aG docker USER) and log in again',
    });
  }
}

async function install(say: (line: string) => void, signal: AbortSignal): Promise<void> {
  say('installing docker.io and iptables from the distribution');
  await run('apt-get', ['update', '-q'], say, signal);
  await run('apt-get', ['install', '-q', '-y', '--no-install-recommends', 'docker.io', 'iptables'], say, signal);
}

/** Runs a program in silence; its last words go into the LabError that its failure throws. */
async function run(command: string, args: readonly string[], say: (line: string) => void, signal: AbortSignal): Promise<void> {
  const { $ } = await import('zx');
  say(`  ${command} ${args.join(' ')}`);
  const result = await $({
    nothrow: true,
    quiet: true,
    signal,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
  })`${command} ${args}`;
  signal.throwIfAborted();
  if (result.exitCode === 0) return;
  throw new LabError(`${command} ${args[0]} failed with exit code ${result.exitCode}`, {
    detail: `${result.stdout}\n${result.stderr}`.trim().split('\n').slice(-12),
    hint: "run it by hand to see more; where packages cannot be fetched, check the network and apt's sources",
  });
}

async function answers(ping: (endpoint: Endpoint) => Promise<void>): Promise<boolean> {
  return ping(socket).then(
    () => true,
    () => false,
  );
}

function isInstalled(program: string): boolean {
  return (process.env.PATH ?? '')
    .split(':')
    .concat('/usr/sbin', '/sbin')
    .some((folder) => existsSync(`${folder}/${program}`));
}

/** Whether a pid file's process is the living program that wrote it. */
function isRunning(program: string, pidFile: string): boolean {
  try {
    const pid = readFileSync(pidFile, 'utf8').trim();
    // One that was killed stays as a zombie where PID 1 is no init.
    return new RegExp(`\\(${program}\\) [^ZX]`).test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** The end of what dockerd said since this start, without its chatter where it said more than that. */
function lastWords(since: number): readonly string[] {
  if (!existsSync(log)) return [];
  const lines = readFileSync(log).subarray(since).toString('utf8').trim().split('\n');
  const grave = lines.filter((line) => !/level=(?:info|debug)|module=grpc/.test(line));
  return (grave.length > 0 ? grave : lines).slice(-8);
}
