/** The first thing that a person sees of a lab: how it is, where it answers, and what to type next. */
import type { LabStatus } from '../observe/status.ts';
import { describeStatus } from './describe-status.ts';
import { npmCommand } from './lab-options.ts';
import type { Paint } from './paint.ts';
import { table } from './table.ts';

/** `took`: how long it took to come up, for people. */
export function introduce(status: LabStatus, took: string, paint: Paint): string[] {
  const { name, preset, members } = status;
  const standbys = members.filter(({ role, state }) => role === 'replica' && state !== 'unreachable');
  const indent = (lines: readonly string[]) => lines.map((line) => (line === '' ? '' : `  ${line}`));
  const addresses = members.flatMap((member) => (member.connection && member.rest ? [[member.name, member.connection, member.rest]] : []));
  const held = status.clusters.some(({ leader }) => leader === null);
  const next: [string, string][] = [
    ...(held
      ? ([[npmCommand('exec', name, `--root ${members[0]?.name} sv start patroni`), 'start Patroni, as systemctl would']] as [
          string,
          string,
        ][])
      : []),
    [npmCommand('psql', name), 'psql on the leader; add a host, or -c "select 1"'],
    [npmCommand('exec', name, `${members[0]?.name} patronictl list`), 'any command on any host'],
    ...(status.backups.length > 0
      ? ([[npmCommand('exec', name, `${repositoryHost(status)} pgbackrest info`), 'the backups']] as [string, string][])
      : []),
    ...(standbys.length > 0 && status.leader
      ? ([
          [
            `docker kill pglab-${name}-${status.leader}`,
            `lose the leader; a standby takes over within ttl ${status.clusters[0]?.timing.ttl} s`,
          ],
        ] as [string, string][])
      : []),
    [npmCommand('logs', name, '--follow'), 'what everybody says'],
    [npmCommand('status', name), 'this again'],
    [npmCommand('down', name), 'remove it'],
  ];
  return [
    `${paint.green('✓')} ${paint.bold(name)} is up after ${took}: ${preset}`,
    '',
    ...indent(describeStatus(status, paint, Date.now())),
    '',
    ...indent(
      addresses.flatMap(([host = '', connection = '', rest = '']) => [
        `${host}  ${connection}`,
        paint.dim(`${' '.repeat(host.length)}  ${rest}/patroni`),
      ]),
    ),
    '',
    `  ${paint.bold('next')}`,
    ...indent(
      table(
        [{ title: '' }, { title: '' }],
        next.map(([command, what]) => [paint.cyan(command), paint.dim(what)]),
      ),
    ),
  ];
}

function repositoryHost(status: LabStatus): string {
  return status.hosts.find(({ kind }) => kind === 'repo')?.name ?? status.members[0]?.name ?? '';
}
