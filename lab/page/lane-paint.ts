/** Paints a host's lane: how it stood, its lag, backups and restores, and a tick for each log line. */
import { gutter } from './chart-layout.ts';
import { firstAfter, label, type Scene, xOf } from './chart-scene.ts';
import { lineMarks } from './line-marks.ts';
import type { Lane, LogLine, Severity } from './model.ts';

export function paintLane(scene: Scene, lane: Lane, top: number, height: number): void {
  const { context, width, view, colour, model } = scene;
  const bar = lane.kind === 'member' ? 19 : height - 4;
  lane.spans.forEach((span, index) => {
    const next = lane.spans[index + 1];
    const from = Math.max(gutter, xOf(view, width, span.from));
    const to = Math.min(width, xOf(view, width, next?.from ?? Math.max(span.to, model.end)));
    if (to <= gutter || from >= width) return;
    context.fillStyle = colour(span.standing);
    context.fillRect(from, top + 2, Math.max(1, to - from), bar);
    context.fillStyle = colour('chart');
    context.fillRect(from, top + 2, 1, bar);
    const words = span.standing === 'leader' ? 'leader' : span.state;
    const timeline = span.timeline === undefined ? '' : `  TL ${span.timeline}`;
    label(context, `${words}${timeline}`, from + 5, to - 3, top + 2 + bar / 2, colour(span.standing === 'leader' ? 'on-leader' : 'ink'));
  });
  if (lane.kind === 'member') paintLag(scene, lane, top + 22, 12);
  for (const job of lane.jobs) {
    const from = xOf(view, width, job.from);
    const to = Math.max(from + 3, xOf(view, width, job.to ?? model.end));
    if (to < gutter || from > width) continue;
    const y = lane.kind === 'member' ? top + 23 : top + 2;
    const size = lane.kind === 'member' ? 12 : height - 8;
    context.fillStyle = colour(job.failed ? 'error' : job.what);
    context.fillRect(from, y, to - from, size);
    label(context, job.title, Math.max(from, gutter) + 3, to - 2, y + size / 2, colour('on-leader'));
  }
  paintTicks(scene, lane, lane.kind === 'member' ? top + 37 : top + height - 7, lane.kind === 'member' ? 11 : 6);
}

/** Clusters are looked at once a second at least, ms, with some room. */
const lookedAgain = 1500;

/** Logarithmic, since one byte behind and a gigabyte behind are both worth seeing. */
function paintLag({ context, width, view, colour }: Scene, lane: Lane, top: number, height: number): void {
  context.fillStyle = colour('lag');
  lane.lag.forEach(([at, bytes], index) => {
    if (bytes <= 0) return;
    const from = xOf(view, width, at);
    const to = xOf(view, width, Math.min(lane.lag[index + 1]?.[0] ?? Number.POSITIVE_INFINITY, at + lookedAgain));
    if (to < gutter || from > width) return;
    const size = Math.max(1, Math.min(1, Math.log10(bytes) / 9) * height);
    context.fillRect(from, top + height - size, Math.max(1, to - from), size);
  });
}

const severityRank: Record<Severity, number> = { debug: 0, info: 1, warning: 2, error: 3 };

/** One mark a pixel, in the colour of the gravest line in it. */
function paintTicks({ context, width, view, colour, passes, decisive }: Scene, lane: Lane, top: number, height: number): void {
  const marks = new Map<number, LogLine>();
  for (let index = firstAfter(lane.lines, view.from); index < lane.lines.length; index += 1) {
    const line = lane.lines[index] as LogLine;
    if (line.at > view.to) break;
    if (!passes(line)) continue;
    const x = Math.round(xOf(view, width, line.at));
    const there = marks.get(x);
    if (!there || severityRank[there.severity] < severityRank[line.severity]) marks.set(x, line);
  }
  for (const severity of ['debug', 'info', 'warning', 'error'] as const) {
    context.fillStyle = colour(`tick-${severity}`);
    const size = severity === 'error' || severity === 'warning' ? height : height * 0.7;
    for (const [x, line] of marks)
      if (line.severity === severity) context.fillRect(x, top + height - size, severity === 'error' ? 2 : 1, size);
  }
  for (const line of lane.lines) {
    const decided = decisive.get(line.seq);
    if (!decided) continue;
    context.fillStyle = colour(lineMarks[decided].colour);
    triangle(context, xOf(view, width, line.at), top);
  }
}

/** Points down, at a tick. */
function triangle(context: CanvasRenderingContext2D, x: number, y: number): void {
  context.beginPath();
  context.moveTo(x - 4, y - 3);
  context.lineTo(x + 4, y - 3);
  context.lineTo(x, y + 4);
  context.fill();
}
