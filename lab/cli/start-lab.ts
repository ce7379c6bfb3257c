/** Starts a lab for a person, whatever it is made from: says how far it is and what it is; whatever goes wrong, nothing is left behind. */
import { isIP } from 'node:net';
import type { Command } from 'commander';
import { formatDuration } from '../core/duration.ts';
import { exitCodes, LabError, UsageError } from '../core/problem.ts';
import type { Docker } from '../engine/connect.ts';
import { findEngine, isLocal } from '../engine/connect.ts';
import { checkName, type Lab, listLabs, nameTaken, removeLab, standing, strayNetworks } from '../engine/lab.ts';
import { askStatus, type LabStatus } from '../observe/status.ts';
import type { Origin } from '../run/golden.ts';
import { startFrom } from '../run/pool.ts';
import { introduce } from './introduce.ts';
import { npmCommand } from './lab-options.ts';
import { paintFor } from './paint.ts';
import { type Progress, showProgress } from './progress.ts';
import { refillInBackground } from './refill.ts';
import type { Session } from './session.ts';

export interface StartOptions {
  readonly bind?: string;
  readonly keep?: true;
  readonly json?: true;
}

export function withStartOptions(command: Command): Command {
  return command
    .option('--bind <address>', 'publish ports at this address instead of 127.0.0.1')
    .option('--keep', 'leave a lab that failed to come up as it is')
    .option('--json', 'the same as `status --json` when it is up');
}

/** Where a lab is to stand, for whoever finds out what it is made from. */
export interface Site {
  readonly docker: Docker;
  readonly bind: string;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** `originFor` finds what the lab is made from. Throws what it and `bringUp` throw. */
export async function startLab(
  name: string,
  options: StartOptions,
  session: Session,
  originFor: (site: Site) => Promise<Origin>,
): Promise<void> {
  const started = performance.now();
  checkName(name);
  checkBind(options.bind);
  const docker = await findEngine();
  const bind = bindFor(docker, options.bind);
  const progress = showProgress(process.stderr);
  if (!isLoopback(bind))
    progress.warn(`whoever reaches ${bind} reaches the lab's ports, and Patroni's REST API asks for no password to be read`);
  session.takeOver(`left as it is; ${npmCommand('down', name)} removes what there is`);
  session.signal.addEventListener('abort', () =>
    progress.phase(options.keep ? 'interrupted' : 'interrupted: removing what was made', 'failed'),
  );
  let status: LabStatus;
  try {
    await freeName(docker, name, progress);
    const site: Site = { docker, bind, progress, signal: session.signal };
    status = await make(site, name, await originFor(site), options.keep === true);
    progress.end('done');
  } catch (error) {
    progress.end(session.signal.aborted ? 'done' : 'failed');
    const kept = options.keep === true && (await isThere(docker, name));
    if (kept)
      process.stderr.write(`kept as it is: ${npmCommand('logs', name)} shows what happened, ${npmCommand('down', name)} removes it\n`);
    if (!session.signal.aborted) throw error;
    throw new LabError(kept ? 'interrupted' : `interrupted: nothing is left of ${name}`, { exitCode: exitCodes.interrupted });
  }
  const took = formatDuration(performance.now() - started);
  process.stdout.write(
    options.json ? `${JSON.stringify(status, null, 2)}\n` : `\n${introduce(status, took, paintFor(process.stdout)).join('\n')}\n`,
  );
}

async function make(site: Site, name: string, origin: Origin, keep: boolean): Promise<LabStatus> {
  const { docker, bind, progress, signal } = site;
  const { lab, refill } = await startFrom(docker, origin, { name, purpose: 'hands', bind, keep, signal, report: progress.phase });
  if (refill) refillInBackground(refill);
  progress.phase('asking everybody how they are');
  const status = await askStatus(docker, await refreshed(docker, lab));
  if (signal.aborted) {
    if (!keep) await removeLab(docker, lab.id);
    throw signal.reason;
  }
  return status;
}

/** Host states as they are now: they were `created` when the lab was made. */
async function refreshed(docker: Docker, lab: Lab): Promise<Lab> {
  return (await listLabs(docker)).find(({ id }) => id === lab.id) ?? lab;
}

/** Throws UsageError where a lab has the name; one that a killed command left is removed. */
async function freeName(docker: Docker, name: string, progress: Progress): Promise<void> {
  const [labs, strays] = await Promise.all([listLabs(docker), strayNetworks(docker)]);
  await Promise.all(strays.map((id) => removeLab(docker, id)));
  const other = labs.find((lab) => lab.name === name);
  if (!other) return;
  const stands = await standing(docker, other);
  if (stands === 'up' || stands === 'coming-up') throw await nameTaken(docker, name);
  progress.phase(`removing ${name}, left half-made by a command that was killed`);
  await removeLab(docker, other.id);
}

function checkBind(bind: string | undefined): void {
  if (bind === undefined || isIP(bind) !== 0) return;
  throw new UsageError(`--bind takes an IP address, not ${JSON.stringify(bind)}`, { hint: '0.0.0.0 for all of this machine’s' });
}

function bindFor(docker: Docker, bind: string | undefined): string {
  if (isLocal(docker)) return bind ?? '127.0.0.1';
  if (bind !== undefined && !['0.0.0.0', '::'].includes(bind)) return bind;
  throw new UsageError('the Docker engine runs on another machine, whose 127.0.0.1 cannot be reached from here', {
    hint: "--bind ADDRESS publishes the lab's ports at that machine's ADDRESS, for whoever reaches it; or use an engine on this machine",
  });
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}

async function isThere(docker: Docker, name: string): Promise<boolean> {
  return (await listLabs(docker).catch(() => [])).some((lab) => lab.name === name && lab.owner.pid === process.pid);
}
