/** `pglab up`: brings a lab up, says how far it is, and what there is to do with it. Whatever goes wrong, nothing is left behind. */
import { isIP } from 'node:net';
import type { Command } from 'commander';
import { formatDuration } from '../../core/duration.ts';
import { exitCodes, LabError, UsageError } from '../../core/problem.ts';
import type { Docker } from '../../engine/connect.ts';
import { findEngine, isLocal } from '../../engine/connect.ts';
import { checkName, type Lab, listLabs, nameTaken, removeLab, standing, strayNetworks } from '../../engine/lab.ts';
import { askStatus, type LabStatus } from '../../observe/status.ts';
import { bringUp } from '../../run/bring-up.ts';
import { type Origin, originOf } from '../../run/golden.ts';
import { describeStatus } from '../describe-status.ts';
import { showImages } from '../image-progress.ts';
import { type LabChoice, npmCommand, readChoice, withLabChoice, withName } from '../lab-options.ts';
import { type Paint, paintFor } from '../paint.ts';
import { type Progress, showProgress } from '../progress.ts';
import type { Session, Verb } from '../session.ts';
import { table } from '../table.ts';

interface Options extends LabChoice {
  readonly name: string;
  readonly bind?: string;
  readonly keep?: true;
  readonly fresh?: true;
  readonly json?: true;
}

export const up: Verb = {
  define: (command: Command, session: Session) => {
    withLabChoice(withName(command))
      .option('--bind <address>', 'publish ports at this address instead of 127.0.0.1')
      .option('--fresh', 'bring it up from nothing, not as a fork of its golden lab')
      .option('--keep', 'leave a lab that failed to come up as it is')
      .option('--json', 'the same as `status --json` when it is up')
      .addHelpText(
        'after',
        `
Examples:
  npm run lab:up
  npm run lab:up -- --name other --preset one-node
  npm run lab:up -- --profile talk --train trixie
  npm run -s lab:up -- --json | jq -r '.members[].connection'`,
      )
      .action((options: Options) => run(options, session));
  },
};

async function run(options: Options, session: Session): Promise<void> {
  const started = performance.now();
  checkName(options.name);
  checkBind(options.bind);
  const { spec, locate } = await readChoice(options);
  const docker = await findEngine();
  const bind = bindFor(docker, options.bind);
  const progress = showProgress(process.stderr);
  if (!isLoopback(bind))
    progress.warn(`whoever reaches ${bind} reaches the lab's ports, and Patroni's REST API asks for no password to be read`);
  session.takeOver(`left as it is; ${npmCommand('down', options.name)} removes what there is`);
  session.signal.addEventListener('abort', () =>
    progress.phase(options.keep ? 'interrupted' : 'interrupted: removing what was made', 'failed'),
  );
  let status: LabStatus;
  try {
    await freeName(docker, options.name, progress);
    const golden = options.fresh ? 'never' : 'make';
    const origin = await originOf(docker, spec, {
      ...{ golden, bind, locate, signal: session.signal },
      ...{ onImages: showImages(progress), onPhase: progress.phase },
    });
    status = await make({ docker, origin, options, bind, progress, signal: session.signal });
    progress.end('done');
  } catch (error) {
    progress.end(session.signal.aborted ? 'done' : 'failed');
    const kept = await isKept(docker, options);
    if (kept)
      process.stderr.write(
        `kept as it is: ${npmCommand('logs', options.name)} shows what happened, ${npmCommand('down', options.name)} removes it\n`,
      );
    if (!session.signal.aborted) throw error;
    throw new LabError(kept ? 'interrupted' : `interrupted: nothing is left of ${options.name}`, { exitCode: exitCodes.interrupted });
  }
  const took = formatDuration(performance.now() - started);
  process.stdout.write(
    options.json ? `${JSON.stringify(status, null, 2)}\n` : `\n${introduce(status, took, paintFor(process.stdout)).join('\n')}\n`,
  );
}

interface Making {
  readonly docker: Docker;
  readonly origin: Origin;
  readonly options: Options;
  readonly bind: string;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

async function make({ docker, origin: { blueprint, ...origin }, options, bind, progress, signal }: Making): Promise<LabStatus> {
  const { name, keep = false } = options;
  const lab = await bringUp(docker, blueprint, { ...origin, name, purpose: 'hands', bind, keep, signal, report: progress.phase });
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

async function isKept(docker: Docker, { name, keep }: Options): Promise<boolean> {
  if (!keep) return false;
  return (await listLabs(docker).catch(() => [])).some((lab) => lab.name === name && lab.owner.pid === process.pid);
}

/** The first thing that a person sees of a lab. */
function introduce(status: LabStatus, took: string, paint: Paint): string[] {
  const { name, preset, members } = status;
  const standbys = members.filter(({ role, state }) => role === 'replica' && state !== 'unreachable');
  const indent = (lines: readonly string[]) => lines.map((line) => (line === '' ? '' : `  ${line}`));
  const addresses = members.flatMap((member) => (member.connection && member.rest ? [[member.name, member.connection, member.rest]] : []));
  const held = status.clusters.some(({ leader }) => leader === null);
  const next: [string, string][] = [
    ...(held
      ? ([[npmCommand('exec', name, `--root ${members[0]?.name} sv start patroni`), 'start Patroni, as systemctl would']] as [
          string,
          string,
        ][])
      : []),
    [npmCommand('psql', name), 'psql on the leader; add a host, or -c "select 1"'],
    [npmCommand('exec', name, `${members[0]?.name} patronictl list`), 'any command on any host'],
    ...(status.backups.length > 0
      ? ([[npmCommand('exec', name, `${repositoryHost(status)} pgbackrest info`), 'the backups']] as [string, string][])
      : []),
    ...(standbys.length > 0 && status.leader
      ? ([
          [
            `docker kill pglab-${name}-${status.leader}`,
            `lose the leader; a standby takes over within ttl ${status.clusters[0]?.timing.ttl} s`,
          ],
        ] as [string, string][])
      : []),
    [npmCommand('logs', name, '--follow'), 'what everybody says'],
    [npmCommand('status', name), 'this again'],
    [npmCommand('down', name), 'remove it'],
  ];
  return [
    `${paint.green('✓')} ${paint.bold(name)} is up after ${took}: ${preset}`,
    '',
    ...indent(describeStatus(status, paint, Date.now())),
    '',
    ...indent(
      addresses.flatMap(([host = '', connection = '', rest = '']) => [
        `${host}  ${connection}`,
        paint.dim(`${' '.repeat(host.length)}  ${rest}/patroni`),
      ]),
    ),
    '',
    `  ${paint.bold('next')}`,
    ...indent(
      table(
        [{ title: '' }, { title: '' }],
        next.map(([command, what]) => [paint.cyan(command), paint.dim(what)]),
      ),
    ),
  ];
}

function repositoryHost(status: LabStatus): string {
  return status.hosts.find(({ kind }) => kind === 'repo')?.name ?? status.members[0]?.name ?? '';
}
