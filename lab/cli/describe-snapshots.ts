/** Snapshots as people read them. */
import { formatDuration } from '../core/duration.ts';
import type { Snapshot } from '../engine/snapshots.ts';
import type { Paint } from './paint.ts';
import { table } from './table.ts';

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
