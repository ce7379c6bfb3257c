/**
 * What keeps pgBackRest's commands from doing their work. An error explains a failed command that printed it, WAL that did not arrive
 * while it was the archiver's last word, or a member that was to be restored while it was the restore's last word.
 */
import { shorten } from '../../core/shorten.ts';
import { awaitsArchive, awaitsMember, type Failure, inOutput, wrongRows } from './failure.ts';
import { type Explanation, last, pgbackrest, type Rule, rule, standing } from './rule.ts';
import type { Sighting } from './sighting.ts';

/** What ends an error: the same host's pgBackRest got through. */
const done = pgbackrest(/^pushed WAL file|^(backup|restore|archive-push|stanza-upgrade) command end: completed successfully/);
const restoring = pgbackrest(/^restore command begin/);

/** PostgreSQL and pgBackRest write to one stream, and not in step, ms. */
const logDelay = 100;

function inOneLine(text: string): string {
  return shorten(text.replace(/\s+/g, ' ').trim(), 300);
}

interface Trouble {
  readonly name: string;
  readonly source: string;
  readonly pattern: RegExp;
  readonly message: (sighting: Sighting, failure: Failure) => string;
}

function trouble({ name, source, pattern, message }: Trouble): Rule {
  return rule({
    name,
    source,
    lines: { trouble: pgbackrest(pattern), done, restoring },
    explain: (failure, seen): Explanation | undefined => {
      const explained = (one: Sighting): Explanation => ({ message: message(one, failure), lines: [one] });
      const printed = last(seen.of('trouble').filter((one) => inOutput(failure, one)));
      if (printed) return explained(printed);
      const stands = standing(seen, 'trouble', 'done');
      if (!stands || stands.entry.source === 'command') return undefined;
      if (awaitsArchive(failure)) return explained(stands);
      const restored = seen.of('restoring', stands.entry.host).some((one) => one.entry.at <= stands.entry.at);
      return restored && awaitsMember(failure) ? explained(stands) : undefined;
    },
  });
}

const troubles: readonly Trouble[] = [
  {
    name: 'versions-differ',
    source: 'pgbackrest/pgbackrest#1183; pgBackRest src/protocol/client.c, the greeting',
    pattern: /\[ProtocolError\] expected value '([^']+)' for greeting key 'version' but got '([^']+)'/,
    message: ({ entry, groups }) =>
      `pgBackRest's versions differ: ${entry.host} runs ${groups[1]}, and the host that it talks to ${groups[2]} ` +
      `([ProtocolError] expected value '${groups[1]}' for greeting key 'version'); repository host and database hosts need the same one`,
  },
  {
    name: 'stop-file',
    source: 'https://pgbackrest.org/command.html#command-stop; pgbackrest/pgbackrest#270',
    pattern: /stop file exists for (all stanzas|stanza \S+)/,
    message: ({ groups }) =>
      `pgBackRest was stopped and not started again: a stop file exists for ${groups[1]}; pgbackrest start removes it`,
  },
  {
    name: 'stanza-of-another-cluster',
    source: 'pgbackrest/pgbackrest#1391; https://pgbackrest.org/command.html#command-stanza-upgrade',
    pattern:
      /version ['"]?(\S+?)['"]?, system-id ['"]?(\d+)['"]?\s+do(?:es)? not match (?:repo\d+ )?stanza version ['"]?(\S+?)['"]?, system-id ['"]?(\d+)/,
    message: ({ groups }) =>
      `the database is another than the stanza's: PostgreSQL ${groups[1]} with system identifier ${groups[2]}, and the stanza has ` +
      `${groups[3]} with ${groups[4]}, as after initdb; stanza-upgrade makes the repository take it`,
  },
  {
    name: 'no-stanza',
    source: 'https://pgbackrest.org/command.html#command-stanza-create',
    pattern: /\[055\]: unable to load info file '([^']+)\/(?:backup|archive)\.info'/,
    message: ({ groups }) => `there is no stanza in ${groups[1]}: stanza-create was not run, or it is another repository or path`,
  },
  {
    name: 'database-host-taken-for-remote',
    source: 'pgbackrest/pgbackrest#2434',
    pattern: /\[072\]: (\S+) command must be run on the PostgreSQL host|\[027\]: pg and repo hosts cannot both be configured as remote/,
    message: ({ entry }, { facts }) =>
      facts.repo?.includes(entry.host)
        ? `${entry.host} is a repository host, whose pgbackrest.conf says where PostgreSQL is (pg1-host): this command runs there`
        : `pg1-host is set in ${entry.host}'s own pgbackrest.conf, which makes pgBackRest take ${entry.host} for a remote host`,
  },
  {
    name: 'repository-unreachable',
    source: 'pgBackRest src/common/io/socket; https://pgbackrest.org/configuration.html#section-repository/option-repo-host',
    pattern:
      /(?:unable to check (\S+): )?\[HostConnectError\] (unable to connect to '[^']+'|unable to get address for '[^']+'|timeout connecting to '[^']+')/,
    message: ({ entry, groups }) =>
      `${entry.host} cannot reach ${groups[1] ? `the database host ${groups[1]}` : 'its repository host'}: ${groups[2]}`,
  },
  {
    name: 'repository-full',
    source: 'https://pgbackrest.org/user-guide.html#retention',
    pattern: /\[28\] No space left on device/,
    message: ({ entry }) =>
      `${/raised from remote|\/var\/lib\/pgbackrest/.test(entry.text) ? "the repository's disk" : `a disk of ${entry.host}`} is full: ` +
      `[28] No space left on device, says pgBackRest on ${entry.host}`,
  },
];

export const repositoryRules: readonly Rule[] = [
  ...troubles.map(trouble),
  // Whatever else archive-push says: nobody has to look for it.
  rule({
    name: 'archive-push-fails',
    source: 'https://pgbackrest.org/command.html#command-archive-push',
    lines: {
      failed: { program: 'postgres', pattern: /^archive command failed with exit code (\d+)/ },
      error: pgbackrest(/^\[(\d{3})\]: ([\s\S]*)/),
      done,
    },
    explain: (failure, seen) => {
      const failed = standing(seen, 'failed', 'done');
      if (!failed || !awaitsArchive(failure)) return undefined;
      const said = (one: Sighting) => one.entry.source !== 'command' && Number(one.groups[1]) === Number(failed.groups[1]);
      const error = last(seen.of('error', failed.entry.host).filter((one) => said(one) && one.entry.at <= failed.entry.at + logDelay));
      if (!error || troubles.some(({ pattern }) => pattern.test(error.entry.text))) return undefined;
      return {
        message: `archive-push fails on ${failed.entry.host}: [${error.groups[1]}] ${inOneLine(error.groups[2] ?? '')}`,
        lines: [error, failed],
      };
    },
  }),
  rule({
    name: 'no-primary-in-its-configuration',
    source: 'pgbackrest/pgbackrest#2682; https://pgbackrest.org/user-guide.html#standby-backup',
    lines: {
      cannot: pgbackrest(/\[056\]: unable to find (primary|standby) cluster/),
      // A host that could not be asked may well be the one that is looked for: another rule says why it could not.
      unchecked: pgbackrest(/unable to check \S+:/),
    },
    explain: (failure, seen) => {
      const cannot = last(seen.of('cannot').filter((one) => inOutput(failure, one)));
      if (!cannot || seen.of('unchecked').some((one) => inOutput(failure, one))) return undefined;
      const role = cannot.groups[1];
      return {
        message:
          `none of the servers that ${cannot.entry.host}'s pgbackrest.conf lists as pgN-host is the ${role} now: it has to list every ` +
          `member, since any may ${role === 'primary' ? 'come to lead' : 'come to follow'}`,
        lines: [cannot],
      };
    },
  }),
  rule({
    name: 'segments-dropped',
    source: 'https://pgbackrest.org/configuration.html#section-archive/option-archive-push-queue-max; pgbackrest/pgbackrest#2820',
    lines: { dropped: pgbackrest(/dropped WAL file '([0-9A-F]{24})' because archive queue exceeded (\S+)/) },
    explain: (failure, seen) => {
      const dropped = seen.of('dropped');
      const first = dropped[0];
      const short = wrongRows(failure).some((counts) => counts.missing + counts.lost > 0);
      if (!first || !(short || awaitsArchive(failure))) return undefined;
      return {
        message:
          `archive-push told PostgreSQL that it had archived what it dropped: the queue was over archive-push-queue-max (${first.groups[2]}), ` +
          `from segment ${first.groups[1]} on; what is restored from the archive ends at that gap`,
        lines: [first],
      };
    },
  }),
  rule({
    name: 'restored-server-archives',
    source: 'https://pgbackrest.org/command.html#command-restore, --archive-mode',
    lines: { restored: pgbackrest(/^restore command begin/), pushed: pgbackrest(/^pushed WAL file '([^']+)' to the archive/) },
    explain: (failure, seen) => {
      const { facts } = failure;
      const scratch = Object.entries(facts.clusters).flatMap(([cluster, members]) => (cluster === 'main' ? [] : members));
      const pushed = last(
        seen.of('pushed').filter((one) => scratch.includes(one.entry.host) && seen.of('restored', one.entry.host).length > 0),
      );
      if (!pushed || !awaitsArchive(failure)) return undefined;
      return {
        message:
          `${pushed.entry.host}, restored from the repository, archives into it (${pushed.groups[1]}): restore it with --archive-mode=off, ` +
          'or give it read-only access',
        lines: [pushed],
      };
    },
  }),
];
