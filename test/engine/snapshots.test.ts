import type Docker from 'dockerode';
import { describe, expect, test } from 'vitest';
import { snapshotLabels } from '../../lab/engine/snapshot-labels.ts';
import { type Snapshot, snapshotsAmong } from '../../lab/engine/snapshots.ts';
import { outworn } from '../../lab/run/prune.ts';

const base = { Id: 'base', ParentId: '', RepoTags: ['pglab/repo:forky-1'], Created: 1, Size: 100, Labels: {} };

function image(host: string, more: Record<string, string> = {}): Docker.ImageInfo {
  const labels = { [snapshotLabels.snapshot]: 'mine', [snapshotLabels.kind]: 'named', [snapshotLabels.host]: host, ...more };
  const tags = [`pglab/snapshot:mine-${host}`];
  return { Id: `id-${host}`, ParentId: 'base', RepoTags: tags, Created: 50, Size: 130, Labels: labels } as unknown as Docker.ImageInfo;
}

const whole = {
  [snapshotLabels.blueprint]: JSON.stringify({ preset: 'one-node' }),
  [snapshotLabels.images]: JSON.stringify({ repo: 'id-repo' }),
  [snapshotLabels.down]: JSON.stringify({ repo: 'frozen' }),
};
const images = [base as unknown as Docker.ImageInfo, image('repo'), image('etcd1', whole)];

describe('snapshotsAmong', () => {
  test('puts the images of a snapshot together; its size is what they add to those they were made on', () => {
    expect(snapshotsAmong(images)).toEqual([
      {
        ...{ name: 'mine', kind: 'named', created: 50_000, size: 60, blueprint: { preset: 'one-node' } },
        ...{ images: { etcd1: 'id-etcd1', repo: 'id-repo' }, down: { repo: 'frozen' }, clusters: {} },
      },
    ]);
  });

  test('one that lacks an image, or the image that makes it whole, is none', () => {
    expect(snapshotsAmong(images.filter(({ Id }) => Id !== 'id-repo'))).toEqual([]);
    expect(snapshotsAmong(images.filter(({ Id }) => Id !== 'id-etcd1'))).toEqual([]);
  });

  test('an image that only inherits the labels, as one made of a fork does, is none', () => {
    const heir = { ...image('etcd1', whole), RepoTags: ['somebody/else:1'] };
    expect(snapshotsAmong([image('repo'), heir])).toEqual([]);
  });
});

describe('outworn', () => {
  const day = 24 * 3600_000;
  const golden = (name: string, age: number, size = 1e9) => ({ name, kind: 'golden', created: 100 * day - age * day, size }) as Snapshot;
  const names = (snapshots: readonly Snapshot[], kept?: string) => outworn(snapshots, 100 * day, kept).map(({ name }) => name);

  test('golden labs of more than a fortnight', () => expect(names([golden('old', 15), golden('young', 13)])).toEqual(['old']));

  test('the oldest ones, until the others fit', () => {
    expect(names([golden('c', 1, 7e9), golden('a', 3, 7e9), golden('b', 2, 7e9)])).toEqual(['a']);
  });

  test('never what a person has frozen, nor the one just made', () => {
    const named = { ...golden('mine', 90), kind: 'named' } as Snapshot;
    expect(names([named, golden('new', 20)], 'new')).toEqual([]);
  });
});
