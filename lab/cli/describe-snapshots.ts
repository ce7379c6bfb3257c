/** Snapshots as people read them. */
import { formatDuration } from '../core/duration.ts';
import { UsageError } from '../core/problem.ts';
import { isGolden } from '../engine/snapshot-labels.ts';
import type { Snapshot } from '../engine/snapshots.ts';
import { didYouMean } from '../topology/topology-problem.ts';
import type { Paint } from './paint.ts';
import { table } from './table.ts';

/** The error for a name that no snapshot has. Golden labs are nobody's own: they are listed last. */
export function noSnapshot(name: string, known: readonly string[]): UsageError {
  const ownFirst = known.toSorted((a, b) => Number(isGolden(a)) - Number(isGolden(b)));
  return new UsageError(`there is no snapshot named ${JSON.stringify(name)}`, {
    hint:
      known.length === 0
        ? 'npm run lab:snapshot -- NAME makes one of a running lab'
        : `${didYouMean(name, ownFirst)}; npm run lab:snapshot lists them`,
  });
}

/** `now`: Unix ms. */
export function describeSnapshots(snapshots: readonly Snapshot[], paint: Paint, now: number): string[] {
  if (snapshots.length === 0) return ['there is no snapshot; npm run lab:snapshot -- NAME keeps the lab as it is'];
  return table(
    [{ title: 'SNAPSHOT' }, { title: 'KIND' }, { title: 'LAB' }, { title: 'AGE', align: 'right' }, { title: 'SIZE', align: 'right' }],
    snapshots.map(({ name, kind, blueprint, created, size }) => [
      paint.bold(name),
      kind,
      `${blueprint.preset}, ${blueprint.hosts.length} hosts`,
      formatDuration(now - created),
      `${Math.round(size / 1e6)} MB`,
    ]),
  );
}
