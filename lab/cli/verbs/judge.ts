/** `pglab judge`: the verdict on recorded runs, from their folders or bundles of them alone. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { UsageError } from '../../core/problem.ts';
import { renderMarkdown } from '../../report/markdown.ts';
import { renderText } from '../../report/text.ts';
import { isBundle, withRunFolder } from '../../run/bundle/read-bundle.ts';
import { type Judged, judgeFolder } from '../../run/judge-folder.ts';
import { runRedactor } from '../../run/run-redactor.ts';
import { besideEachOther } from '../../verdict/contrast.ts';
import { paintFor } from '../paint.ts';
import type { Verb } from '../session.ts';
import { timelineFile, writeTimeline } from '../timeline.ts';
import { verdictCode } from '../verdict-code.ts';

interface Options {
  readonly json?: true;
  readonly markdown?: true;
  readonly html?: true | string;
}

export const judge: Verb = {
  define: (command: Command) => {
    command
      .argument('[run...]', 'run folders, such as those in .lab/runs, or bundles')
      .addOption(new Option('--json', 'the verdict as in verdict.json, of several runs one a line').conflicts('markdown'))
      .option('--markdown', 'a comment for an issue thread; one for all variants of a scenario')
      .option('--html [file]', `also draw the timeline page of one run; ${timelineFile} of its folder if no file is named`)
      .addHelpText(
        'after',
        `
Examples:
  npm run lab:judge -- .lab/runs/20261122-211824-standby-rebuild-pgbackrest
  npm run lab:judge -- 20261122-211824-standby-rebuild-pgbackrest.tar.gz
  npm run lab:judge -- .lab/runs/20261122-211824-standby-rebuild-pgbackrest --html timeline.html
  npm run -s lab:judge -- --markdown .lab/runs/*-standby-rebuild-* > comment.md`,
      )
      .action(async (named: string[], given: Options) => {
        const { paths, options } = await runsAndOptions(named, given);
        const each: Judged[] = [];
        for (const path of paths) each.push(await withRunFolder(path, (folder) => judgeOne(folder, path, paths.length > 1, options)));
        const judged = besideEachOther(each);
        process.stdout.write(options.markdown ? comments(judged) : options.json ? asJson(judged) : asText(judged));
        process.exitCode = verdictCode(judged.map(({ verdict }) => verdict));
      });
  },
};

/** A run that stands after `--html` is the run to draw: it is nothing to write a page over. */
async function runsAndOptions(paths: string[], options: Options): Promise<{ paths: string[]; options: Options }> {
  const { html } = options;
  const isRun = typeof html === 'string' && (statSync(html, { throwIfNoEntry: false })?.isDirectory() || (await isBundle(html)));
  const given = isRun ? { paths: [...paths, html], options: { ...options, html: true as const } } : { paths, options };
  if (given.paths.length === 0)
    throw new UsageError('no run is named', { hint: 'name run folders, such as those in .lab/runs, or bundles' });
  return given;
}

function judgeOne(folder: string, path: string, several: boolean, { html }: Options): Judged {
  const judged = judgeFolder(folder, path);
  if (html === undefined) return judged;
  if (several) throw new UsageError('--html draws one run', { hint: 'name one folder or bundle' });
  if (html === true && folder !== path)
    throw new UsageError('a bundle takes no new file', { hint: '--html FILE says where the page goes' });
  const file = html === true ? join(folder, timelineFile) : html;
  writeTimeline(runRedactor(judged.plan).data(judged), folder, file);
  process.stderr.write(`the timeline is in ${file}\n`);
  return judged;
}

function asText(judged: readonly Judged[]): string {
  const paint = paintFor(process.stdout);
  return judged.map(({ verdict, source }) => `${renderText(verdict, { paint, source })}\n`).join('');
}

function asJson(judged: readonly Judged[]): string {
  if (judged.length > 1) return judged.map(({ verdict }) => `${JSON.stringify(verdict)}\n`).join('');
  return judged.map(({ verdict }) => `${JSON.stringify(verdict, null, 2)}\n`).join('');
}

function comments(judged: readonly Judged[]): string {
  const runs = judged.map((run) => runRedactor(run.plan).data(run));
  const scenarios = [...new Set(runs.map(({ verdict }) => verdict.scenario))];
  return scenarios.map((scenario) => renderMarkdown(runs.filter(({ verdict }) => verdict.scenario === scenario))).join('\n');
}
