/** `pglab psql`: psql inside a host, so that none is needed here. */
import type { Command } from 'commander';
import { UsageError } from '../../core/problem.ts';
import { findEngine } from '../../engine/connect.ts';
import { runInteractive } from '../../engine/interactive.ts';
import { checkName, findLab, type Host } from '../../engine/lab.ts';
import { chooseHost } from '../choose-hosts.ts';
import { withName } from '../lab-options.ts';
import { onTerminal, passThrough } from '../pass-through.ts';
import type { Session, Verb } from '../session.ts';

export const psql: Verb = {
  define: (command: Command, session: Session) => {
    withName(command)
      .argument('[host and psql options...]', 'a database host, or leader (default) or replica; then options of psql')
      .usage('[options] [host] [psql options]')
      .allowUnknownOption()
      .passThroughOptions()
      .addHelpText(
        'after',
        `
Options for pglab itself stand first; everything from the host, or from psql's first option on, belongs to psql. Where
lab:record is at work on the lab, statements given with -c or through a pipe become a step of the recording; those typed into an
open psql do not.

Examples:
  npm run lab:psql
  npm run lab:psql -- -c "select 1"
  npm run lab:psql -- replica -c "select pg_is_in_recovery()"
  npm run lab:psql -- pg2 -Atc "select pg_last_wal_replay_lsn()"
  npm run lab:psql -- leader < schema.sql`,
      )
      .action(async (words: readonly string[], options: { name: string }) => {
        checkName(options.name);
        const [first] = words;
        const named = first !== undefined && !first.startsWith('-');
        if (named && /\s/.test(first))
          throw new UsageError(`${JSON.stringify(first)} is no host`, { hint: `a statement stands after -c: -c ${JSON.stringify(first)}` });
        const docker = await findEngine();
        const lab = await findLab(docker, options.name);
        const on = named ? first : 'leader';
        const host = await chooseHost(lab, on);
        if (host.kind !== 'patroni')
          throw new UsageError(`host ${host.name} runs no PostgreSQL`, { hint: 'leader, replica, or a database host' });
        const own = named ? words.slice(1) : words;
        await passThrough(session, lab, { verb: 'psql', on, argv: own, root: false }, (command) =>
          runInteractive(docker, host, { ...command, argv: ['psql', ...prompt(host), ...own], user: 'postgres' }),
        );
      });
  },
};

/** Says on which host one is, where somebody types. */
function prompt(host: Host): string[] {
  if (!onTerminal()) return [];
  return [`--set=PROMPT1=${host.name} %/%R%x%# `, `--set=PROMPT2=${host.name} %/%R%x%# `];
}
