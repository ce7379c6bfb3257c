import { describe, expect, test } from 'vitest';
import { readTrains } from '../../lab/engine/trains.ts';
import { canBeGolden, goldenUses } from '../../lab/run/golden.ts';
import { draft, placeholders } from '../../lab/topology/draft.ts';
import type { LabSpec } from '../../lab/topology/overlay.ts';

describe('goldenUses', () => {
  test('a golden lab is made for what several runs need, and taken where it is there for the others', () => {
    const sync: LabSpec = { preset: 'one-node', dcs: { synchronous_mode: true } };
    expect(goldenUses(['one-node', sync, { preset: 'one-node' }])).toEqual(['make', 'take', 'make']);
  });

  test('the only run there is gets one: it will be tried again', () => expect(goldenUses(['one-node'])).toEqual(['make']));
});

describe('canBeGolden', () => {
  const blueprint = (spec: LabSpec) => {
    const { blueprint: drafted } = draft(spec, readTrains(), placeholders(spec));
    if (!drafted) throw new Error('the spec is wrong');
    return drafted;
  };

  test('a lab that is made healthy', () => expect(canBeGolden(blueprint('one-node'))).toBe(true));
  test('not one that is about bring-up', () => expect(canBeGolden(blueprint({ preset: 'one-node', start: 'fresh' }))).toBe(false));
  test('not one whose data is on a disk', () =>
    expect(canBeGolden(blueprint({ preset: 'one-node', disks: { '/var/lib/pgbackrest': '1g' } }))).toBe(false));
  test('not one of bare hosts', () => expect(canBeGolden(blueprint({ preset: 'one-node', ready: 'hosts' }))).toBe(false));
});
