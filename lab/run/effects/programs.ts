/** pgbackrest, patronictl and exec: a command line run on one host or several at once, its output recorded. */
import { setTimeout as delay } from 'node:timers/promises';
import { seconds } from '../../core/duration.ts';
import { lineCutter } from '../../core/line-cutter.ts';
import { LabError } from '../../core/problem.ts';
import type { CommandResult } from '../../engine/commands.ts';
import { runCommand } from '../../engine/commands.ts';
import type { Host, Lab } from '../../engine/lab.ts';
import { continues, join, type LogEntry, readEntry } from '../../observe/log-entry.ts';
import { lookAtRepository } from '../../observe/repository.ts';
import type { RunArgs } from '../../scenario/run-args.ts';
import { locksReleased } from '../pgbackrest-locks.ts';
import type { Done, Effect, StepContext } from './effect.ts';

/** A command that has not ended by then is not reached. Long enough for any backup of a lab. */
const patience = seconds(600);

/** Output is kept for `${x.stdout}` and for messages; the whole of it is in the history. */
const keptOutput = 200_000;

export const exec: Effect<'exec'> = {
  selectors: (args) => [args.on ?? 'leader'],
  run: (ctx, args) => runOn(ctx, ctx.hosts(args.on ?? 'leader'), args, () => args.run),
};

export const patronictl: Effect<'patronictl'> = {
  selectors: (args) => [args.on ?? 'members'],
  run: (ctx, args) => {
    const live = ctx.hosts(args.on ?? 'members').filter((host) => ctx.streams.stateOf(host.name) === 'running');
    if (live.length === 0) throw new LabError('no member is up to run patronictl on');
    return runOn(ctx, args.on === undefined ? live.slice(0, 1) : live, args, () => `patronictl -c /etc/patroni/config.yml ${args.run}`);
  },
};

export const pgbackrest: Effect<'pgbackrest'> = {
  selectors: (args, lab) => [args.on ?? defaultRepo(lab)],
  run: async (ctx, args) => {
    const hosts = ctx.hosts(args.on ?? defaultRepo(ctx.lab));
    const stanzaOn = (host: Host) => (args.stanza === false ? undefined : (args.stanza ?? stanzaOf(ctx.lab, host)));
    const done = await runOn(ctx, hosts, args, (host) => {
      const stanza = stanzaOn(host);
      return `pgbackrest ${stanza === undefined ? '' : `--stanza=${stanza} `}${args.run}`;
    });
    const [host] = hosts;
    const stanza = host && stanzaOn(host);
    const command = commandOf(args.run) ?? '';
    if (locking.includes(command)) await locksReleased(ctx.docker, othersThan(hosts, ctx.lab), done.stdout ?? '', ctx.signal);
    if (command !== 'backup' || done.exit !== 0 || !host || stanza === undefined) return done;
    return { ...done, fields: await backupFields(ctx, host, stanza, done.stdout ?? '') };
  },
};

/** Commands that take a lock on other hosts too (`lock-remote-required` in pgBackRest's src/build/config/config.yaml). */
const locking: readonly string[] = ['backup', 'expire', 'stanza-create', 'stanza-upgrade', 'stanza-delete'];

function othersThan(hosts: readonly Host[], lab: Lab): readonly Host[] {
  return lab.hosts.filter((other) => other.kind !== 'etcd' && !hosts.some(({ name }) => name === other.name));
}

/** Options may stand before it. */
function commandOf(run: string): string | undefined {
  return run.split(/\s+/).find((word) => word !== '' && !word.startsWith('-'));
}

function defaultRepo(lab: Lab): string {
  return lab.hosts.some((host) => host.kind === 'repo') ? 'repo' : 'leader';
}

function stanzaOf(lab: Lab, host: Host): string | undefined {
  return (lab.spec.clusters.find((cluster) => cluster.members.includes(host.name)) ?? lab.spec.clusters[0])?.stanza;
}

/** pgBackRest names the backup it made on its console at level info, and its LSNs in `info`. */
async function backupFields(ctx: StepContext, host: Host, stanza: string, output: string) {
  const label = /new backup label = (\S+)/.exec(output)?.[1];
  const { backups } = await lookAtRepository(ctx.docker, host.container, stanza);
  const backup = label === undefined ? backups.at(-1) : backups.find((each) => each.label === label);
  return backup ? { label: backup.label, start: backup.start, stop: backup.stop, ended: backup.ended } : {};
}

async function runOn(ctx: StepContext, hosts: readonly Host[], args: RunArgs, line: (host: Host) => string): Promise<Done> {
  const limit = ctx.within ?? patience;
  const timeUp = new AbortController();
  const work = Promise.all(hosts.map((host) => runRecorded(ctx, host, line(host), args)));
  try {
    const results = await Promise.race([work, delay(limit, undefined, { signal: timeUp.signal, ref: false })]);
    if (!results) return { outcome: 'not-reached', reason: `it did not end within ${limit / 1000} s`, on: hosts };
    return {
      on: hosts,
      exit: Math.max(...results.map((result) => result.exit)),
      ...(hosts.length > 1 ? { each: hosts.map(({ name }, index) => ({ host: name, exit: results[index]?.exit ?? 0 })) } : {}),
      stdout: results
        .map((result) => result.stdout)
        .join('')
        .slice(0, keptOutput),
      stderr: results
        .map((result) => result.stderr)
        .join('')
        .slice(0, keptOutput),
    };
  } finally {
    timeUp.abort();
  }
}

/** What `docker exec` prints never reaches a container's log: each line joins its host's stream here, once. */
async function runRecorded(ctx: StepContext, host: Host, line: string, { stdin, user }: RunArgs): Promise<CommandResult> {
  const cut = { stdout: lineCutter(), stderr: lineCutter() };
  let held: LogEntry | undefined;
  const letGo = () => {
    if (held) ctx.recorder.recordLog({ host: host.name, ...held, source: 'command', step: ctx.step }, ctx.recorder.now());
    held = undefined;
  };
  const take = (text: string) => {
    if (held && continues(held, text)) held = join(held, text);
    else {
      letGo();
      held = readEntry(text);
    }
  };
  const onOutput = (stream: keyof typeof cut, text: string) => {
    for (const each of cut[stream](text)) take(each);
    letGo();
  };
  const command = { argv: ['sh', '-c', line], ...(user && { user }), ...(stdin === undefined ? {} : { stdin }), onOutput };
  const result = await (ctx.elsewhere?.(onOutput) ?? runCommand(ctx.docker, host.container, command));
  for (const rest of Object.values(cut).flatMap((last) => last('\n'))) if (rest !== '') take(rest);
  letGo();
  return result;
}
