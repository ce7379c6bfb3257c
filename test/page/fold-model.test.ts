import { describe, expect, it } from 'vitest';
import type { ClusterLook, Event } from '../../lab/core/event.ts';
import { foldModel } from '../../lab/page/fold-model.ts';
import type { Model } from '../../lab/page/model.ts';
import { optionPlace } from '../../lab/page/options.ts';
import { epoch, failedOver, healthy, leaderless, lsn, planOf, Run } from '../verdict/a-run.ts';
import { recorded } from './a-history.ts';

function modelOf(events: readonly Event[]): Model {
  const { model, feed } = foldModel();
  for (const event of events) feed(event);
  return model;
}
const run = () => new Run(planOf('- kill: leader\n  as: death'));
const standings = (model: Model, host: string) =>
  model.lanes.get(host)?.spans.map(({ from, standing, timeline }) => [(from - epoch) / 1000, standing, timeline]);
const changes = (model: Model) => model.changes.map(({ text }) => text);

describe('lanes', () => {
  it('have members first, then the repository, then etcd', () => {
    expect([...modelOf(run().events).lanes.keys()]).toEqual(['pg1', 'pg2', 'pg3', 'repo', 'etcd1', 'etcd2', 'etcd3']);
  });

  it('say who led and who followed, and from when', () => {
    const events = run().cluster().at(1).cluster().at(5).cluster(leaderless).at(9).cluster(failedOver).events;
    expect(standings(modelOf(events), 'pg1')).toEqual([
      [0, 'leader', 1],
      [5, 'unreachable', undefined],
    ]);
    expect(standings(modelOf(events), 'pg2')).toEqual([
      [0, 'replica', 1],
      [5, 'replica', undefined],
      [9, 'leader', 2],
    ]);
  });

  it('name a cluster beside main, and tell of no leader where one was', () => {
    const scratch = (look: ClusterLook) => ({ ...look, cluster: 'scratch' });
    const events = run().look('cluster:scratch', scratch(leaderless)).at(1).look('cluster:scratch', scratch(healthy)).at(2);
    expect(changes(modelOf(events.look('cluster:scratch', scratch(leaderless)).events)).filter((text) => text.includes('lead'))).toEqual([
      'scratch: pg1 leads on timeline 1',
      'scratch: no leader; pg1 was',
    ]);
  });

  it('take no notice of a slow look that began before one that is known', () => {
    const events = run().cluster().at(3).cluster().at(3.1).cluster(leaderless, 1000).at(4).cluster().events;
    expect(standings(modelOf(events), 'pg1')).toEqual([[0, 'leader', 1]]);
    expect(changes(modelOf(events)).filter((text) => text.startsWith('no leader'))).toEqual([]);
  });

  it('call a host down that was seen to stop, whatever a look says, until it is started', () => {
    const events = run()
      .cluster()
      .at(1)
      .log('pg1', 'lab', 'host stopped')
      .at(2)
      .cluster(leaderless)
      .at(3)
      .log('pg1', 'lab', 'host started')
      .at(4)
      .cluster({ ...failedOver, members: { ...failedOver.members, pg1: { role: 'replica', state: 'starting' } } }).events;
    expect(standings(modelOf(events), 'pg1')).toEqual([
      [0, 'leader', 1],
      [1, 'down', undefined],
      [3, 'unreachable', undefined],
      [4, 'catching-up', undefined],
    ]);
  });

  it('go on with a look that only refers to an earlier one', () => {
    const first = run().cluster();
    const events = first.at(7).add({ type: 'look-again', key: 'cluster:main', sameAs: 1 }).events;
    expect(
      modelOf(events)
        .lanes.get('pg1')
        ?.spans.map(({ to }) => to - epoch),
    ).toEqual([7000]);
  });
});

it('changes tell the story of a failover', () => {
  const events = run()
    .cluster()
    .at(1)
    .log('pg1', 'lab', 'host stopped')
    .at(2)
    .cluster(leaderless)
    .at(9)
    .cluster(failedOver)
    .at(10)
    .cluster(healthy).events;
  expect(changes(modelOf(events))).toEqual([
    'pg1 leads on timeline 1',
    'pg1: host stopped',
    'no leader; pg1 was',
    'pg2 is running',
    'pg3 is running',
    'pg2 leads on timeline 2',
    'pg3 is streaming, timeline 2',
    'pg1 leads on timeline 1',
    'pg2 is streaming, timeline 1',
  ]);
});

describe('backups and restores', () => {
  it('are bars from the line that begins them to the one that ends them', () => {
    const events = run()
      .at(1)
      .log('repo', 'pgbackrest', 'backup command begin 2.60.0: --stanza=demo --type=full')
      .at(2)
      .log('repo', 'pgbackrest', 'new backup label = 20261124-060010F')
      .at(3)
      .log('repo', 'pgbackrest', 'backup command end: completed successfully (2000ms)')
      .log('pg2', 'pgbackrest', 'restore command begin 2.60.0: --stanza=demo')
      .at(4)
      .log('pg2', 'pgbackrest', 'restore command end: aborted with exception [075]').events;
    const { lanes } = modelOf(events);
    expect(lanes.get('repo')?.jobs).toMatchObject([
      { title: 'backup 20261124-060010F', from: epoch + 1000, to: epoch + 3000, failed: false },
    ]);
    expect(lanes.get('pg2')?.jobs).toMatchObject([{ title: 'restore', failed: true }]);
  });

  it('made by hand are known from the repository, once', () => {
    const backup = { type: 'diff' as const, error: false, start: lsn('0/1'), stop: lsn('0/2') };
    const label = '20270115-080000F_20270115-080010D';
    const backups = [
      { ...backup, label: '20270115-070000F', ended: epoch / 1000 - 3000 },
      { ...backup, label, ended: epoch / 1000 + 15 },
    ];
    const look = { kind: 'repo' as const, stanza: 'demo', status: 'ok', backups, archiveMax: {}, segments: {} };
    const model = modelOf(
      run()
        .at(20)
        .look('repo:demo', look)
        .look('repo:demo', { ...look, status: 'other' }).events,
    );
    expect(model.lanes.get('repo')?.jobs).toEqual([
      { what: 'backup', title: `backup ${label}`, from: epoch + 10_000, to: epoch + 15_000, failed: false },
    ]);
    expect(changes(model)).toEqual([`repo: backup ${label}`]);
  });

  it('are found in a recorded run', () => {
    const { lanes } = modelOf(recorded('pitr-keeps-its-target-remedy').history);
    expect(lanes.get('repo')?.jobs.map(({ what, failed }) => [what, failed])).toEqual([['backup', false]]);
    expect(lanes.get('pg1')?.jobs.map(({ what, failed }) => [what, failed])).toEqual([['restore', false]]);
  });
});

it('WAL is that of the leader and what was archived, each timeline on its own', () => {
  const leader = (look: typeof healthy, name: string, at: string) => ({
    ...look,
    members: { ...look.members, [name]: { role: 'leader' as const, state: 'running', timeline: look.timeline ?? 0, lsn: lsn(at) } },
  });
  const events = run()
    .cluster(leader(healthy, 'pg1', '0/5000000'))
    .log('pg1', 'pgbackrest', "pushed WAL file '000000010000000000000004' to the archive")
    .log('pg1', 'pgbackrest', "pushed WAL file '000000010000000000000003' to the archive")
    .log('pg1', 'pgbackrest', "pushed WAL file '00000002.history' to the archive")
    .log('pg2', 'pgbackrest', "pushed WAL file '000000020000000000000003' to the archive")
    .cluster(leader(failedOver, 'pg2', '0/3000000')).events;
  const model = modelOf(events);
  expect(model.leaderWal.map(({ position, timeline }) => [position, timeline])).toEqual([
    [0x5000000, 1],
    [0x3000000, 2],
  ]);
  expect(model.archivedWal.map(({ position, timeline }) => [position, timeline])).toEqual([
    [0x5000000, 1],
    [0x4000000, 2],
  ]);
});

it('lines stand in the order of their times, with a severity that all programs share', () => {
  const events = run()
    .at(2)
    .log('pg1', 'postgres', 'b', { level: 'FATAL' })
    .log('pg2', 'pgbackrest', 'a', { level: 'WARN', at: 1 })
    .log('pg2', 'postgres', 'c', { level: 'DEBUG1', at: 3 })
    .log('pg2', 'postgres', 'the database system is starting up', { level: 'FATAL', at: 4 }).events;
  expect(modelOf(events).lines.map(({ text, severity }) => [text, severity])).toEqual([
    ['a', 'warning'],
    ['b', 'error'],
    ['c', 'debug'],
    ['the database system is starting up', 'warning'],
  ]);
});

it("a command's options are traced to the file of its host that sets them", () => {
  const events = run().log('repo', 'pgbackrest', 'backup command begin 2.60.0: --compress-type=lz4 --start-fast --pg1-path="/a b"').events;
  expect(modelOf(events).lanes.get('repo')?.commands.get('backup')?.options).toEqual([
    ['compress-type', 'lz4'],
    ['start-fast', ''],
    ['pg1-path', '/a b'],
  ]);
  const text = '[global]\ncompress-type=zst\n\n[global:backup]\ncompress-type=lz4\n\n[global:restore]\ncompress-type=gz\n';
  const configs = [{ host: 'repo', path: '/etc/pgbackrest/pgbackrest.conf', text }];
  expect(optionPlace(configs, 'repo', 'backup', 'compress-type')).toBe('/etc/pgbackrest/pgbackrest.conf:5 [global:backup]');
  expect(optionPlace(configs, 'repo', 'backup', 'start-fast')).toBeUndefined();
  expect(optionPlace(configs, 'pg1', 'backup', 'compress-type')).toBeUndefined();
});
