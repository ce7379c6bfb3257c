/** Paints what goes on under the lanes: WAL written and archived, rows written by the workload. */
import { gutter } from './chart-layout.ts';
import { type Scene, xOf } from './chart-scene.ts';
import type { WalPoint } from './model.ts';

export function paintWal(scene: Scene, top: number, height: number): void {
  const { context, width, view, model, colour } = scene;
  const positions = [model.leaderWal, model.archivedWal].flatMap((points) =>
    // What was reached before is still so in the stretch that is shown.
    points.filter(({ at }, index) => at <= view.to && (points[index + 1]?.at ?? view.from) >= view.from).map(({ position }) => position),
  );
  const least = Math.min(...positions);
  const most = Math.max(...positions, least + 1);
  const y = (position: number) => top + height - 6 - ((position - least) / (most - least)) * (height - 22);
  context.save();
  context.beginPath();
  context.rect(gutter, top, width - gutter, height);
  context.clip();
  paintCurve(scene, model.archivedWal, y, 'archived');
  paintCurve(scene, model.leaderWal, y, 'leader');
  for (const mark of model.marks) {
    const x = xOf(view, width, mark.at);
    context.fillStyle = colour('ink');
    context.fillRect(x - 2.5, y(mark.position) - 2.5, 5, 5);
    context.fillText(mark.label, x + 5, Math.min(y(mark.position) + 9, top + height - 7));
  }
  context.restore();
}

/** In steps: a position holds until another is seen. It begins anew on another timeline. */
function paintCurve(
  { context, width, view, model, colour }: Scene,
  points: readonly WalPoint[],
  y: (position: number) => number,
  name: string,
): void {
  context.strokeStyle = colour(name);
  context.lineWidth = 1.5;
  context.beginPath();
  points.forEach((point, index) => {
    const x = xOf(view, width, point.at);
    const before = points[index - 1];
    if (before?.timeline === point.timeline) context.lineTo(x, y(before.position));
    else context.moveTo(x, y(point.position));
    context.lineTo(x, y(point.position));
    const next = points[index + 1];
    if (next?.timeline !== point.timeline) context.lineTo(xOf(view, width, next?.at ?? model.end), y(point.position));
    if (before?.timeline === point.timeline) return;
    context.fillStyle = colour(name);
    context.fillText(`TL ${point.timeline}`, Math.max(x, gutter) + 3, y(point.position) - 6);
  });
  context.stroke();
}

/** Acknowledged rows up, others down: where writing stood still is seen at once. */
export function paintRows({ context, width, view, run, colour }: Scene, top: number, height: number): void {
  const counts = new Map<number, { acked: number; other: number }>();
  const size = 4;
  for (const [settled, outcome] of run?.rows ?? []) {
    if (settled < view.from || settled > view.to) continue;
    const bucket = Math.floor((xOf(view, width, settled) - gutter) / size);
    const count = counts.get(bucket) ?? { acked: 0, other: 0 };
    if (outcome === 'acked') count.acked += 1;
    else count.other += 1;
    counts.set(bucket, count);
  }
  const most = Math.max(1, ...[...counts.values()].map(({ acked, other }) => acked + other));
  for (const [bucket, { acked, other }] of counts) {
    const x = gutter + bucket * size;
    const high = (acked / most) * (height - 6);
    context.fillStyle = colour('acked');
    context.fillRect(x, top + height - 2 - high, size - 1, high);
    if (other === 0) continue;
    context.fillStyle = colour('error');
    const bad = Math.max(2, (other / most) * (height - 6));
    context.fillRect(x, top + height - 2 - high - bad, size - 1, bad);
  }
}
