/** `pglab prune`: removes snapshots, and with --all the images as well. Labs that run keep theirs. */
import type { Command } from 'commander';
import { exitCodes, UsageError } from '../../core/problem.ts';
import type { Docker } from '../../engine/connect.ts';
import { findEngine } from '../../engine/connect.ts';
import { removeImages } from '../../engine/images.ts';
import { listLabs } from '../../engine/lab.ts';
import { listSnapshots, removeSnapshot, snapshotNames } from '../../engine/snapshots.ts';
import { outworn } from '../../run/prune.ts';
import { noSnapshot } from '../describe-snapshots.ts';
import type { Verb } from '../session.ts';

interface Pruned {
  readonly removed: readonly string[];
  readonly inUse: readonly string[];
  /** By snapshot in use, the labs that are forks of it. */
  readonly forks: Readonly<Record<string, readonly string[]>>;
  readonly images: number;
}

export const prune: Verb = {
  define: (command: Command) => {
    command
      .argument(
        '[snapshot...]',
        'what to remove; without a name, golden labs (labs that others are copied from) that are old or too many, and what half-made ones left',
      )
      .option('--golden', 'every golden lab: each is made anew when it is needed')
      .option('--all', "every snapshot, and every image of the lab's")
      .option('--json', 'what was removed, as JSON')
      .addHelpText(
        'after',
        `
Examples:
  npm run lab:prune
  npm run lab:prune -- broken
  npm run lab:prune -- --golden
  npm run lab:prune -- --all`,
      )
      .action(async (names: string[], options: { golden?: true; all?: true; json?: true }) => {
        const docker = await findEngine();
        const pruned = await run(docker, await chosen(docker, names, options), options.all === true);
        // Whoever names one wants it gone.
        if (names.length > 0 && pruned.inUse.length > 0) process.exitCode = exitCodes.usage;
        process.stdout.write(options.json ? `${JSON.stringify(pruned)}\n` : `${describe(pruned).join('\n')}\n`);
      });
  },
};

async function chosen(docker: Docker, names: readonly string[], { golden, all }: { golden?: true; all?: true }): Promise<string[]> {
  if (names.length > 0 && (golden || all)) throw new UsageError('names and --golden or --all exclude each other');
  const [whole, known] = await Promise.all([listSnapshots(docker), snapshotNames(docker)]);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw noSnapshot(unknown, known);
  if (names.length > 0) return [...new Set(names)];
  if (all) return known;
  const half = known.filter((name) => !whole.some((snapshot) => snapshot.name === name));
  const old = golden ? whole.filter(({ kind }) => kind === 'golden') : outworn(whole, Date.now());
  return [...half, ...old.map(({ name }) => name)];
}

async function run(docker: Docker, names: readonly string[], images: boolean): Promise<Pruned> {
  const results: { name: string; gone: boolean }[] = [];
  for (const name of names) results.push({ name, gone: await removeSnapshot(docker, name) });
  const inUse = results.filter(({ gone }) => !gone).map(({ name }) => name);
  const labs = inUse.length > 0 ? await listLabs(docker) : [];
  return {
    removed: results.filter(({ gone }) => gone).map(({ name }) => name),
    inUse,
    forks: Object.fromEntries(inUse.map((name) => [name, labs.filter(({ spec }) => spec.forkOf === name).map((lab) => lab.name)])),
    images: images ? await removeImages(docker) : 0,
  };
}

function describe({ removed, inUse, forks, images }: Pruned): string[] {
  const lines = [
    ...removed.map((name) => `removed the snapshot ${name}`),
    ...inUse.map((name) => `${name} stays: it is what ${forks[name]?.join(', ') || 'some lab'} was made of`),
    ...(images > 0 ? [`removed ${images} images; npm run setup builds them again`] : []),
  ];
  return lines.length > 0 ? lines : ['there is nothing to remove'];
}
