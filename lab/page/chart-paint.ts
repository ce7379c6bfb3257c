/** Paints the chart on a canvas: axis, steps, faults, lanes, curves. Only what can be seen of the stretch of time. */
import { axisHeight, gutter } from './chart-layout.ts';
import { clip, font, inOrderOfDepth, label, type Scene, stepState, xOf } from './chart-scene.ts';
import { paintRows, paintWal } from './curve-paint.ts';
import { paintLane } from './lane-paint.ts';
import { tickDistance } from './viewport.ts';

export function paint(scene: Scene): void {
  const { context, width, height, view, rows, colour, model, moment } = scene;
  context.clearRect(0, 0, width, height);
  context.font = font;
  context.textBaseline = 'middle';
  context.fillStyle = colour('chart');
  context.fillRect(gutter, axisHeight, width - gutter, height - axisHeight);
  context.save();
  context.beginPath();
  context.rect(gutter, 0, width - gutter, height);
  context.clip();
  if (model.ready !== undefined) {
    // Before the recording of steps began, the lab came up.
    context.fillStyle = colour('outside');
    context.fillRect(gutter, axisHeight, xOf(view, width, model.ready) - gutter, height);
  }
  paintFaults(scene);
  paintAxis(scene);
  for (const row of rows) {
    if (row.kind === 'steps') paintSteps(scene, row.top, row.height);
    else if (row.kind === 'wal') paintWal(scene, row.top, row.height);
    else if (row.kind === 'rows') paintRows(scene, row.top, row.height);
    else paintLane(scene, row.lane, row.top, row.height);
  }
  paintFaultNames(scene);
  if (moment !== undefined) {
    context.fillStyle = colour('moment');
    context.fillRect(Math.round(xOf(view, width, moment)), axisHeight - 6, 1.5, height);
  }
  context.restore();
  paintNames(scene);
}

function paintNames({ context, width, rows, colour }: Scene): void {
  for (const row of rows) {
    context.fillStyle = colour('line');
    context.fillRect(0, row.top, width, 1);
    context.fillStyle = colour(row.kind === 'lane' && row.lane.kind === 'member' ? 'ink' : 'muted');
    context.font = row.kind === 'lane' && row.lane.kind === 'member' ? `600 ${font}` : font;
    const name = row.kind === 'lane' ? row.lane.host : { steps: 'steps', wal: 'WAL', rows: 'rows/s' }[row.kind];
    context.fillText(
      clip(context, name, gutter - 12),
      4,
      row.top + (row.kind === 'lane' && row.lane.kind === 'member' ? 11 : Math.min(row.height / 2, 12)),
    );
    if (row.kind === 'lane' && row.lane.lag.some(([, bytes]) => bytes > 0)) {
      context.font = font;
      context.fillStyle = colour('lag');
      context.fillText('lag', 4, row.top + 28);
    }
    if (row.kind !== 'wal') continue;
    context.fillStyle = colour('leader');
    context.fillText('— leader', 4, row.top + 30);
    context.fillStyle = colour('archived');
    context.fillText('— archived', 4, row.top + 46);
  }
  context.font = font;
}

function paintAxis({ context, width, height, view, origin, format, colour }: Scene): void {
  const distance = tickDistance(view, width - gutter, 84);
  const digits = distance < 100 ? 2 : distance < 1000 ? 1 : 0;
  for (let tick = Math.ceil((view.from - origin) / distance) * distance; origin + tick < view.to; tick += distance) {
    const x = Math.round(xOf(view, width, origin + tick));
    context.fillStyle = colour('grid');
    context.fillRect(x, axisHeight, 1, height);
    context.fillStyle = colour('muted');
    context.fillText(format(origin + tick, digits), x + 4, axisHeight / 2);
  }
}

function paintFaults({ context, width, height, view, run, rows, colour }: Scene): void {
  for (const fault of run?.faults ?? []) {
    const from = xOf(view, width, fault.from);
    const to = Math.max(from + 2, xOf(view, width, fault.to ?? view.to));
    if (to < gutter || from > width) continue;
    for (const row of rows) {
      if (row.kind !== 'lane' || !fault.hosts.includes(row.lane.host)) continue;
      context.fillStyle = colour('fault');
      context.fillRect(from, row.top, to - from, row.height);
      context.fillStyle = colour('fault-edge');
      context.fillRect(from, row.top, 1.5, row.height);
    }
    context.fillStyle = colour('fault-edge');
    context.globalAlpha = 0.5;
    context.fillRect(from, axisHeight, 1, height);
    context.globalAlpha = 1;
  }
}

/** Over everything else; each ends where the next fault on its host begins. */
function paintFaultNames({ context, width, view, run, rows, colour }: Scene): void {
  for (const row of rows) {
    if (row.kind !== 'lane' || row.lane.kind !== 'member') continue;
    const own = (run?.faults ?? []).filter((fault) => fault.hosts.includes(row.lane.host));
    own.forEach((fault, index) => {
      const from = Math.max(xOf(view, width, fault.from), gutter) + 5;
      const to = Math.min(xOf(view, width, own[index + 1]?.from ?? view.to), width);
      label(context, fault.title, from, to, row.top + 28, colour('fault-edge'), colour('chart'));
    });
  }
}

function paintSteps({ context, width, view, model, run, colour }: Scene, top: number, height: number): void {
  for (const step of inOrderOfDepth(model.steps)) {
    const from = xOf(view, width, step.from);
    const to = Math.max(from + 2, xOf(view, width, step.to ?? model.end));
    if (to < gutter || from > width) continue;
    const state = stepState(run, step.id);
    context.fillStyle = colour(`step-${state}`);
    context.fillRect(from, top + 3, Math.max(1.5, to - from - 1), height - 6);
    label(
      context,
      step.title,
      Math.max(from, gutter) + 4,
      Math.min(to, width) - 3,
      top + height / 2,
      colour(state === 'failed' ? 'on-failed' : 'ink'),
    );
  }
}
