/** `pglab snapshot`: keeps a running lab as it is, broken or not, to be forked as often as one likes; lists what was kept. */
import type { Command } from 'commander';
import { formatDuration } from '../../core/duration.ts';
import { exitCodes, UsageError } from '../../core/problem.ts';
import { findEngine } from '../../engine/connect.ts';
import { checkName, findLab } from '../../engine/lab.ts';
import { findSnapshot, listSnapshots } from '../../engine/snapshots.ts';
import { checkSnapshotName, snapshotLab } from '../../run/snapshot-lab.ts';
import { describeSnapshots } from '../describe-snapshots.ts';
import { npmCommand, withName } from '../lab-options.ts';
import { paintFor } from '../paint.ts';
import { handOver } from '../pass-through.ts';
import type { Verb } from '../session.ts';

interface Options {
  readonly name: string;
  readonly replace?: true;
  readonly json?: true;
}

export const snapshot: Verb = {
  define: (command: Command) => {
    withName(command)
      .argument('[snapshot]', 'a name for it; without one, the snapshots there are')
      .option('--replace', 'take the place of a snapshot of that name')
      .option('--json', 'the snapshots as JSON')
      .addHelpText(
        'after',
        `
Examples:
  npm run lab:snapshot -- broken
  npm run lab:snapshot -- broken --name other --replace
  npm run lab:snapshot
  npm run lab:fork -- broken`,
      )
      .action((name: string | undefined, options: Options) => (name === undefined ? list(options) : take(name, options)));
  },
};

async function list(options: Options): Promise<void> {
  const found = await listSnapshots(await findEngine());
  if (options.json) {
    const snapshots = found.map(({ name, kind, created, size, blueprint, images }) => ({
      ...{ name, kind, created, size },
      ...{ preset: blueprint.preset, hosts: Object.keys(images) },
    }));
    process.stdout.write(`${JSON.stringify({ snapshots }, null, 2)}\n`);
  } else process.stdout.write(`${describeSnapshots(found, paintFor(process.stdout), Date.now()).join('\n')}\n`);
}

async function take(name: string, options: Options): Promise<void> {
  checkSnapshotName(name);
  checkName(options.name);
  const docker = await findEngine();
  const [lab, there] = await Promise.all([findLab(docker, options.name), findSnapshot(docker, name)]);
  if (there && !options.replace)
    throw new UsageError(`there is a snapshot named ${name} already`, {
      hint: '--replace takes its place; npm run lab:snapshot lists them',
    });
  const started = performance.now();
  const told = await handOver(lab, { verb: 'snapshot', on: 'all', argv: [name], root: false, terminal: false });
  await snapshotLab(docker, lab, name);
  await told?.end(exitCodes.pass, false);
  const took = formatDuration(performance.now() - started);
  const made = await findSnapshot(docker, name);
  if (options.json) process.stdout.write(`${JSON.stringify({ name, created: made?.created, size: made?.size })}\n`);
  else
    process.stdout.write(
      `${lab.name} is kept as ${name} (${took}, ${Math.round((made?.size ?? 0) / 1e6)} MB) and goes on; ${npmCommand('fork', 'lab', name)} makes another like it\n`,
    );
}
