import { describe, expect, test } from 'vitest';
import { type ClusterLook, type Event, type EventBody, hostWords, type LookAnswer } from '../../lab/core/event.ts';
import { repositoryKey, updateStatus } from '../../lab/observe/live-status.ts';
import type { LabStatus } from '../../lab/observe/status.ts';
import { changesBetween } from '../../lab/observe/status-changes.ts';
import { backup, healthy, now } from './a-status.ts';

const happen = (body: EventBody): Event => ({ seq: 0, at: now, ...body });
const look = (answer: LookAnswer | { unknown: string }, key = 'key') => happen({ type: 'look', key, answer, took: 1 });
const said = (host: string, text: string, program: 'lab' | 'patroni' = 'lab') =>
  happen({ type: 'log', host, program, text, source: 'stream' });
const statusAfter = (...events: Event[]) => events.reduce<LabStatus>(updateStatus, healthy);
const nobodyLeads: ClusterLook = {
  kind: 'cluster',
  cluster: 'main',
  members: { pg1: { role: 'unreachable', state: 'unreachable' }, pg2: { role: 'replica', state: 'in archive recovery', timeline: 2 } },
};

describe('updateStatus', () => {
  test('knows at once which hosts are up, from what is logged of them', () => {
    const status = statusAfter(said('pg1', hostWords.die), said('etcd2', hostWords.pause), said('pg2', hostWords.die, 'patroni'));
    expect(status.members.map(({ host }) => host)).toEqual(['stopped', 'running', 'running']);
    expect(status.hosts.find(({ name }) => name === 'etcd2')?.host).toBe('frozen');
    expect(updateStatus(status, said('pg1', hostWords.start)).members[0]?.host).toBe('running');
  });

  test('when nobody leads, keeps the timeline and forgets the archiver, which was the leader’s', () => {
    const status = statusAfter(look(nobodyLeads));
    expect(status.leader).toBeNull();
    expect(status.clusters[0]).toMatchObject({ leader: null, timeline: 2, archiver: null });
    expect(status.members.map(({ state }) => state)).toEqual(['unreachable', 'in archive recovery', 'unreachable']);
  });

  test('takes the archiver of the leader only: an answer may come late', () => {
    const archiver = {
      kind: 'archiver',
      archived: 9,
      lastArchived: null,
      lastArchivedAt: null,
      failed: 0,
      lastFailed: null,
      lastFailedAt: null,
    } as const;
    expect(statusAfter(look({ ...archiver, host: 'pg1' })).clusters[0]?.archiver?.archived).toBe(9);
    expect(statusAfter(look({ ...archiver, host: 'pg2' })).clusters[0]?.archiver?.archived).toBe(3);
  });

  test('keeps the backups it knows where the repository cannot be asked', () => {
    const status = statusAfter(look({ unknown: 'repo cannot be asked' }, repositoryKey('demo')));
    expect(status.clusters[0]?.repository).toBe('repo cannot be asked');
    expect(status.backups).toEqual(healthy.backups);
  });

  test('is the same object where an event says nothing of the status', () => {
    expect(statusAfter(said('pg1', 'no action. ', 'patroni'), happen({ type: 'look-again', key: 'etcd', sameAs: 0 }))).toBe(healthy);
  });
});

describe('changesBetween', () => {
  test('has everything at first, and nothing without a change', () => {
    expect(changesBetween(healthy, healthy)).toEqual([]);
    expect(new Set(changesBetween(undefined, healthy).map(({ what, before }) => `${what} ${before}`))).toEqual(
      new Set(['host null', 'etcd null', 'member null', 'cluster null', 'archiver null', 'repository null', 'backup null']),
    );
  });

  test('growing lag and archived WAL are no changes', () => {
    const [leader, standby] = healthy.members;
    if (!leader || !standby) throw new Error('the fixture has two members');
    const grown = { ...healthy, members: [leader, { ...standby, lag: 1e9 }, ...healthy.members.slice(2)] };
    expect(changesBetween(healthy, grown)).toEqual([]);
  });

  test('a backup comes, another expires', () => {
    const next = { ...healthy, backups: [backup('20261123-000000F', { error: true })] };
    expect(changesBetween(healthy, next)).toEqual([
      { what: 'backup', name: '20261123-000000F', before: null, after: { type: 'full', error: true } },
      { what: 'backup', name: '20261122-203949F', before: { type: 'full', error: false }, after: null },
    ]);
  });
});
