import { expect, it } from 'vitest';
import { readSetting } from '../../lab/observe/settings.ts';

it('says where a setting was made, and what waits for a restart', () => {
  expect(readSetting(['shared_buffers', '64MB', 'configuration file', '/data/postgresql.conf', 7, true])).toEqual({
    name: 'shared_buffers',
    value: '64MB',
    source: 'configuration file',
    file: '/data/postgresql.conf:7',
    pendingRestart: true,
  });
  expect(readSetting(['port', '5432', 'command line', null, null, false])).toEqual({ name: 'port', value: '5432', source: 'command line' });
});
