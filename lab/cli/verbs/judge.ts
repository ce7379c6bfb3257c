/** `pglab judge`: the verdict on a recorded run, from its folder alone. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { renderJson } from '../../report/json.ts';
import { renderText } from '../../report/text.ts';
import { judgeFolder } from '../../run/judge-folder.ts';
import { paintFor } from '../paint.ts';
import type { Verb } from '../session.ts';
import { timelineFile, writeTimeline } from '../timeline.ts';
import { verdictCode } from '../verdict-code.ts';

export const judge: Verb = {
  define: (command: Command) => {
    command
      .argument('<folder>', 'a run folder, such as one in .lab/runs')
      .option('--json', 'the verdict as in verdict.json')
      .option('--html [file]', `also draw the timeline page, ${timelineFile} of the folder if no file is named`)
      .addHelpText(
        'after',
        `
Examples:
  npm run lab:judge -- .lab/runs/20261122-211824-standby-rebuild-pgbackrest
  npm run lab:judge -- .lab/runs/20261122-211824-standby-rebuild-pgbackrest --html timeline.html`,
      )
      .action((folder: string, options: { json?: true; html?: true | string }) => {
        const { verdict, source } = judgeFolder(folder);
        if (options.html !== undefined) {
          const file = options.html === true ? join(folder, timelineFile) : options.html;
          writeTimeline(folder, file);
          process.stderr.write(`the timeline is in ${file}\n`);
        }
        process.stdout.write(options.json ? renderJson(verdict) : `${renderText(verdict, { paint: paintFor(process.stdout), source })}\n`);
        process.exitCode = verdictCode([verdict]);
      });
  },
};
