import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Value } from '../../lab/core/event.ts';
import { check } from '../../lab/scenario/schema-problems.ts';
import { labSchema } from '../../lab/topology/overlay.ts';

function mistakes(value: Value): string[] {
  const checked = check(labSchema, value);
  const found = checked.ok ? [] : checked.mistakes;
  return found.map(({ message, path, hint }) => `${path.join('.')}: ${message}${hint === undefined ? '' : ` (${hint})`}`);
}

test('a preset’s name is a lab, and so is a map', () => {
  expect(mistakes('one-node')).toEqual([]);
  expect(mistakes({ preset: 'one-node', dcs: { synchronous_mode: true } })).toEqual([]);
  expect(mistakes('one-nodes')).toEqual([': unknown "one-nodes" (did you mean "one-node"?)']);
  expect(mistakes(3)).toEqual([': a lab is the name of a preset, or a map with preset, clusters and changes']);
});

test('every mistake at once, at its place', () => {
  expect(
    mistakes({
      preset: 'one-nodes',
      trian: 'forky',
      clusters: { x: { membrs: ['a'] } },
      services: { patrni: 'up', etcd: 'on' },
      versions: { pgbackrest: 2.5, pgbackrst: '2.5' },
      disks: { '/srv': 100 },
      hosts: { 'PG 1': {}, pg1: { hosts: {} } },
    }).toSorted(),
  ).toEqual([
    'clusters.x.membrs: unknown key "membrs" (did you mean "members"?)',
    'disks./srv: a disk is a size such as 200m, or {from: HOST, mode: ro}',
    'hosts.PG 1: "PG 1": a host name is lower-case letters, digits and dashes, at most 31, and starts with a letter',
    'hosts.pg1.hosts: unknown key "hosts" (known: train, versions, patroni, dcs, pgbackrest, files, disks, services)',
    'preset: unknown preset "one-nodes" (did you mean "one-node"?)',
    'services.etcd: unknown "on" (known: up, down)',
    'services.patrni: unknown key "patrni" (did you mean "patroni"?)',
    'trian: unknown key "trian" (did you mean "train"?)',
    'versions.pgbackrest: a version is text: put it in quotes, or YAML reads 2.50 as 2.5',
    'versions.pgbackrst: unknown key "pgbackrst" (did you mean "pgbackrest"?)',
  ]);
});

test('a key that stands twice in a raw config.yml of Patroni', () => {
  const files = (text: string) => ({ '/etc/patroni/config.yml': text, '/srv/other.yml': 'a: 1\na: 2\n' });
  expect(mistakes({ hosts: { pg1: { files: files('bootstrap:\n  method: a\n  a: {}\n  method: initdb\n') } } })).toEqual([
    'hosts.pg1.files./etc/patroni/config.yml: the key method stands twice in one map, of which Patroni takes the last without a word',
  ]);
  expect(mistakes({ files: files('bootstrap: { method: a }\na: { method: b }\n') })).toEqual([]);
  expect(mistakes({ files: files('a: [') })).toEqual([]);
});

test('a topology has no words for bind mounts, capabilities or public ports', () => {
  for (const key of ['volumes', 'mounts', 'privileged', 'cap_add', 'publish', 'ports', 'image', 'network']) {
    expect(mistakes({ [key]: 'x' })[0]).toContain(`unknown key "${key}"`);
  }
});

describe('the JSON schema for editors', () => {
  const schema = z.toJSONSchema(labSchema, { io: 'input' });
  test('describes every property', () => {
    const undescribed: string[] = [];
    const walk = (node: unknown, path: string) => {
      if (typeof node !== 'object' || node === null) return;
      for (const [key, value] of Object.entries(node)) {
        if (key === 'properties') {
          for (const [name, property] of Object.entries(value as object))
            if (!(property as { description?: string }).description) undescribed.push(`${path}.${name}`);
        }
        walk(value, `${path}.${key}`);
      }
    };
    walk(schema, '');
    expect(undescribed).toEqual([]);
  });
});
