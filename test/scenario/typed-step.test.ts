import { describe, expect, it, test } from 'vitest';
import { readTypedStep } from '../../lab/scenario/typed-step.ts';

test.each([
  ['kill leader', { kill: 'leader' }],
  ['stop pg1 patroni', { stop: { on: 'pg1', service: 'patroni' } }],
  ['stop members but leader', { stop: 'members but leader' }],
  ['crash leader postgres', { crash: { on: 'leader', process: 'postgres' } }],
  ['freeze pg1', { freeze: 'pg1' }],
  ['cut leader from etcd, members', { cut: { from: 'leader', to: 'etcd, members' } }],
  ['cut pg1 from repo out', { cut: { from: 'pg1', to: 'repo', ways: 'out' } }],
  ['fill repo /var/lib/pgbackrest', { fill: { on: 'repo', path: '/var/lib/pgbackrest' } }],
  ['heal all', { heal: 'all' }],
  ['workload start', { workload: 'start' }],
  ['workload 50 rows', { workload: { rows: 50 } }],
  ['workload rows 50', { workload: { rows: 50 } }],
  ['mark before', { mark: 'before' }],
  ['pgbackrest backup --type=full', { pgbackrest: 'backup --type=full' }],
  ['backup', { pgbackrest: 'backup' }],
  ['backup --type=diff', { pgbackrest: 'backup --type=diff' }],
  ['pgbackrest --stanza=demo info', { pgbackrest: { run: 'info', stanza: 'demo' } }],
  ['patronictl reinit demo pg2 --force', { patronictl: 'reinit demo pg2 --force' }],
  ['reinit pg2', { patronictl: 'reinit ${cluster} pg2 --force' }],
  ['psql select 1', { sql: 'select 1' }],
  ['psql -c "select 1"', { sql: 'select 1' }],
  ['psql pg2 -c "select 1"', { sql: { on: 'pg2', run: 'select 1' } }],
  ['exec pg1 ls -l /tmp', { exec: { on: 'pg1', run: 'ls -l /tmp' } }],
  ['exec leader patronictl list', { patronictl: { on: 'leader', run: 'list' } }],
  ['exec pg1 pgbackrest --stanza=demo check', { pgbackrest: { on: 'pg1', run: 'check', stanza: 'demo' } }],
  ['exec repo pgbackrest info', { exec: { on: 'repo', run: 'pgbackrest info' } }],
  ['exec pg1 patronictl list | grep x', { exec: { on: 'pg1', run: 'patronictl list | grep x' } }],
  ['kill: leader', { kill: 'leader' }],
  ['- { kill: leader, as: death }', { kill: 'leader', as: 'death' }],
  ['expect: { cluster: { leader: pg1 } }', { expect: { cluster: { leader: 'pg1' } } }],
])('%s', (line, step) => {
  expect(readTypedStep(line)).toEqual({ ok: true, step });
});

describe('what is no step', () => {
  it.each([
    ['kil leader', '"kil" is no step', 'did you mean "kill"?'],
    ['kill', 'kill lacks what it is about', 'such as kill leader'],
    ['crash leader', 'crash lacks what it is about', 'such as crash leader postgres'],
    ['workload sideways', 'workload lacks what it is about', 'such as workload start, workload 50 rows, workload stop'],
    ['configure something', 'configure is typed as in a scenario file', 'such as configure: { dcs: { synchronous_mode: true } }'],
    ['kill: [leader', expect.any(String), expect.any(String)],
    ['{}: x', expect.any(String), expect.any(String)],
  ])('%s', (line, message, hint) => {
    expect(readTypedStep(line)).toEqual({ ok: false, message, hint });
  });
});
