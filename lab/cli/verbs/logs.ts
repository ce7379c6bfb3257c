/** `pglab logs`: what the hosts' programs say, in one stream. */

import { once } from 'node:events';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../../core/duration.ts';
import { programs } from '../../core/event.ts';
import { clockOffset } from '../../engine/clock.ts';
import { findEngine } from '../../engine/connect.ts';
import { checkName, findLab, type Host, type Lab } from '../../engine/lab.ts';
import { readMark } from '../../observe/log-entry.ts';
import { type LogRecord, readLogs } from '../../observe/logs.ts';
import { chooseHosts } from '../choose-hosts.ts';
import { withName } from '../lab-options.ts';
import { type Paint, paintFor, paintHost, paintLevel } from '../paint.ts';
import type { Session, Verb } from '../session.ts';

interface Options {
  readonly name: string;
  readonly follow?: true;
  readonly grep?: RegExp;
  readonly program?: LogRecord['entry']['program'];
  readonly since?: number;
  readonly json?: true;
}

export const logs: Verb = {
  define: (command: Command, session: Session) => {
    withName(command)
      .argument('[hosts...]', 'hosts, or leader, replicas, members, etcd, repo; all by default')
      .option('-f, --follow', 'go on with what is said from now on, across restarts of a host')
      .option('--grep <regexp>', 'entries that match a regular expression (of JavaScript)', regularExpression)
      .addOption(new Option('--program <program>', 'one program only').choices(programs))
      .option('--since <duration>', 'only the last 30s, 5m, 1h', duration)
      .option('--json', 'a JSON object a line')
      .addHelpText(
        'after',
        `
An entry comes with its continuation lines. etcd's JSON is shown as text; --json has every field.

Examples:
  npm run lab:logs -- pg1 --follow
  npm run lab:logs -- leader --program postgres --since 5m
  npm run lab:logs -- members --grep 'promoted|streaming'
  npm run lab:logs -- --follow --since 0s`,
      )
      .action((selectors: readonly string[], options: Options) => run(selectors, options, session));
  },
};

async function run(selectors: readonly string[], options: Options, session: Session): Promise<void> {
  checkName(options.name);
  const docker = await findEngine();
  const lab = await findLab(docker, options.name);
  const hosts = await choose(lab, selectors);
  const since = options.since === undefined ? undefined : Date.now() + (await clockOffset(docker)) - options.since;
  const paint = paintFor(process.stdout);
  const width = Math.max(...hosts.map(({ name }) => name.length));
  const names = lab.hosts.map(({ name }) => name);
  const records = readLogs(docker, {
    hosts,
    follow: options.follow ?? false,
    signal: session.signal,
    ...(since === undefined ? {} : { since }),
  });
  for await (const record of records) {
    if (!isWanted(record, options)) continue;
    const text = options.json ? asJson(record) : asText(record, paintHost(paint, names, record.host)(record.host.padEnd(width)), paint);
    if (!process.stdout.write(`${text}\n`)) await once(process.stdout, 'drain');
  }
}

async function choose(lab: Lab, selectors: readonly string[]): Promise<readonly Host[]> {
  if (selectors.length === 0) return lab.hosts;
  const chosen = (await Promise.all(selectors.map((selector) => chooseHosts(lab, selector)))).flat();
  return lab.hosts.filter((host) => chosen.includes(host));
}

function isWanted({ entry, raw }: LogRecord, { grep, program }: Options): boolean {
  // The lab's own marks say nothing to people.
  if (readMark.test(raw)) return false;
  return (program === undefined || entry.program === program) && (grep === undefined || grep.test(raw));
}

function asJson({ host, at, entry }: LogRecord): string {
  return JSON.stringify({ time: new Date(at).toISOString(), host, ...entry });
}

/** Lines as their programs wrote them, to be searched for and pasted; where that is JSON, or has no time, as the others would. */
export function asText({ at, entry, raw }: LogRecord, host: string, paint: Paint): string {
  const time = new Date(at).toISOString().replace('T', ' ').slice(0, 23);
  const text =
    { etcd: `${time} ${entry.level}: ${entry.text}`, lab: `${time} ${raw}`, other: `${time} ${raw}` }[
      entry.program as 'etcd' | 'lab' | 'other'
    ] ?? raw;
  const colour = paintLevel(paint, entry.level);
  return text
    .split('\n')
    .map((line) => `${host}  ${colour(line)}`)
    .join('\n');
}

function regularExpression(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

function duration(text: string): number {
  try {
    return parseDuration(text);
  } catch {
    throw new InvalidArgumentError('Write a number and ms, s, m or h, such as 30s.');
  }
}
