/** `pglab pool`: labs that wait, healthy and frozen, for the next `up` or replay. */
import { type Command, Option } from 'commander';
import { formatDuration } from '../../core/duration.ts';
import { UsageError } from '../../core/problem.ts';
import { findEngine } from '../../engine/connect.ts';
import { fillPool, pooledLabs } from '../../run/pool.ts';
import type { LabSpec } from '../../topology/overlay.ts';
import { showImages } from '../image-progress.ts';
import { type LabChoice, readChoice, withLabChoice } from '../lab-options.ts';
import { showProgress } from '../progress.ts';
import type { Session, Verb } from '../session.ts';

interface Options extends LabChoice {
  readonly keep?: string;
  readonly spec?: string;
  readonly json?: true;
}

export const pool: Verb = {
  define: (command: Command, session: Session) => {
    withLabChoice(command)
      .option('--keep <n>', 'bring up labs until so many of this kind wait; 0 removes them')
      .option('--json', 'the labs that wait, as JSON')
      // What the command that took a lab from the pool has to say of its like.
      .addOption(new Option('--spec <json>').hideHelp())
      .addHelpText(
        'after',
        `
A lab in the pool is a fork of its golden lab, brought up, seen healthy and frozen: it costs memory (350 MB) and no CPU. The next
lab:up or replay that wants one like it thaws it, and the pool is filled up again in the background.

Examples:
  npm run lab:pool -- --keep 2
  npm run lab:pool -- --keep 1 --preset one-node --ready stanza
  npm run lab:pool
  npm run lab:pool -- --keep 0`,
      )
      .action((options: Options) => (options.keep === undefined ? list(options) : fill(options, options.keep, session)));
  },
};

async function list({ json }: Options): Promise<void> {
  const found = await pooledLabs(await findEngine());
  const labs = found.map(({ name, spec, created, hosts }) => ({
    ...{ name, preset: spec.preset, golden: spec.forkOf, created, hosts: hosts.length },
    frozen: hosts.every(({ state }) => state === 'paused'),
  }));
  const lines = labs.map(
    ({ name, preset, hosts, created, frozen }) =>
      `${name}  ${preset}, ${hosts} hosts, ${frozen ? 'frozen' : 'coming up'}, ${formatDuration(Date.now() - created)} old`,
  );
  if (json) process.stdout.write(`${JSON.stringify({ labs }, null, 2)}\n`);
  else process.stdout.write(`${lines.length > 0 ? lines.join('\n') : 'the pool is empty; npm run lab:pool -- --keep 1 fills it'}\n`);
}

async function fill(options: Options, keep: string, session: Session): Promise<void> {
  const count = Number(keep);
  if (!Number.isInteger(count) || count < 0 || count > 20)
    throw new UsageError(`--keep takes a whole number from 0 to 20, not ${JSON.stringify(keep)}`);
  const { spec, locate } =
    options.spec === undefined ? await readChoice(options) : { spec: JSON.parse(options.spec) as LabSpec, locate: undefined };
  const docker = await findEngine();
  const progress = showProgress(process.stderr);
  session.takeOver('npm run lab:down -- --all removes what is left');
  try {
    await fillPool(docker, spec, count, {
      ...{ golden: 'make', bind: '127.0.0.1', signal: session.signal, ...(locate ? { locate } : {}) },
      ...{ onImages: showImages(progress), onPhase: progress.phase },
    });
    progress.end('done');
  } catch (error) {
    progress.end('failed');
    throw error;
  }
  await list(options);
}
