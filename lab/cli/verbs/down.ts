/** `pglab down`: removes labs whole, and nothing else on the engine. */
import type { Command } from 'commander';
import { formatDuration } from '../../core/duration.ts';
import type { Docker } from '../../engine/connect.ts';
import { findEngine } from '../../engine/connect.ts';
import { checkName, everyLabId, findLab, type Lab, listLabs, removeLab } from '../../engine/lab.ts';
import { defaultName, withName } from '../lab-options.ts';
import type { Verb } from '../session.ts';

/** Removing a lab keeps the engine busy: more at once are not removed any sooner. */
const atOnce = 4;

export const down: Verb = {
  define: (command: Command) => {
    withName(command)
      .option('--all', 'every lab, with everything that a killed command left behind')
      .option('--json', 'what was removed, as JSON')
      .addHelpText(
        'after',
        `
Examples:
  npm run lab:down
  npm run lab:down -- --name other
  npm run lab:down -- --all`,
      )
      .action(async (options: { name: string; all?: true; json?: true }) => {
        checkName(options.name);
        const docker = await findEngine();
        const started = performance.now();
        const removed = options.all ? await removeAll(docker) : await removeOne(docker, options.name);
        if (options.json) process.stdout.write(`${JSON.stringify(removed)}\n`);
        else process.stdout.write(`${describe(removed, formatDuration(performance.now() - started))}\n`);
      });
  },
};

interface Removed {
  readonly removed: readonly { readonly name: string; readonly hosts: readonly string[] }[];
  /** Networks and helpers of labs that had no hosts any more. */
  readonly leftovers: number;
  /** Networks that the engine does not let go (`removeLab`); absent where there are none. */
  readonly stuck?: readonly string[];
}

async function removeOne(docker: Docker, name: string): Promise<Removed> {
  // Nothing to remove is what `lab:down` is for; a name that is not there is a mistake.
  if (name === defaultName && (await listLabs(docker)).length === 0) return { removed: [], leftovers: 0 };
  const lab = await findLab(docker, name);
  return { removed: [summary(lab)], leftovers: 0, ...keptBack(await removeLab(docker, lab.id)) };
}

async function removeAll(docker: Docker): Promise<Removed> {
  // By id and not by what can be read of them: a lab made by another version must go as well.
  const [labs, ids] = await Promise.all([listLabs(docker).catch(() => []), everyLabId(docker)]);
  const stuck = new Map<string, readonly string[]>();
  for (let at = 0; at < ids.length; at += atOnce)
    await Promise.all(ids.slice(at, at + atOnce).map(async (id) => stuck.set(id, await removeLab(docker, id))));
  const wasLab = (id: string) => labs.some((lab) => lab.id === id);
  return {
    removed: labs.map(summary),
    leftovers: ids.filter((id) => !wasLab(id) && stuck.get(id)?.length === 0).length,
    ...keptBack([...stuck.values()].flat()),
  };
}

function keptBack(stuck: readonly string[]): Pick<Removed, 'stuck'> {
  return stuck.length === 0 ? {} : { stuck };
}

function summary(lab: Lab): Removed['removed'][number] {
  return { name: lab.name, hosts: lab.hosts.map(({ name }) => name) };
}

function describe({ removed, leftovers, stuck = [] }: Removed, took: string): string {
  const lines = removed.map(({ name, hosts }) => `removed ${name}: ${hosts.join(', ')} and their network`);
  if (leftovers > 0) lines.push(`removed what was left of ${leftovers} other lab${leftovers > 1 ? 's' : ''}`);
  for (const network of stuck)
    lines.push(`the engine does not let go of the network ${network}, which nobody is in; restarting the engine frees it`);
  return lines.length === 0 ? 'there is no lab to remove' : `${lines.join('\n')} (${took})`;
}
