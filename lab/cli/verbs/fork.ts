/** `pglab fork`: another lab that begins where a snapshot was taken. */
import type { Command } from 'commander';
import type { Docker } from '../../engine/connect.ts';
import { findEngine } from '../../engine/connect.ts';
import { listLabs } from '../../engine/lab.ts';
import { findSnapshot, listSnapshots } from '../../engine/snapshots.ts';
import { forkOf, type Origin } from '../../run/golden.ts';
import { noSnapshot } from '../describe-snapshots.ts';
import type { Session, Verb } from '../session.ts';
import { type StartOptions, startLab, withStartOptions } from '../start-lab.ts';

interface Options extends StartOptions {
  readonly name?: string;
}

export const fork: Verb = {
  define: (command: Command, session: Session) => {
    withStartOptions(command)
      .argument('<snapshot>', 'what npm run lab:snapshot lists')
      .option('--name <name>', "the new lab's name (default: the snapshot's, numbered where that is taken)")
      .addHelpText(
        'after',
        `
The fork has the snapshot's passwords, certificates, system identifier and timelines, and a network, addresses and ports of its own.

Examples:
  npm run lab:snapshot -- broken
  npm run lab:fork -- broken
  npm run lab:fork -- broken --name attempt-2`,
      )
      .action(async (snapshot: string, options: Options) => {
        const name = options.name ?? (await freeNameLike(await findEngine(), snapshot));
        await startLab(name, options, session, ({ docker }) => originFor(docker, snapshot));
      });
  },
};

async function originFor(docker: Docker, name: string): Promise<Origin> {
  const found = await findSnapshot(docker, name);
  if (found) return forkOf(found);
  throw noSnapshot(
    name,
    (await listSnapshots(docker)).map((each) => each.name),
  );
}

async function freeNameLike(docker: Docker, snapshot: string): Promise<string> {
  const taken = new Set((await listLabs(docker)).map(({ name }) => name));
  for (let n = 1; ; n += 1) {
    const name = n === 1 ? snapshot : `${snapshot}-${n}`;
    if (!taken.has(name)) return name;
  }
}
