/** fill: one file takes what room a sized disk has left. Proven by the service's user being refused another block, and afterwards not. */
import { LabError } from '../../core/problem.ts';
import { runCommand } from '../../engine/commands.ts';
import type { Host } from '../../engine/lab.ts';
import { allProven, doneBy, type Proof, proven, unproven } from '../proofs.ts';
import type { Effect, StepContext } from './effect.ts';

export const fill: Effect<'fill'> = {
  selectors: (args) => [args.on],
  run: async (ctx, args) => {
    const on = ctx.hosts(args.on);
    const disks = await Promise.all(on.map(async (host) => ({ host, disk: await diskOf(ctx, host, args.path) })));
    ctx.faults.add(ctx, {
      hosts: on,
      // A host's sized disks are memory: they come back empty.
      reapply: async (host) => {
        for (const each of disks) if (each.host.name === host.name) await fillDisk(ctx, host, each.disk, args.path);
      },
      heal: async () => allProven(await Promise.all(disks.map(({ host, disk }) => emptyDisk(ctx, host, disk, args.path)))),
    });
    return doneBy(on, await Promise.all(disks.map(({ host, disk }) => fillDisk(ctx, host, disk, args.path))));
  },
};

/** Where the disk of a path is mounted. Throws LabError where it is no sized disk: filling it would fill the machine's own. */
async function diskOf(ctx: StepContext, host: Host, path: string): Promise<string> {
  const argv = ['findmnt', '--noheadings', '--raw', '--output', 'FSTYPE,TARGET', '--target', path];
  const { exit, stdout } = await runCommand(ctx.docker, host.container, { argv });
  const [type, target] = stdout.trim().split(' ');
  if (exit !== 0 || target === undefined) throw new LabError(`there is no ${path} on ${host.name}`);
  if (type !== 'tmpfs') {
    throw new LabError(`${path} on ${host.name} is no disk of its own, so it cannot be filled`, {
      hint: `give it one with a size: lab: { hosts: { ${host.name}: { disks: { ${path}: 200m } } } }`,
    });
  }
  return target;
}

/** Hidden, so that nobody takes it for a file of theirs. */
const fillName = '.pglab-fill';

const write = (file: string, block: string, more = '') => `dd if=/dev/zero of="${file}" bs=${block} ${more} 2>&1`;

/** Prints what the service's user is told when it writes one more block. */
const probe = (path: string) => `LC_ALL=C ${write(`${path}/.pglab-probe`, '4k', 'count=1')}; rm -f "${path}/.pglab-probe"`;

async function fillDisk(ctx: StepContext, host: Host, disk: string, path: string): Promise<Proof> {
  const file = `${disk}/${fillName}`;
  // Whole megabytes first, then what is left of the last one.
  const script = `${write(file, '1M')}; ${write(file, '4k', 'oflag=append conv=notrunc')}; :`;
  await runCommand(ctx.docker, host.container, { user: 'root', argv: ['sh', '-c', script] });
  const { stdout } = await runCommand(ctx.docker, host.container, { argv: ['sh', '-c', probe(path)] });
  const last = stdout.trim().split('\n')[0] ?? '';
  return /No space left on device/.test(stdout)
    ? proven(`postgres on ${host.name} is refused another block in ${path}: No space left on device`)
    : unproven(`postgres on ${host.name} writes to ${path} and is told: ${last}`);
}

async function emptyDisk(ctx: StepContext, host: Host, disk: string, path: string): Promise<Proof> {
  if (ctx.streams.stateOf(host.name) === 'stopped') return proven(`${host.name} is down, and ${disk} is empty when it starts`);
  await runCommand(ctx.docker, host.container, { user: 'root', argv: ['rm', '-f', `${disk}/${fillName}`] });
  const { stdout } = await runCommand(ctx.docker, host.container, { argv: ['sh', '-c', probe(path)] });
  return /^1\+0 records out/m.test(stdout)
    ? proven(`postgres on ${host.name} can write to ${path} again`)
    : unproven(`postgres on ${host.name} still cannot write to ${path}: ${stdout.trim().split('\n')[0]}`);
}
