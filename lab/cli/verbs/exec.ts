/** `pglab exec`: a command on a host, with this terminal or these pipes. */
import type { Command } from 'commander';
import { UsageError } from '../../core/problem.ts';
import { findEngine } from '../../engine/connect.ts';
import { runInteractive } from '../../engine/interactive.ts';
import { checkName, findLab } from '../../engine/lab.ts';
import { chooseHost } from '../choose-hosts.ts';
import { withName } from '../lab-options.ts';
import { passThrough } from '../pass-through.ts';
import type { Session, Verb } from '../session.ts';

export const exec: Verb = {
  define: (command: Command, session: Session) => {
    withName(command)
      .argument('<host>', 'a host, or leader, replica, repo')
      .argument('[command...]', 'the command and its arguments; a shell by default')
      .option('--root', 'as root instead of postgres')
      .passThroughOptions()
      .addHelpText(
        'after',
        `
Options for exec itself stand before the host; everything after it belongs to the command. Where lab:record is at work on the lab,
the command becomes a step of the recording.

Examples:
  npm run lab:exec -- repo pgbackrest info
  npm run lab:exec -- leader patronictl list
  npm run lab:exec -- pg1                                  a shell
  npm run lab:exec -- --root pg2 sv stop patroni           as systemctl stop patroni would
  npm run lab:exec -- repo sh -c 'ls -l /var/lib/pgbackrest/backup/*'`,
      )
      .action(async (selector: string, words: readonly string[], options: { name: string; root?: true }) => {
        // `exec pg1 -- ls`, as other tools want it.
        const argv = words[0] === '--' ? words.slice(1) : words;
        const option = argv[0]?.startsWith('-') && words[0] !== '--' ? argv[0] : undefined;
        if (option !== undefined)
          throw new UsageError(`no command begins with ${option}: what stands after the host belongs to the command`, {
            hint: `options of exec stand before the host: npm run lab:exec -- ${option.startsWith('--name') ? '--name LAB' : option} ${selector} ...`,
          });
        checkName(options.name);
        const docker = await findEngine();
        const lab = await findLab(docker, options.name);
        const host = await chooseHost(lab, selector);
        const typed = { verb: 'exec', on: selector, argv: argv.length > 0 ? argv : ['bash'], root: options.root === true } as const;
        await passThrough(session, lab, typed, (command) =>
          runInteractive(docker, host, { ...command, argv: typed.argv, user: typed.root ? 'root' : 'postgres' }),
        );
      });
  },
};
