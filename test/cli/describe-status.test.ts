import { describe, expect, test } from 'vitest';
import { ago, describeStanding, describeStatus, formatBytes } from '../../lab/cli/describe-status.ts';
import { paintFor } from '../../lab/cli/paint.ts';
import type { LabStatus } from '../../lab/observe/status.ts';
import { healthy, member, now } from '../observe/a-status.ts';

const paint = paintFor({}, {});

describe('describeStatus', () => {
  test('of a healthy lab', () => {
    expect(describeStatus(healthy, paint, now).join('\n')).toBe(`MEMBER  ROLE            STATE      TL     LAG
pg1     leader          running     2
pg2     replica (sync)  streaming   2  2.0 kB
pg3     replica         streaming   2     0 B

etcd      etcd1, etcd2 healthy
backups   20261122-203949F full, 1 m ago
archiver  000000010000000000000002 5 s ago, 3 in all, none failed
versions  PostgreSQL 18.6, pgBackRest 2.60.0 (pg1) and 2.55.1 (repo)
timing    fast (ttl 20, loop_wait 2, retry_timeout 3)`);
  });

  test('says what is wrong: hosts, leader, archiver, backups', () => {
    const [cluster] = healthy.clusters;
    const troubled: LabStatus = {
      ...healthy,
      members: [
        member('pg1', { state: 'unreachable', host: 'frozen', timeline: null, lag: null }),
        member('pg2', { state: 'unreachable', host: 'stopped', timeline: null, lag: null }),
      ],
      backups: [],
      clusters: cluster
        ? [
            {
              ...cluster,
              leader: null,
              paused: true,
              repository: 'no valid backups',
              archiver: {
                kind: 'archiver',
                host: 'pg1',
                archived: 0,
                lastArchived: null,
                lastArchivedAt: null,
                failed: 7,
                lastFailed: '000000010000000000000003',
                lastFailedAt: now - 1000,
              },
            },
          ]
        : [],
      hosts: [
        { name: 'etcd1', kind: 'etcd', host: 'stopped', versions: {}, etcd: 'unreachable' },
        { name: 'etcd2', kind: 'etcd', host: 'running', versions: {}, etcd: 'unhealthy' },
      ],
    };
    const text = describeStatus(troubled, paint, now).join('\n');
    expect(text).toMatch(/pg1 +host frozen/);
    expect(text).toMatch(/pg2 +host down/);
    expect(text).toContain('nobody leads');
    expect(text).toMatch(/etcd +etcd1 unreachable, etcd2 unhealthy/);
    expect(text).toContain('patronictl resume');
    expect(text).toContain('none (no valid backups)');
    expect(text).toContain('failing: 7 failed, last 000000010000000000000003 1 s ago; nothing archived yet');
    expect(text).toContain('host etcd1 is stopped');
  });

  test('names a primary that does not hold the leader key', () => {
    const rogue: LabStatus = { ...healthy, members: [member('pg1', { role: 'leader' }), member('pg2', { role: 'primary', timeline: 3 })] };
    const text = describeStatus(rogue, paint, now).join('\n');
    expect(text).toMatch(/pg2 +primary/);
    expect(text).toMatch(/leader +pg1; pg2 is a primary without the leader key/);
  });

  test('names clusters where there are several', () => {
    const [main] = healthy.clusters;
    const two: LabStatus = {
      ...healthy,
      members: [member('pg1'), member('s1', { cluster: 'scratch' })],
      clusters: main ? [main, { ...main, name: 'scratch', stanza: 'other' }] : [],
    };
    const text = describeStatus(two, paint, now).join('\n');
    expect(text).toMatch(/scratch +s1/);
    expect(text).toMatch(/backups scratch +none/);
  });
});

test('a lab that a killed command left is told as such', () => {
  expect(describeStanding(healthy, now)).toBe('up for 65.0 s');
  expect(describeStanding({ ...healthy, standing: 'half-made' }, now)).toContain('killed');
  expect(describeStanding({ ...healthy, standing: 'orphaned' }, now)).toContain('killed');
});

test('times and sizes as people say them', () => {
  expect([1, 60, 7200, 200_000].map((seconds) => ago(now - seconds * 1000, now))).toEqual(['1 s ago', '1 m ago', '2 h ago', '2 d ago']);
  expect([0, 1023, 16_777_216, 3 * 1024 ** 3].map(formatBytes)).toEqual(['0 B', '1023 B', '16.0 MB', '3.0 GB']);
});
