/** What every prompt of ours can show: what can be typed, and how the lab is. */
import type { Docker } from '../engine/connect.ts';
import { type Lab, listLabs } from '../engine/lab.ts';
import { askStatus } from '../observe/status.ts';
import { describeStatus } from './describe-status.ts';
import type { Paint } from './paint.ts';
import { table } from './table.ts';

export function describeCommands(commands: readonly (readonly [what: string, does: string])[], paint: Paint): string {
  return table(
    [{ title: '' }, { title: '' }],
    commands.map(([what, does]) => [paint.bold(what), does]),
  ).join('\n');
}

/** Hosts come and go: the lab is read anew. */
export async function describeLab({ docker, lab }: { readonly docker: Docker; readonly lab: Lab }, paint: Paint): Promise<string> {
  const now = (await listLabs(docker)).find(({ id }) => id === lab.id) ?? lab;
  return describeStatus(await askStatus(docker, now), paint, Date.now()).join('\n');
}
