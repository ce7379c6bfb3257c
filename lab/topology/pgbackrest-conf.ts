/**
 * pgbackrest.conf: written and read in its own format, which is not quite INI (repeated keys are lists, nothing is quoted,
 * values contain `=`), and the lab's defaults for database and repository hosts.
 */
import type { HostName } from './blueprint.ts';
import { dataDirectory, places } from './places.ts';
import type { PlainMap } from './plain-map.ts';
import { isPlainMap, mergeMap } from './plain-map.ts';

/** Options by section: `global`, a stanza, or either with a command (`global:archive-push`). A list is a repeated key. */
export type PgbackrestConf = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;

/** Throws RangeError where a name or a value cannot stand on a line of its own. */
export function writePgbackrestConf(conf: PgbackrestConf): string {
  const sections = Object.entries(conf).map(([section, options]) => {
    const lines = Object.entries(options).flatMap(([key, value]) => [value].flat().map((one) => `${key}=${one}`));
    return [`[${section}]`, ...lines];
  });
  const broken = sections.flat().find((line) => /[\r\n]/.test(line));
  if (broken !== undefined) throw new RangeError(`pgbackrest.conf has no way to write a line break: ${JSON.stringify(broken)}`);
  return sections.map((lines) => `${lines.join('\n')}\n`).join('\n');
}

/** Reads what pgBackRest reads; comments are lost. Throws RangeError on a line that is neither a section nor key=value. */
export function readPgbackrestConf(text: string): PgbackrestConf {
  const conf = new Map<string, Map<string, string | string[]>>();
  let options: Map<string, string | string[]> | undefined;
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const section = /^\[(.+)\]$/.exec(line)?.[1];
    if (section !== undefined) {
      options = conf.get(section) ?? new Map();
      conf.set(section, options);
      continue;
    }
    const equals = line.indexOf('=');
    if (equals < 1 || options === undefined)
      throw new RangeError(`pgbackrest.conf line ${index + 1} is not key=value in a section: ${line}`);
    const key = line.slice(0, equals).trim();
    const value = line.slice(equals + 1).trim();
    const before = options.get(key);
    options.set(key, before === undefined ? value : [before, value].flat());
  }
  return Object.fromEntries([...conf].map(([section, found]) => [section, Object.fromEntries(found)]));
}

/**
 * The conf with an overlay's `pgbackrest` merged into it: numbers become text, true and false the `y` and `n` that pgBackRest
 * takes, and a section left without options disappears.
 */
export function mergePgbackrestConf(conf: PgbackrestConf, changes: PlainMap): PgbackrestConf {
  const merged = mergeMap(conf, changes);
  return Object.fromEntries(
    Object.entries(merged).flatMap(([section, options]) => {
      if (!isPlainMap(options) || Object.keys(options).length === 0) return [];
      return [
        [
          section,
          Object.fromEntries(
            Object.entries(options).map(([key, value]) => [key, Array.isArray(value) ? value.map(optionText) : optionText(value)]),
          ),
        ],
      ];
    }),
  );
}

/** As pgBackRest reads it: `y` and `n`. */
export function optionText(value: unknown): string {
  return typeof value === 'boolean' ? (value ? 'y' : 'n') : String(value);
}

const logging = {
  // The lines that the talk's slides show come from the console, at this level.
  'log-level-console': 'info',
  // The default today. 2.45 has `warn`, and prints warnings and errors without time and process.
  'log-level-stderr': 'off',
  'log-level-file': 'off',
} as const;

/** Only the asynchronous halves of these two commands open a log file; they have no console (pgBackRest, config.yaml `log-file`). */
const asyncLogging = { 'log-level-file': 'info' } as const;

function clientCertificates(prefix: string) {
  return {
    [`${prefix}-host-ca-file`]: places.caCertificate,
    [`${prefix}-host-cert-file`]: places.hostCertificate,
    [`${prefix}-host-key-file`]: places.hostKey,
  };
}

/** `admitted`: who may connect to this host's TLS server, and for which stanzas, by the client certificate's common name. */
function tlsServer(admitted: readonly (readonly [client: HostName, stanzas: readonly string[]])[]) {
  return {
    'tls-server-address': '*',
    'tls-server-ca-file': places.caCertificate,
    'tls-server-cert-file': places.hostCertificate,
    'tls-server-key-file': places.hostKey,
    'tls-server-auth': admitted.map(([client, stanzas]) => `${client}=${stanzas.join(',')}`),
  };
}

/** A first full backup takes 1.8 s with lz4 or zst and 2.3 s with gz, the default. Database hosts compress the WAL that they push. */
const compression = { 'compress-type': 'lz4' } as const;

/** What the backups of a lab without repository host need to know on each database host. */
const backupDefaults = {
  // Without a limit pgBackRest warns at every backup and keeps them all.
  'repo1-retention-full': '2',
  // Nearly a thousand small files otherwise; over object storage a full backup took 17 s without it.
  'repo1-bundle': 'y',
  // The next timed checkpoint may be five minutes away.
  'start-fast': 'y',
  ...compression,
} as const;

/** A database host whose repository is on the repository host `repo`, which alone may connect to it. */
export function databaseHostConf(at: { readonly stanza: string; readonly major: number; readonly repo: HostName }): PgbackrestConf {
  return {
    global: {
      'repo1-host': at.repo,
      'repo1-host-type': 'tls',
      ...clientCertificates('repo1'),
      ...tlsServer([[at.repo, [at.stanza]]]),
      ...compression,
      'process-max': '2',
      'spool-path': places.spool,
      ...logging,
    },
    'global:archive-push': asyncLogging,
    'global:archive-get': asyncLogging,
    [at.stanza]: { 'pg1-path': dataDirectory(at.major) },
  };
}

/** A database host that reaches the repository itself (a shared disk) and knows the others as pg2 and up, itself being pg1. */
export function peerHostConf(at: { readonly stanza: string; readonly major: number; readonly peers: readonly HostName[] }): PgbackrestConf {
  return {
    global: {
      'repo1-path': places.repository,
      ...backupDefaults,
      // Which of the two is the standby pgBackRest finds out at each backup.
      'backup-standby': 'y',
      ...tlsServer(at.peers.map((peer) => [peer, [at.stanza]])),
      'process-max': '2',
      'spool-path': places.spool,
      ...logging,
    },
    'global:archive-push': asyncLogging,
    'global:archive-get': asyncLogging,
    [at.stanza]: { 'pg1-path': dataDirectory(at.major), ...remoteServers(at.peers, at.major, 2) },
  };
}

/** The repository host. `stanzas`: those backed up here and their servers; `clients`: hosts that may connect, and for which stanzas. */
export function repositoryHostConf(at: {
  readonly stanzas: readonly { readonly stanza: string; readonly major: number; readonly members: readonly HostName[] }[];
  readonly clients: readonly (readonly [client: HostName, stanzas: readonly string[]])[];
}): PgbackrestConf {
  return {
    global: {
      'repo1-path': places.repository,
      ...backupDefaults,
      ...tlsServer(at.clients),
      'process-max': '2',
      ...logging,
    },
    ...Object.fromEntries(at.stanzas.map(({ stanza, major, members }) => [stanza, remoteServers(members, major, 1)])),
  };
}

function remoteServers(hosts: readonly HostName[], major: number, from: number): Record<string, string> {
  return Object.assign(
    {},
    ...hosts.map((host, index) => {
      const server = `pg${from + index}`;
      return {
        [`${server}-host`]: host,
        [`${server}-host-type`]: 'tls',
        ...clientCertificates(server),
        [`${server}-path`]: dataDirectory(major),
      };
    }),
  );
}

/** Whether some section turns asynchronous archiving on, whose processes log to files alone. */
export function archivesAsynchronously(conf: PgbackrestConf): boolean {
  return Object.values(conf).some((options) => options['archive-async'] === 'y');
}
