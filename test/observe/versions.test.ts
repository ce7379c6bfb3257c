import { expect, test } from 'vitest';
import { firstVersion, mergeVersions, readServerVersion } from '../../lab/observe/versions.ts';

test.each([
  ['postgres (PostgreSQL) 18.6 (Debian 18.6-3)\n', '18.6'],
  ['pgBackRest 2.60.0\n', '2.60.0'],
  ['etcd Version: 3.5.30\nGit SHA: 1a2b3c\n', '3.5.30'],
  ['not found', undefined],
])('%j', (text, version) => {
  expect(firstVersion(text)).toBe(version);
});

test('server_version_num', () => {
  expect([180006, 150017].map(readServerVersion)).toEqual(['18.6', '15.17']);
});

test('hosts that agree are one version, others are listed', () => {
  expect(
    mergeVersions({
      pg1: { patroni: '4.1.5', pgbackrest: '2.60.0' },
      pg2: { patroni: '4.1.5', pgbackrest: '2.60.0' },
      repo: { pgbackrest: '2.55.1' },
      etcd1: {},
    }),
  ).toEqual({
    patroni: '4.1.5',
    pgbackrest: '2.60.0, 2.55.1',
  });
});
