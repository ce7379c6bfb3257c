/** The bench's labs: made by the compiled program as a person would call it, removed whatever happened. */
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Event } from '../../lab/core/event.ts';
import { LabError } from '../../lab/core/problem.ts';
import { projectFolder } from '../../lab/core/project.ts';
import type { Docker } from '../../lab/engine/connect.ts';
import { listLabs, removeLab } from '../../lab/engine/lab.ts';
import { isRunning } from '../../lab/engine/local-process.ts';
import { handLabel } from './hand-driven.ts';

const program = 'dist/lab/cli/main.js';

/** A lab of this bench; another bench on the same engine has names of its own. */
export function labName(which: string): string {
  return `bench-${process.pid}-${which}`;
}

export interface Output {
  readonly stdout: string;
  /** Lines of stderr, with the second at which each came. */
  readonly said: readonly { readonly at: number; readonly line: string }[];
}

export interface Running {
  /** Exit codes that are results. */
  readonly accepted?: readonly number[];
  /** Told of the process. */
  readonly onStart?: (pid: number) => void;
}

/** Exit codes of a replay whose scenario failed or is unknown: results as well. */
export const verdicts: readonly number[] = [0, 1, 3];

/** Runs the compiled program. Throws LabError where it fails, the signal's reason when aborted; its own clean-up has ended by then. */
export async function pglab(args: readonly string[], signal: AbortSignal, running: Running = {}): Promise<Output> {
  return run('node', [program, ...args], signal, running);
}

export async function run(
  command: string,
  args: readonly string[],
  signal: AbortSignal,
  { accepted = [0], onStart = () => {} }: Running = {},
): Promise<Output> {
  signal.throwIfAborted();
  const started = performance.now();
  const said: { at: number; line: string }[] = [];
  // Ours stop cleanly on SIGTERM and take the time that it takes.
  const child = execa(command, args, {
    cwd: projectFolder,
    reject: false,
    stdin: 'ignore',
    env: { NO_COLOR: '1' },
    cancelSignal: signal,
    forceKillAfterDelay: false,
  });
  if (child.pid !== undefined) onStart(child.pid);
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    const at = (performance.now() - started) / 1000;
    said.push(...text.split('\n').flatMap((line) => (line === '' ? [] : [{ at, line }])));
  });
  const result = await child;
  signal.throwIfAborted();
  if (accepted.includes(result.exitCode ?? -1)) return { stdout: result.stdout, said };
  throw new LabError(`${command} ${args.join(' ')} failed`, {
    detail: `${result.stdout}\n${result.stderr}\n${result.originalMessage ?? ''}`.trim().split('\n').slice(-12),
  });
}

/** What was recorded of the one replay that `pglab replay --json` made. */
export async function readHistory({ stdout }: Output): Promise<Event[]> {
  const [result] = (JSON.parse(stdout) as { results: { folder: string }[] }).results;
  const text = await readFile(join(result?.folder ?? '', 'history.jsonl'), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Event);
}

/** Removes everything that this bench made, and what a bench of this machine that is no more has left. */
export async function sweep(docker: Docker): Promise<void> {
  const labs = (await listLabs(docker)).filter(({ name, owner }) => {
    const [, pid] = /^bench-(\d+)-/.exec(name) ?? [];
    return pid !== undefined && owner.machine === hostname() && isOver(Number(pid));
  });
  await Promise.all(labs.map(({ id }) => removeLab(docker, id)));
  const filters = { label: [handLabel] };
  const containers = await docker.listContainers({ all: true, filters });
  const over = (labels: Readonly<Record<string, string>> | undefined) => {
    const [machine, pid] = (labels?.[handLabel] ?? '').split(':');
    return machine === hostname() && isOver(Number(pid));
  };
  await Promise.all(
    containers.flatMap(({ Id, Labels }) => (over(Labels) ? [docker.getContainer(Id).remove({ force: true, v: true })] : [])),
  );
  const networks = await docker.listNetworks({ filters });
  await Promise.all(networks.flatMap(({ Id, Labels }) => (over(Labels) ? [docker.getNetwork(Id).remove()] : [])));
}

function isOver(pid: number): boolean {
  return pid === process.pid || !isRunning(pid);
}
