/** `pglab status`: one look at a lab, or at all of them. */
import type { Command } from 'commander';
import { findEngine } from '../../engine/connect.ts';
import { checkName, findLab, listLabs } from '../../engine/lab.ts';
import { askStatus, type LabStatus } from '../../observe/status.ts';
import { describeStanding, describeStatus } from '../describe-status.ts';
import { npmCommand, withName } from '../lab-options.ts';
import { type Paint, paintFor } from '../paint.ts';
import type { Verb } from '../session.ts';

export const status: Verb = {
  define: (command: Command) => {
    withName(command)
      .option('--all', 'every lab on the engine')
      .option('--json', 'as JSON; with --all as {"labs": [...]}')
      .addHelpText(
        'after',
        `
Examples:
  npm run lab:status
  npm run -s lab:status -- --json | jq -r .leader
  npm run lab:status -- --all`,
      )
      .action(async (options: { name: string; all?: true; json?: true }) => {
        checkName(options.name);
        const docker = await findEngine();
        const labs = options.all ? await listLabs(docker) : [await findLab(docker, options.name)];
        const found = await Promise.all(labs.map((lab) => askStatus(docker, lab)));
        if (options.json) process.stdout.write(`${JSON.stringify(options.all ? { labs: found } : found[0], null, 2)}\n`);
        else
          process.stdout.write(
            `${found.length === 0 ? `there is no lab; ${npmCommand('up', 'lab')} brings one up` : found.map((one) => show(one, paintFor(process.stdout))).join('\n\n')}\n`,
          );
      });
  },
};

function show(found: LabStatus, paint: Paint): string {
  const now = Date.now();
  const head = `${paint.bold(found.name)}  ${found.preset}, ${describeStanding(found, now)}`;
  const connections = found.members.flatMap(({ name, connection, host }) =>
    connection && host === 'running' ? [`${name}  ${connection}`] : [],
  );
  const troubled = found.standing === 'half-made' || found.standing === 'orphaned';
  return [
    head,
    '',
    ...describeStatus(found, paint, now),
    ...(connections.length > 0 ? ['', ...connections] : []),
    ...(troubled ? ['', paint.yellow(`${npmCommand('down', found.name)} removes it`)] : []),
  ].join('\n');
}
