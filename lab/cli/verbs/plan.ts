/** `pglab plan`: what `up` would make, file by file. Needs no engine and starts nothing. */
import type { Command } from 'commander';
import { LabError, UsageError } from '../../core/problem.ts';
import { imageTag } from '../../engine/images.ts';
import type { Blueprint, FileSpec, HostSpec } from '../../topology/blueprint.ts';
import { places, ports } from '../../topology/places.ts';
import { didYouMean } from '../../topology/topology-problem.ts';
import { type LabChoice, outlineChoice, withLabChoice } from '../lab-options.ts';
import { type Paint, paintFor } from '../paint.ts';
import type { Verb } from '../session.ts';
import { table } from '../table.ts';

interface Options extends LabChoice {
  readonly file?: string;
  readonly json?: true;
}

export const plan: Verb = {
  define: (command: Command) => {
    withLabChoice(command)
      .option('--file <path>', 'one file as it would be, such as pg1:/etc/patroni/config.yml')
      .option('--json', 'the whole plan as JSON')
      .addHelpText(
        'after',
        `
Passwords and certificates are made when a lab is; here they are placeholders.

Examples:
  npm run lab:plan
  npm run -s lab:plan -- --file pg1:/etc/patroni/config.yml
  npm run lab:plan -- --preset two-nodes-shared-repo --profile talk
  npm run -s lab:plan -- --overlay my-lab.yaml --json | jq '.hosts[].image'`,
      )
      .action(async (options: Options) => {
        const blueprint = await outlineChoice(options);
        if (options.file !== undefined) process.stdout.write(findFile(blueprint, options.file).text);
        else if (options.json) process.stdout.write(`${JSON.stringify(withTags(blueprint), null, 2)}\n`);
        else process.stdout.write(`${describe(blueprint, paintFor(process.stdout)).join('\n')}\n`);
      });
  },
};

/** `HOST:PATH`, or a path that only one host has. Throws UsageError for another. */
function findFile(blueprint: Blueprint, wanted: string): FileSpec {
  const all = blueprint.hosts.flatMap((host) => host.files.map((file) => ({ name: `${host.name}:${file.path}`, file })));
  const exact = all.find(({ name }) => name === wanted);
  if (exact) return exact.file;
  const same = all.filter(({ file }) => file.path === wanted);
  const [only] = same;
  if (only && same.length === 1) return only.file;
  if (only) throw new UsageError(`several hosts have ${wanted}`, { hint: same.map(({ name }) => name).join(', ') });
  const names = all.map(({ name }) => name);
  const ofHost = names.filter((name) => name.startsWith(`${wanted.split(':')[0]}:`));
  throw new UsageError(`no host has ${wanted}`, {
    hint: didYouMean(wanted, ofHost.length > 0 ? ofHost : names),
  });
}

function withTags(blueprint: Blueprint): unknown {
  return { ...blueprint, hosts: blueprint.hosts.map((host) => ({ ...host, tag: tagOf(host) })) };
}

function tagOf(host: HostSpec): string {
  try {
    return imageTag(host.image);
  } catch (error) {
    if (error instanceof LabError) return error.message;
    throw error;
  }
}

const kinds = { etcd: 'etcd', patroni: 'database', repo: 'repository' } as const;
const portNames: Readonly<Record<number, string>> = {
  [ports.postgres]: 'PostgreSQL',
  [ports.patroni]: 'Patroni',
  [ports.etcdClient]: 'etcd',
};

function describe(blueprint: Blueprint, paint: Paint): string[] {
  const { hosts, clusters, preset, profile } = blueprint;
  return [
    `${paint.bold(preset)}, timing profile ${profile}; nothing is started`,
    '',
    ...table(
      ['HOST', 'KIND', 'SERVICES', 'PUBLISHED', 'IMAGE'].map((title) => ({ title: paint.dim(title) })),
      hosts.map((host) => [
        host.name,
        kinds[host.kind],
        Object.entries(host.services)
          .map(([service, state]) => (state === 'up' ? service : paint.dim(`(${service})`)))
          .join(' '),
        host.publish.map((port) => `${portNames[port] ?? ''} ${port}`.trim()).join(', '),
        tagOf(host),
      ]),
    ),
    paint.dim('Services in brackets are there and not running. Published ports get free ones of 127.0.0.1.'),
    '',
    ...clusters.map(
      ({ name, scope, namespace, members, stanza, repo, ready, timing }) =>
        `cluster ${name}: scope ${scope} under ${namespace}, members ${members.join(' ')}, stanza ${stanza}${repo ? ` on ${repo}` : ''}, ` +
        `ttl ${timing.ttl}, loop_wait ${timing.loopWait}, retry_timeout ${timing.retryTimeout}; brought up to ${ready}`,
    ),
    ...hosts.flatMap((host) =>
      host.disks.map(
        (disk) => `disk on ${host.name}: ${disk.path} ${disk.size ?? `is ${disk.from?.host}:${disk.from?.path} (${disk.from?.mode})`}`,
      ),
    ),
    ...describeFiles(hosts, paint),
  ];
}

/** Every file; of one that another host has as well, only the lines that are different there. */
function describeFiles(hosts: readonly HostSpec[], paint: Paint): string[] {
  const shown = new Map<string, { readonly host: string; readonly lines: readonly string[] }>();
  const described = hosts.flatMap((host) =>
    host.files.filter(isWritten).flatMap((file) => {
      const lines = file.text.replace(/\n$/, '').split('\n');
      const key = `${host.kind} ${file.path}`;
      const before = shown.get(key);
      const title = paint.bold(`${host.name}:${file.path}`);
      if (before && before.lines.length === lines.length) {
        const changed = lines.flatMap((line, at) => (line === before.lines[at] ? [] : [numbered(line, at, paint)]));
        return [
          '',
          changed.length === 0 ? `${title} is the same as on ${before.host}` : `${title} is as on ${before.host}, but for`,
          ...changed,
        ];
      }
      if (!before) shown.set(key, { host: host.name, lines });
      return [
        '',
        `${title} ${paint.dim(`(${file.owner}, ${file.mode.toString(8)})`)}`,
        ...lines.map((line, at) => numbered(line, at, paint)),
      ];
    }),
  );
  const made = new Set(hosts.flatMap(({ files }) => files.filter((file) => !isWritten(file)).map(({ path }) => path)));
  const on = hosts.filter(({ files }) => files.some((file) => !isWritten(file))).map(({ name }) => name);
  return made.size === 0 ? described : [...described, '', `made per lab, on ${on.join(' ')}: ${[...made].join(', ')}`];
}

const isWritten = ({ path }: FileSpec) => !([places.caCertificate, places.hostCertificate, places.hostKey] as string[]).includes(path);

function numbered(line: string, at: number, paint: Paint): string {
  return `${paint.dim(String(at + 1).padStart(5))}  ${line}`.trimEnd();
}
