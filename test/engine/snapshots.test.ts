import type Docker from 'dockerode';
import { describe, expect, test } from 'vitest';
import type { Lab } from '../../lab/engine/lab.ts';
import { snapshotLabels } from '../../lab/engine/snapshot-labels.ts';
import { type Snapshot, snapshotsAmong, takeSnapshot } from '../../lab/engine/snapshots.ts';
import { outworn } from '../../lab/run/prune.ts';
import type { Blueprint } from '../../lab/topology/blueprint.ts';

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

  test('an image of Podman is known by its tag with the registry before it, and its parent is not what its host ran on', () => {
    const { RepoTags, Labels, ...rest } = image('repo', { [snapshotLabels.base]: '110' });
    const ofPodman = { ...rest, Labels, RepoTags: RepoTags?.map((tag) => `registry.example/${tag}`) ?? [], ParentId: 'unlisted' };
    expect(snapshotsAmong([...images.filter(({ Id }) => Id !== 'id-repo'), ofPodman])).toMatchObject([{ name: 'mine', size: 50 }]);
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

describe('takeSnapshot', () => {
  const host = { name: 'etcd1', container: 'pglab-deep-etcd1' };
  const lab = { name: 'deep', spec: { etcd: ['etcd1'] }, hosts: [host] } as unknown as Lab;
  const wanted = { name: 'deeper', kind: 'named', blueprint: {} as Blueprint, clusters: {}, down: {} } as const;
  const committed: unknown[] = [];
  const engine = (layers: number) =>
    ({
      getContainer: () => ({
        inspect: async () => ({ HostConfig: {}, Image: 'x' }),
        commit: async (request: unknown) => {
          committed.push(request);
          return { Id: 'made' };
        },
      }),
      getImage: () => ({
        inspect: async () => ({
          RootFS: { Layers: Array.from({ length: layers }, () => 'sha256:0') },
          Config: { Labels: { [snapshotLabels.snapshot]: 'deeper' } },
        }),
      }),
      listImages: async () => [],
    }) as unknown as Docker;

  test('refuses a fork of forks that the engine could not start any more, and commits nothing', async () => {
    await expect(takeSnapshot(engine(126), lab, wanted)).rejects.toThrow('deeper would be a fork of forks 126 layers deep');
    expect(committed).toEqual([]);
    await takeSnapshot(engine(125), lab, wanted);
    expect(committed).toHaveLength(1);
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
