import { describe, expect, test } from 'vitest';
import { describeChange } from '../../lab/cli/describe-change.ts';
import type { LabStatus, MemberStatus } from '../../lab/observe/status.ts';
import { changesBetween } from '../../lab/observe/status-changes.ts';
import { healthy, member, now } from '../observe/a-status.ts';

const lines = (before: LabStatus | undefined, after: LabStatus) =>
  changesBetween(before, after).flatMap((change) => describeChange(change) ?? []);
const withMembers = (...members: MemberStatus[]): LabStatus => ({ ...healthy, members });
const [cluster] = healthy.clusters as [LabStatus['clusters'][number]];
const withCluster = (change: Partial<typeof cluster>): LabStatus => ({ ...healthy, clusters: [{ ...cluster, ...change }] });

test('what is as it should be takes a line for each member and backup', () => {
  expect(lines(undefined, healthy)).toEqual([
    'pg1 leader, running, timeline 2',
    'pg2 replica, streaming, timeline 2, synchronous',
    'pg3 replica, streaming, timeline 2',
    'backup 20261122-203949F full',
  ]);
});

describe('a member', () => {
  const unreachable = { state: 'unreachable', timeline: null } as const;
  test.each([
    [{}, { role: 'leader', state: 'running', timeline: 3 }, 'pg2 replica -> leader, timeline 3'],
    [{ role: 'leader', state: 'running' }, unreachable, 'pg2 leader -> unreachable'],
    [unreachable, { state: 'starting' }, 'pg2 unreachable -> replica, starting, timeline 2'],
    [{ state: 'starting' }, {}, 'pg2 starting -> streaming'],
    [{ role: 'leader', state: 'running' }, { state: 'running' }, 'pg2 leader -> replica, running'],
    [{}, { sync: true }, 'pg2 synchronous'],
    [{ sync: true }, {}, 'pg2 no longer synchronous'],
  ] as [Partial<MemberStatus>, Partial<MemberStatus>, string][])('%j becomes %j: %s', (before, after, line) => {
    expect(lines(withMembers(member('pg2', before)), withMembers(member('pg2', after)))).toEqual([line]);
  });
});

test('hosts, etcd, clusters, archiver and repository say what is wrong, and when it is over', () => {
  const failing = {
    ...(cluster.archiver as NonNullable<typeof cluster.archiver>),
    failed: 1,
    lastFailed: '0000000100000000000000A7',
    lastFailedAt: now,
  };
  const ill: LabStatus = {
    ...withCluster({ leader: null, paused: true, repository: 'no valid backups', archiver: failing }),
    hosts: healthy.hosts.map((host) => (host.name === 'etcd2' ? { ...host, host: 'frozen', etcd: 'unreachable' } : host)),
  };
  const trouble = [
    'etcd2 host frozen',
    'main nobody leads, patroni paused',
    'main archiver fails: 0000000100000000000000A7',
    'demo repository: no valid backups',
  ];
  expect(lines(healthy, ill).toSorted()).toEqual([...trouble, 'etcd2 etcd healthy -> unreachable'].toSorted());
  expect(lines(undefined, ill)).toEqual(expect.arrayContaining([...trouble, 'etcd2 etcd unreachable']));
  expect(lines(ill, healthy).toSorted()).toEqual(
    [
      'etcd2 host running',
      'etcd2 etcd unreachable -> healthy',
      'main patroni resumed',
      'main archiver works again',
      'demo repository: ok',
    ].toSorted(),
  );
});
