import { describe, expect, test } from 'vitest';
import { askedOptions, askedParameters, missingFrom, optionProblem, sameSetting } from '../../lab/run/reported-settings.ts';

describe('a map that is reported', () => {
  const reported = { ttl: 20, postgresql: { use_slots: false, parameters: { work_mem: '5MB' } }, list: [1, 2] };

  test.each([
    [{ ttl: 20, postgresql: { parameters: { work_mem: '5MB' } }, list: [1, 2] }, []],
    [{ ttl: null, gone: null }, ['ttl']],
    [{ ttl: '20' }, ['ttl']],
    [{ postgresql: { parameters: { work_mem: '6MB', jit: 'off' } } }, ['postgresql.parameters.work_mem', 'postgresql.parameters.jit']],
    [{ standby_cluster: { host: 'x' } }, ['standby_cluster.host']],
    [{ list: [2, 1] }, ['list']],
  ])('%j lacks %j', (asked, missing) => {
    expect(missingFrom(reported, asked)).toEqual(missing);
  });

  test('nothing reported lacks everything that is not null', () => {
    expect(missingFrom(undefined, { a: 1, b: null })).toEqual(['a']);
  });
});

test('parameters are asked for by name and text, as PostgreSQL tells them', () => {
  expect(
    askedParameters({ postgresql: { parameters: { Work_Mem: '5MB', hot_standby_feedback: true, max_connections: 90, jit: null } } }),
  ).toEqual({
    work_mem: '5MB',
    hot_standby_feedback: 'on',
    max_connections: '90',
    jit: null,
  });
  expect(askedParameters({ ttl: 20 })).toEqual({});
  expect(askedParameters({ postgresql: { parameters: null } })).toEqual({});
});

test.each([
  ['64MB', '8192', '8kB', 'integer', true],
  ['65536', '65536', 'kB', 'integer', true],
  ['5MB', '4096', 'kB', 'integer', false],
  ['3s', '3000', 'ms', 'integer', true],
  ['1min', '60', 's', 'integer', true],
  ['16MB', '16777216', 'B', 'integer', true],
  ['-1', '-1', 'kB', 'integer', true],
  ['1s', '-1', 'ms', 'integer', false],
  ['yes', 'on', null, 'bool', true],
  ['off', 'on', null, 'bool', false],
  ['Replica', 'replica', null, 'enum', true],
  ['0.50', '0.5', null, 'real', true],
  ['a', 'b', null, 'string', false],
  ['nonsense', '4096', 'kB', 'integer', false],
])('%s is %s in %s (%s): %s', (asked, setting, unit, vartype, same) => {
  expect(sameSetting(asked, { setting, unit, vartype })).toBe(same);
});

describe('what pgBackRest says of its options', () => {
  const begin = (options: string) => `2026-11-22 20:57:54.235 P00   INFO: archive-push command begin 2.60.0: ${options} --config=/etc/x`;
  const say = (section: string, options: Record<string, unknown>, output: Record<string, string>) =>
    askedOptions({ [section]: options }).flatMap((option) => optionProblem(option, output) ?? []);

  test('numbers, switches, lists and words with a space are as asked', () => {
    const output = {
      'archive-push': begin(
        '--archive-async --no-delta --process-max=4 --repo1-host=a --db-include=x --db-include=y --cmd="a b" --repo1-cipher-pass=<redacted>',
      ),
    };
    const asked = {
      'archive-async': true,
      delta: false,
      'process-max': 4,
      'db-include': ['x', 'y'],
      cmd: 'a b',
      'repo1-cipher-pass': 'secret',
      gone: null,
    };
    expect(say('global:archive-push', asked, output)).toEqual([]);
  });

  test('another value than asked, such as of a section that counts for more', () => {
    expect(say('global', { 'process-max': 3 }, { backup: begin('--process-max=9') })).toEqual(['process-max is 9']);
    expect(say('global', { 'process-max': 3 }, { backup: begin('--process-max=9'), restore: begin('--process-max=3') })).toEqual([]);
    expect(say('global', { delta: true }, { backup: begin('--no-delta') })).toEqual(['delta is n']);
  });

  test('complaints and errors', () => {
    const warning = "P00   WARN: configuration file contains invalid option 'process-maxx'";
    expect(say('global', { 'process-maxx': 1 }, { backup: warning })).toEqual([warning.slice(6)]);
    const error = "P00  ERROR: [032]: 'many' is not valid for 'process-max' option";
    expect(say('demo', { 'pg1-path': '/x' }, { backup: error })).toEqual([error.slice(5)]);
  });

  test('an option of which no command speaks is taken as it is, unless there is a complaint', () => {
    expect(say('global', { 'repo-path': '/old/name' }, { backup: begin('--process-max=1') })).toEqual([]);
  });
});
