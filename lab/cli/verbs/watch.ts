/** `pglab watch`: what happens to a running lab, as it happens: a view that keeps itself up to date, or a line for each change. */
import type { Command } from 'commander';
import { LabError, UsageError } from '../../core/problem.ts';
import { redactor } from '../../core/redact.ts';
import { findEngine } from '../../engine/connect.ts';
import { checkName, findLab, type Lab } from '../../engine/lab.ts';
import { updateStatus } from '../../observe/live-status.ts';
import { askStatus, type LabStatus } from '../../observe/status.ts';
import { followLab } from '../../run/live/follow-lab.ts';
import { openChangeLines } from '../change-lines.ts';
import { npmCommand, withName } from '../lab-options.ts';
import type { Verb } from '../session.ts';
import { openWatchPage } from '../watch-page.ts';
import { openWatchView } from '../watch-view.ts';
import type { Watcher } from '../watcher.ts';

interface Options {
  readonly name: string;
  readonly json?: true;
  readonly web?: true;
}

/** How far back the view's log lines begin, ms. */
const past = 10 * 60_000;

export const watch: Verb = {
  define: (command: Command) => {
    withName(command)
      .option('--json', 'a JSON object for each change, the state at the start included')
      .option('--web', "the lab's timeline in the browser, live, for this machine alone; prints its address")
      .addHelpText(
        'after',
        `
On a terminal: members, etcd, backups, archiver and the last lines that matter, until q or Ctrl-C. In a pipe: a line for each
change. Times are UTC, as in the logs.

Examples:
  npm run lab:watch
  npm run lab:watch -- --web
  npm run -s lab:watch | tee what-happened.txt
  npm run -s lab:watch -- --json | jq -c 'select(.what == "member")'`,
      )
      .action((options: Options) => run(options));
  },
};

async function run({ name, json, web }: Options): Promise<void> {
  checkName(name);
  if (json && web) throw new UsageError('--json and --web exclude each other');
  const docker = await findEngine();
  const lab = await findLab(docker, name);
  const quit = new AbortController();
  let status = await askStatus(docker, lab);
  const watcher = web ? await openBrowserPage(lab) : openWatcher(status, json === true, () => quit.abort());
  try {
    const ending = await followLab(docker, lab, {
      versions: Object.fromEntries(status.hosts.map((host) => [host.name, host.versions])),
      since: Date.now() - past,
      signal: quit.signal,
      onEvent: (event) => {
        status = updateStatus(status, event);
        watcher.take(event, status);
      },
    });
    if (ending === 'stopped') return;
  } finally {
    watcher.close();
  }
  throw new LabError(`lab ${name} is gone: somebody removed it`, { hint: `${npmCommand('up', name)} brings up a new one` });
}

async function openBrowserPage(lab: Lab): Promise<Watcher> {
  const page = await openWatchPage(lab.name, redactor({ ...lab.spec.secrets }));
  process.stdout.write(`${page.address}\n`);
  process.stderr.write('the timeline is there until Ctrl-C\n');
  return page;
}

/** Who gets the news. */
function openWatcher(status: LabStatus, json: boolean, onQuit: () => void): Watcher {
  const { stdout } = process;
  if (!json && stdout.isTTY && process.env.TERM !== 'dumb') return openWatchView(status, stdout, process.stdin, onQuit);
  return openChangeLines(status, json);
}
