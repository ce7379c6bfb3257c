import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Blueprint } from '../../lab/topology/blueprint.ts';
import { draft, draftNeeds, placeholders } from '../../lab/topology/draft.ts';
import type { ClusterLab, LabSpec } from '../../lab/topology/overlay.ts';
import { mergeLab } from '../../lab/topology/overlay.ts';
import { readPatroniYaml } from '../../lab/topology/patroni-yaml.ts';
import { readPgbackrestConf } from '../../lab/topology/pgbackrest-conf.ts';
import { places } from '../../lab/topology/places.ts';
import { catalogue, fixedMade } from './catalogue.ts';

function drafted(lab: LabSpec): Blueprint {
  const { blueprint, problems } = draft(lab, catalogue, fixedMade(lab));
  if (!blueprint) throw new Error(JSON.stringify(problems));
  return blueprint;
}

function problemsIn(lab: unknown): readonly string[] {
  const { problems } = draft(lab as LabSpec, catalogue, fixedMade(lab as LabSpec));
  return (problems ?? []).map(({ message, path, hint }) => `${path.join('.')}: ${message}${hint === undefined ? '' : ` (${hint})`}`);
}

function hostOf(blueprint: Blueprint, name: string) {
  const host = blueprint.hosts.find((one) => one.name === name);
  if (!host) throw new Error(`no host ${name}`);
  const text = (path: string) => host.files.find((one) => one.path === path)?.text ?? '';
  return {
    ...host,
    text,
    patroni: () => readPatroniYaml(text(places.patroniConfig)),
    pgbackrest: () => readPgbackrestConf(text(places.pgbackrestConfig)),
  };
}

describe('overlays', () => {
  test('the lab’s, then the cluster’s, then hosts', () => {
    const blueprint = drafted({
      patroni: { tags: { nosync: true, clonefrom: true } },
      clusters: { main: { patroni: { tags: { clonefrom: false, x: 1 } }, hosts: { pg2: { patroni: { tags: { x: 3 } } } } } },
      hosts: { pg2: { patroni: { tags: { x: 2, nofailover: true, nosync: null } } } },
    });
    expect(hostOf(blueprint, 'pg1').patroni().tags).toEqual({
      nofailover: false,
      noloadbalance: false,
      clonefrom: false,
      nosync: true,
      x: 1,
    });
    expect(hostOf(blueprint, 'pg2').patroni().tags).toEqual({ nofailover: true, noloadbalance: false, clonefrom: false, x: 3 });
  });

  test('dcs goes to bootstrap.dcs and its timing to the cluster', () => {
    const blueprint = drafted({
      profile: 'talk',
      dcs: { ttl: 45, synchronous_mode: true, postgresql: { use_pg_rewind: true, recovery_conf: null } },
    });
    expect(hostOf(blueprint, 'pg3').patroni().bootstrap).toMatchObject({
      dcs: {
        ttl: 45,
        loop_wait: 10,
        synchronous_mode: true,
        postgresql: { use_pg_rewind: true, use_slots: false, parameters: { archive_mode: 'on' } },
      },
    });
    expect(hostOf(blueprint, 'pg3').text(places.patroniConfig)).not.toContain('recovery_conf');
    expect(blueprint.clusters[0]?.timing).toEqual({ ttl: 45, loopWait: 10, retryTimeout: 10 });
  });

  test('a restore at bootstrap stands beside the talk’s other keys', () => {
    const method = { method: 'pgbackrest', pgbackrest: { command: 'pgbackrest restore --stanza=demo', no_params: true } };
    const bootstrap = hostOf(drafted({ patroni: { bootstrap: method } }), 'pg1').patroni().bootstrap as object;
    expect(Object.keys(bootstrap)).toEqual(['dcs', 'initdb', 'pg_hba', 'method', 'pgbackrest']);
  });

  test('what PyYAML would take for a boolean is quoted', () => {
    const text = hostOf(drafted({ dcs: { postgresql: { parameters: { fsync: 'off', jit: 'no', wal_compression: 'yes' } } } }), 'pg1').text(
      places.patroniConfig,
    );
    for (const line of ['archive_mode: "on"', 'fsync: "off"', 'jit: "no"', 'wal_compression: "yes"', 'mode: "off"'])
      expect(text).toContain(line);
    expect(parse(text, { version: '1.1' })).toMatchObject({ watchdog: { mode: 'off' } });
  });

  test('pgbackrest of the lab reaches database hosts and the repository host, that of a host only itself', () => {
    const blueprint = drafted({
      pgbackrest: { global: { 'process-max': 4 } },
      hosts: { repo: { pgbackrest: { global: { 'backup-standby': true, 'start-fast': null } } } },
    });
    expect(hostOf(blueprint, 'pg2').pgbackrest().global).toMatchObject({ 'process-max': '4' });
    expect(hostOf(blueprint, 'repo').pgbackrest().global).toMatchObject({ 'process-max': '4', 'backup-standby': 'y' });
    expect(hostOf(blueprint, 'repo').pgbackrest().global).not.toHaveProperty('start-fast');
  });

  test('files are raw: new ones, others’ text, and null for none', () => {
    const host = hostOf(
      drafted({ hosts: { pg1: { files: { '/srv/x.conf': 'a: b\n', [places.patroniConfig]: 'broken', [places.hostKey]: null } } } }),
      'pg1',
    );
    expect(host.files.find(({ path }) => path === '/srv/x.conf')).toEqual({
      path: '/srv/x.conf',
      text: 'a: b\n',
      mode: 0o644,
      owner: 'postgres',
    });
    expect(host.files.find(({ path }) => path === places.patroniConfig)).toMatchObject({ text: 'broken', mode: 0o600 });
    expect(host.text(places.hostKey)).toBe('');
  });

  test('services: hosts that must not become a cluster leave Patroni down; async archiving brings its log along', () => {
    expect(hostOf(drafted({ ready: 'hosts' }), 'pg1').services.patroni).toBe('down');
    expect(hostOf(drafted({ ready: 'hosts', services: { patroni: 'up' } }), 'pg1').services.patroni).toBe('up');
    expect(hostOf(drafted({ ready: 'hosts', services: { patroni: 'up' } }), 'etcd1').services).toEqual({ etcd: 'up' });
    expect(hostOf(drafted({ pgbackrest: { 'global:archive-push': { 'archive-async': 'y' } } }), 'pg1').services['async-log']).toBe('up');
  });

  test('a variant’s lab merges into the scenario’s, nulls included', () => {
    const lab = mergeLab({ preset: 'one-node', dcs: { ttl: 40 } }, { dcs: { ttl: null, loop_wait: 5 } });
    expect(lab).toEqual({ preset: 'one-node', dcs: { ttl: null, loop_wait: 5 } });
    expect(hostOf(drafted(lab), 'pg1').text(places.patroniConfig)).not.toContain('ttl');
    expect(mergeLab('one-node', 'two-nodes-shared-repo')).toEqual({ preset: 'two-nodes-shared-repo' });
  });
});

describe('trains and versions', () => {
  test('a host on another train, a program from another one', () => {
    const blueprint = drafted({
      versions: { pgbackrest: '2.55.1' },
      hosts: { repo: { train: 'trixie', versions: { pgbackrest: null } }, etcd3: { train: 'bookworm' } },
    });
    expect(hostOf(blueprint, 'pg1').image).toEqual({ kind: 'patroni', train: 'forky', versions: { pgbackrest: '2.55.1' } });
    expect(hostOf(blueprint, 'repo').image).toEqual({ kind: 'repo', train: 'trixie', versions: {} });
    expect(hostOf(blueprint, 'etcd1').image).toEqual({ kind: 'etcd', train: 'forky', versions: {} });
    expect(hostOf(blueprint, 'etcd3').image.train).toBe('bookworm');
  });

  test('a version that the train carries is no version of its own', () => {
    expect(hostOf(drafted({ versions: { pgbackrest: '2.60.0', patroni: '4' } }), 'pg1').image.versions).toEqual({});
  });

  test('paths follow PostgreSQL’s major version', () => {
    const blueprint = drafted({ train: 'trixie' });
    expect(hostOf(blueprint, 'pg1').patroni()).toMatchObject({
      postgresql: { data_dir: '/var/lib/postgresql/17/main', bin_dir: '/usr/lib/postgresql/17/bin' },
    });
    expect(hostOf(blueprint, 'repo').pgbackrest().demo).toMatchObject({ 'pg1-path': '/var/lib/postgresql/17/main' });
  });

  test('mistakes', () => {
    expect(problemsIn({ train: 'forkie', hosts: { pg1: { versions: { pgbackrest: '2.1' } } } })).toEqual([
      'train: unknown train "forkie" (did you mean "forky"?)',
      'hosts.pg1.versions.pgbackrest: no train carries pgbackrest 2.1 (known: 2.60 (forky), 2.55 (trixie), 2.45 (bookworm))',
    ]);
    expect(problemsIn({ hosts: { pg2: { train: 'trixie' } } })[0]).toMatch(
      /^hosts.pg2.train: the cluster main mixes PostgreSQL 18 \(pg1\) and 17 \(pg2\)/,
    );
    // They need the libraries and the PostgreSQL of their own train.
    expect(problemsIn({ versions: { postgresql: '17' } })[0]).toBe(
      "versions.postgresql: postgresql 17 cannot be put on a host of train forky (only pgbackrest can come from another train; train: trixie puts all of the host's programs there)",
    );
    expect(problemsIn({ hosts: { pg2: { versions: { patroni: '4.0' } } } })[0]).toMatch(
      /^hosts.pg2.versions.patroni: patroni 4.0 cannot be put/,
    );
    expect(problemsIn({ clusters: { old: { members: ['o1'], stanza: 'demo', ready: 'hosts', train: 'trixie' } } })[0]).toMatch(
      /^clusters.old: the stanza "demo" is of PostgreSQL 18/,
    );
  });
});

describe('clusters', () => {
  const scratch: ClusterLab = { members: ['s1'], stanza: 'demo', ready: 'hosts' };

  test('a further one has its own scope and shares etcd, the repository and, here, the stanza', () => {
    const blueprint = drafted({ clusters: { scratch } });
    expect(blueprint.clusters.map(({ name, scope, stanza, repo, ready }) => ({ name, scope, stanza, repo, ready }))).toEqual([
      { name: 'main', scope: 'demo', stanza: 'demo', repo: 'repo', ready: 'stanza' },
      { name: 'scratch', scope: 'scratch', stanza: 'demo', repo: 'repo', ready: 'hosts' },
    ]);
    expect(hostOf(blueprint, 's1').patroni()).toMatchObject({
      scope: 'scratch',
      name: 's1',
      etcd3: { hosts: ['etcd1:2379', 'etcd2:2379', 'etcd3:2379'] },
    });
    expect(hostOf(blueprint, 'repo').pgbackrest().global?.['tls-server-auth']).toContain('s1=demo');
    // A backup of demo must not look for its primary on s1.
    expect(Object.values(hostOf(blueprint, 'repo').pgbackrest().demo ?? {})).not.toContain('s1');
  });

  test('one with a stanza of its own is backed up beside main', () => {
    const conf = hostOf(drafted({ clusters: { other: { members: ['o1', 'o2'] } } }), 'repo').pgbackrest();
    expect(conf.other).toMatchObject({ 'pg1-host': 'o1', 'pg2-host': 'o2' });
    expect(conf.global?.['tls-server-auth']).toContain('o2=other');
  });

  test('main may have other members', () => {
    expect(drafted({ clusters: { main: { members: ['pg1', 'db2'] } } }).clusters[0]?.members).toEqual(['pg1', 'db2']);
  });

  test('mistakes', () => {
    expect(
      problemsIn({
        hosts: {
          pg9: {},
          etcd1: { pgbackrest: {}, services: { patroni: 'up' } },
          repo: { patroni: {}, versions: { postgresql: '18' } },
          pg1: { dcs: {} },
        },
        clusters: {
          scratch: { ...scratch, ready: 'stanza' },
          demo: { members: ['pg1', 'repo', 'leader'] },
          none: {},
          more: { members: ['m1'], hosts: { pg2: {} } },
        },
      }),
    ).toEqual([
      'clusters.scratch.stanza: stanza "demo" belongs to the cluster main: "scratch" cannot have it created or backed up (add ready: hosts (Patroni is not started), or ready: cluster)',
      'clusters.demo: cluster "demo" would share Patroni\'s scope "demo" with the cluster main (give it another name)',
      'clusters.demo: stanza "demo" belongs to the cluster main: "demo" cannot have it created or backed up (add ready: hosts (Patroni is not started), or ready: cluster)',
      'clusters.none: cluster "none" has no members (name its database hosts: members: [none1])',
      'clusters.demo.members.0: the name "pg1" is already that of a member of the cluster main (every host of a lab has a name of its own)',
      'clusters.demo.members.1: the name "repo" is already that of the repository host (every host of a lab has a name of its own)',
      'clusters.demo.members.2: "leader" means hosts in scenarios and cannot name one (such as demo1)',
      'hosts.pg9: no host is called "pg9" (did you mean "pg1"?)',
      'clusters.more.hosts.pg2: the cluster more has no member "pg2" (put it into the lab\'s hosts)',
      'hosts.etcd1.pgbackrest: etcd1 is an etcd host: it runs no pgBackRest',
      'hosts.etcd1.services.patroni: etcd1 is an etcd host: it has no service patroni (it has etcd)',
      "hosts.pg1.dcs: dcs is the whole cluster's, not pg1's alone (put it into the lab or the cluster; what one member has for itself goes into patroni)",
      'hosts.repo.patroni: repo is the repository host: it runs no Patroni',
      'hosts.repo.versions.postgresql: repo is the repository host: it runs no postgresql (it runs pgbackrest)',
    ]);
    expect(problemsIn('three-node-repo-host')).toEqual([': unknown preset "three-node-repo-host" (did you mean "three-nodes-repo-host"?)']);
    expect(problemsIn({ services: { postgres: 'up' } })[0]).toMatch(
      /services.postgres: on pg1 Patroni and the service postgres would run the same data directory/,
    );
  });
});

describe('disks', () => {
  test('a size is a disk of its own; from brings the other side along', () => {
    const blueprint = drafted({
      clusters: {
        scratch: { members: ['s1'], stanza: 'demo', ready: 'hosts', disks: { '/mnt/repo': { from: 'repo', path: '/var/lib/pgbackrest' } } },
      },
      hosts: { pg1: { disks: { '/var/lib/postgresql': '300M' } } },
    });
    expect(blueprint.fresh).toBe(true);
    expect(hostOf(blueprint, 'pg1').disks).toEqual([{ path: '/var/lib/postgresql', size: '300m' }]);
    expect(hostOf(blueprint, 's1').disks).toEqual([{ path: '/mnt/repo', from: { host: 'repo', path: '/var/lib/pgbackrest', mode: 'ro' } }]);
    expect(hostOf(blueprint, 'repo').disks).toEqual([{ path: '/var/lib/pgbackrest', size: '1g' }]);
    expect(drafted('three-nodes-repo-host').fresh).toBeUndefined();
  });

  test('mistakes', () => {
    expect(
      problemsIn({
        disks: { data: '1g', '/etc/pgbackrest': '1m', '/srv/../etc': '1g' },
        files: { 'x.conf': '', '/etc/hosts': '', '/proc/sys/x': '' },
        hosts: { pg1: { disks: { '/srv': { from: 'pg1' }, '/mnt': { from: 'rpo' }, '/var/lib': '1g' } } },
      }),
    ).toEqual([
      'files.x.conf: "x.conf" is not an absolute path',
      'files./etc/hosts: "/etc/hosts" is written by the engine',
      'files./proc/sys/x: "/proc/sys/x" is the kernel\'s, not a file',
      'disks.data: "data" is not an absolute path',
      'disks./etc/pgbackrest: "/etc/pgbackrest" cannot be a disk: it would hide what the image has there',
      'disks./srv/../etc: "/srv/../etc" is not a plain path (no "..", "//" or "/" at the end)',
      'hosts.pg1.disks./srv.from: pg1 cannot see a disk of its own from itself (put it into hosts, below those that see it)',
      'hosts.pg1.disks./mnt.from: no host is called "rpo" (did you mean "repo"?)',
      'hosts.pg1.disks./var/lib: "/var/lib" cannot be a disk: it would hide what the image has there',
    ]);
    expect(problemsIn({ hosts: { pg1: { disks: { '/srv/data': '1g' }, files: { '/srv/data/x': '' } } } })).toEqual([
      'hosts.pg1.disks./srv/data: a disk at "/srv/data" would hide the files that the lab puts there on pg1',
    ]);
  });
});

test('a lab can be checked and shown without passwords or certificates', () => {
  expect(draftNeeds('one-node')).toEqual(['pg1', 'repo']);
  const { blueprint } = draft('one-node', catalogue, placeholders('one-node'));
  expect(JSON.parse(JSON.stringify(blueprint))).toEqual(blueprint);
});
