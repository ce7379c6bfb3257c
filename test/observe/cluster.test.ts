import { expect, test } from 'vitest';
import type { Lsn } from '../../lab/core/lsn.ts';
import { describeCluster, type MemberAnswer } from '../../lab/observe/cluster.ts';

const leader: MemberAnswer = {
  role: 'leader',
  state: 'running',
  timeline: 2,
  systemId: '7',
  paused: false,
  sync: false,
  pendingRestart: false,
  lsn: '0/3000100' as Lsn,
  streamingStandbys: ['pg3'],
};
const standby: MemberAnswer = {
  role: 'replica',
  state: 'streaming',
  timeline: 2,
  paused: false,
  sync: true,
  pendingRestart: true,
  lsn: '0/3000000' as Lsn,
  streamingStandbys: [],
};

test('lag is in bytes behind the leader, and nobody is asked twice', () => {
  const look = describeCluster(
    'main',
    new Map([
      ['pg1', leader],
      ['pg2', standby],
    ]),
  );
  expect(look).toMatchObject({
    leader: 'pg1',
    timeline: 2,
    systemId: '7',
    members: { pg2: { state: 'streaming', lag: 256, sync: true, pendingRestart: true } },
  });
  expect(look.members.pg1).not.toHaveProperty('pendingRestart');
});

test('before Patroni said streaming, the leader knew who does', () => {
  const old: MemberAnswer = { ...standby, state: 'running' };
  const look = describeCluster(
    'main',
    new Map([
      ['pg1', leader],
      ['pg2', old],
      ['pg3', old],
    ]),
  );
  expect(look.members).toMatchObject({ pg2: { state: 'running' }, pg3: { state: 'streaming' } });
});

test('of two that claim to lead, the newer timeline is followed', () => {
  const cutOff: MemberAnswer = { ...leader, timeline: 1 };
  expect(
    describeCluster(
      'main',
      new Map([
        ['pg1', cutOff],
        ['pg2', leader],
      ]),
    ).leader,
  ).toBe('pg2');
});

test('who holds the leader key leads, though a standby promoted by hand is on a newer timeline', () => {
  const holder: MemberAnswer = { ...leader, timeline: 1, streamingStandbys: [] };
  const answers = new Map([
    ['pg1', holder],
    ['pg2', leader],
    ['pg3', standby],
  ]);
  const look = describeCluster('main', answers, ['pg1']);
  expect(look).toMatchObject({ leader: 'pg1', timeline: 1, members: { pg1: { role: 'leader' }, pg2: { role: 'primary', timeline: 2 } } });
});

test('one that claims to lead without the leader key does not, where the holder may be who does not answer', () => {
  const answers = new Map([
    ['pg1', undefined],
    ['pg2', leader],
    ['pg3', standby],
  ]);
  const rogue = describeCluster('main', answers);
  expect(rogue).not.toHaveProperty('leader');
  expect(rogue.members).toMatchObject({ pg1: { role: 'unreachable' }, pg2: { role: 'primary', state: 'running' } });
  expect(describeCluster('main', answers, ['pg2'])).toMatchObject({ leader: 'pg2', members: { pg2: { role: 'leader' } } });
});

test('a primary that Patroni left running is no leader beside the one that was promoted', () => {
  const answers = new Map<string, MemberAnswer>([
    ['pg1', 'no-patroni-primary'],
    ['pg2', leader],
  ]);
  expect(describeCluster('main', answers)).toMatchObject({ leader: 'pg2', members: { pg1: { role: 'primary' }, pg2: { role: 'leader' } } });
});

test('without Patroni the member out of recovery leads; whoever does not answer is unreachable', () => {
  const look = describeCluster(
    'scratch',
    new Map<string, MemberAnswer>([
      ['s1', 'no-patroni-primary'],
      ['s2', undefined],
    ]),
  );
  expect(look).toMatchObject({ leader: 's1', members: { s1: { role: 'leader' }, s2: { role: 'unreachable', state: 'unreachable' } } });
});
