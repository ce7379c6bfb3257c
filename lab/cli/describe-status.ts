/** A lab's status as people read it. Text only; what is true was asked before. */
import { formatDuration } from '../core/duration.ts';
import type { ArchiverLook } from '../core/event.ts';
import type { ClusterStatus, LabStatus, MemberStatus } from '../observe/status.ts';
import type { Paint } from './paint.ts';
import { paintHost } from './paint.ts';
import { table } from './table.ts';

export const programTitles: Readonly<Record<string, string>> = {
  postgresql: 'PostgreSQL',
  patroni: 'Patroni',
  pgbackrest: 'pgBackRest',
  etcd: 'etcd',
};

/** `now`: Unix ms, for how long ago things were. */
export function describeStatus(status: LabStatus, paint: Paint, now: number): string[] {
  const lines = [...describeMembers(status, paint), '', ...describeRest(status, paint, now)];
  const down = status.hosts.filter(({ host, kind }) => host !== 'running' && kind !== 'patroni');
  if (down.length > 0) lines.push('', ...down.map(({ name, host }) => paint.red(`host ${name} is ${host}`)));
  return lines;
}

function describeMembers(status: LabStatus, paint: Paint): string[] {
  const several = status.clusters.length > 1;
  const hosts = status.hosts.map(({ name }) => name);
  const columns = [
    ...(several ? [{ title: 'CLUSTER' }] : []),
    { title: 'MEMBER' },
    { title: 'ROLE' },
    { title: 'STATE' },
    { title: 'TL', align: 'right' },
    { title: 'LAG', align: 'right' },
  ] as const;
  return table(
    columns.map((column) => ({ ...column, title: paint.dim(column.title) })),
    status.members.map((member) => [
      ...(several ? [member.cluster] : []),
      paintHost(paint, hosts, member.name)(member.name),
      member.state === 'unreachable'
        ? ''
        : `${member.role === 'leader' ? paint.bold(member.role) : member.role}${member.sync ? ' (sync)' : ''}`,
      describeState(member, paint),
      String(member.timeline ?? ''),
      member.role === 'leader' || member.lag === null ? '' : formatBytes(member.lag),
    ]),
  );
}

function describeState({ state, host, pendingRestart }: MemberStatus, paint: Paint): string {
  if (host === 'frozen') return paint.yellow('host frozen');
  if (host === 'stopped') return paint.red('host down');
  const healthy = state === 'running' || state === 'streaming';
  const shown = (healthy ? paint.green : state === 'unreachable' ? paint.red : paint.yellow)(state);
  return pendingRestart ? `${shown}${paint.yellow(', pending restart')}` : shown;
}

function describeRest(status: LabStatus, paint: Paint, now: number): string[] {
  const several = status.clusters.length > 1;
  const rows: (readonly [string, string])[] = status.hosts.some(({ etcd }) => etcd !== null) ? [['etcd', describeEtcd(status, paint)]] : [];
  for (const cluster of status.clusters) {
    const title = (text: string) => (several ? `${text} ${cluster.name}` : text);
    if (cluster.leader === null) rows.push([title('leader'), paint.red('nobody leads')]);
    for (const { name, role } of status.members.filter((member) => member.cluster === cluster.name))
      if (role === 'primary') rows.push([title('leader'), paint.red(`${cluster.leader}; ${name} is a primary without the leader key`)]);
    if (cluster.paused) rows.push([title('patroni'), paint.yellow('paused: nobody fails over until patronictl resume')]);
    rows.push([title('backups'), describeBackups(status, cluster, paint, now)]);
    if (cluster.archiver) rows.push([title('archiver'), describeArchiver(cluster.archiver, paint, now)]);
  }
  rows.push(['versions', describeVersions(status)]);
  const timing = status.clusters[0]?.timing;
  if (timing)
    rows.push(['timing', `${status.profile} (ttl ${timing.ttl}, loop_wait ${timing.loopWait}, retry_timeout ${timing.retryTimeout})`]);
  return table(
    [{ title: '' }, { title: '' }],
    rows.map(([title, text]) => [paint.dim(title), text]),
  );
}

function describeEtcd(status: LabStatus, paint: Paint): string {
  const hosts = status.hosts.flatMap(({ name, etcd }) => (etcd === null ? [] : [{ name, etcd }]));
  if (hosts.every(({ etcd }) => etcd === 'healthy')) return `${hosts.map(({ name }) => name).join(', ')} healthy`;
  return hosts.map(({ name, etcd }) => (etcd === 'healthy' ? `${name} healthy` : paint.red(`${name} ${etcd}`))).join(', ');
}

function describeBackups(status: LabStatus, cluster: ClusterStatus, paint: Paint, now: number): string {
  const backups = status.backups.filter(({ stanza }) => stanza === cluster.stanza);
  const last = backups.at(-1);
  if (!last) return paint.yellow(`none (${cluster.repository})`);
  const text = `${last.label} ${last.type}, ${ago(last.ended * 1000, now)}`;
  const trouble = last.error ? paint.red(' with errors') : cluster.repository === 'ok' ? '' : paint.yellow(` (${cluster.repository})`);
  return `${text}${trouble}${backups.length > 1 ? paint.dim(`; ${backups.length} in all`) : ''}`;
}

function describeArchiver(
  { archived, lastArchived, lastArchivedAt, failed, lastFailed, lastFailedAt }: ArchiverLook,
  paint: Paint,
  now: number,
): string {
  const good =
    lastArchived === null || lastArchivedAt === null
      ? 'nothing archived yet'
      : `${lastArchived} ${ago(lastArchivedAt, now)}, ${archived} in all`;
  if (failed === 0) return `${good}, none failed`;
  const bad = `${failed} failed${lastFailed === null || lastFailedAt === null ? '' : `, last ${lastFailed} ${ago(lastFailedAt, now)}`}`;
  const failing = (lastFailedAt ?? 0) > (lastArchivedAt ?? 0);
  return failing ? `${paint.red(`failing: ${bad}`)}; ${good}` : `${good}; ${bad}`;
}

function describeVersions(status: LabStatus): string {
  return Object.entries(status.versions)
    .map(([program, versions]) => {
      const found = versions.split(', ');
      const title = programTitles[program] ?? program;
      if (found.length === 1) return `${title} ${versions}`;
      const on = (version: string) =>
        status.hosts.filter((host) => (host.versions as Record<string, string>)[program] === version).map(({ name }) => name);
      return `${title} ${found.map((version) => `${version} (${on(version).join(' ')})`).join(' and ')}`;
    })
    .join(', ');
}

/** `12 s ago`, `3 m ago`, `5 h ago`, `2 d ago`. */
export function ago(then: number, now: number): string {
  const passed = Math.max(0, now - then) / 1000;
  if (passed < 60) return `${Math.round(passed)} s ago`;
  if (passed < 3600) return `${Math.floor(passed / 60)} m ago`;
  return passed < 48 * 3600 ? `${Math.floor(passed / 3600)} h ago` : `${Math.floor(passed / 86_400)} d ago`;
}

export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 ** 2) return `${(bytes / 1024).toFixed(1)} kB`;
  return bytes < 1024 ** 3 ? `${(bytes / 1024 ** 2).toFixed(1)} MB` : `${(bytes / 1024 ** 3).toFixed(1)} GB`;
}

/** `lab`, or what is odd about it. */
export function describeStanding(status: LabStatus, now: number): string {
  const age = formatDuration(Math.max(0, now - status.created));
  switch (status.standing) {
    case 'up':
      if (status.purpose === 'pool') return `frozen in the pool for ${age}`;
      return status.purpose === 'replay' ? `made by a replay ${age} ago` : `up for ${age}`;
    case 'coming-up':
      return 'coming up: its lab:up still runs';
    case 'half-made':
      return 'half-made: its lab:up was killed';
    case 'orphaned':
      return 'orphaned: the command that it belongs to was killed';
  }
}
