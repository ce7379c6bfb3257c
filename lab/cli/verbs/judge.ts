/** `pglab judge`: the verdict on a recorded run, from its folder alone. */
import type { Command } from 'commander';
import { renderJson } from '../../report/json.ts';
import { renderText } from '../../report/text.ts';
import { judgeFolder } from '../../run/judge-folder.ts';
import { paintFor } from '../paint.ts';
import type { Verb } from '../session.ts';
import { verdictCode } from '../verdict-code.ts';

export const judge: Verb = {
  define: (command: Command) => {
    command
      .argument('<folder>', 'a run folder, such as one in .lab/runs')
      .option('--json', 'the verdict as in verdict.json')
      .addHelpText(
        'after',
        `
Examples:
  npm run lab:judge -- .lab/runs/20261122-211824-standby-rebuild-pgbackrest`,
      )
      .action((folder: string, options: { json?: true }) => {
        const { verdict, source } = judgeFolder(folder);
        process.stdout.write(options.json ? renderJson(verdict) : `${renderText(verdict, { paint: paintFor(process.stdout), source })}\n`);
        process.exitCode = verdictCode([verdict]);
      });
  },
};
