/** The chart: a canvas that is zoomed, moved and pointed at with mouse, wheel and keys. */
import type { RunData } from '../report/page-data.ts';
import { gutter, layOut, type Row } from './chart-layout.ts';
import { paint } from './chart-paint.ts';
import { firstAfter, xOf } from './chart-scene.ts';
import { wordsAt } from './chart-words.ts';
import { element } from './dom.ts';
import { lineTest } from './line-filter.ts';
import type { LogLine, Verdictive } from './model.ts';
import type { PageState } from './page-state.ts';
import { moved, zoomed } from './viewport.ts';

export function makeChart(state: PageState, run: RunData | undefined, decisive: ReadonlyMap<number, Verdictive>): HTMLElement {
  const canvas = element('canvas', {
    tabindex: '0',
    role: 'img',
    'aria-label':
      'Timeline of hosts. Arrow keys move, plus and minus zoom, 0 shows all, n and p go to the next and previous warning or error.',
  });
  const tip = element('div', { class: 'tip', hidden: true });
  const box = element('div', { class: 'chart' }, canvas, tip);
  let rows: readonly Row[] = [];
  let width = 0;
  let colours = new Map<string, string>();
  const colour = (name: string) => {
    const known = colours.get(name) ?? getComputedStyle(box).getPropertyValue(`--${name}`);
    colours.set(name, known);
    return known;
  };

  function draw(): void {
    const context = canvas.getContext('2d');
    if (!context) return;
    const laid = layOut(state.model, (run?.rows.length ?? 0) > 0);
    rows = laid.rows;
    width = box.clientWidth;
    const scale = window.devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(laid.height * scale)) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(laid.height * scale);
      canvas.style.height = `${laid.height}px`;
    }
    context.setTransform(scale, 0, 0, scale, 0, 0);
    const { view, filter, moment } = state.choice;
    paint({
      context,
      width,
      height: laid.height,
      view,
      model: state.model,
      run,
      rows,
      colour,
      passes: lineTest(filter),
      decisive,
      moment,
      origin: state.origin,
      format: (at, digits) => state.format(at, digits),
    });
  }

  const atX = (x: number) => {
    const { from, to } = state.choice.view;
    return from + ((x - gutter) / (width - gutter)) * (to - from);
  };
  const rowAt = (y: number) => rows.find((row) => y >= row.top && y < row.top + row.height);
  const show = (view: { from: number; to: number }) => {
    state.following = false;
    state.set({ view });
  };

  function point({ offsetX, offsetY }: MouseEvent): void {
    const at = atX(offsetX);
    const row = rowAt(offsetY);
    if (row?.kind === 'steps') {
      const step = state.model.steps.findLast((one) => one.from <= at && at <= (one.to ?? state.model.end));
      state.set({ tab: 'steps', moment: step?.from ?? at });
      if (step) document.getElementById(`step-${step.id}`)?.scrollIntoView({ block: 'nearest' });
      return;
    }
    const line = nearest(row?.kind === 'lane' ? row.lane.lines : state.model.lines, at);
    if (line && Math.abs(xOf(state.choice.view, width, line.at) - offsetX) < 12) state.select(line);
    else state.set({ moment: at });
  }

  function nearest(lines: readonly LogLine[], at: number): LogLine | undefined {
    const passes = lineTest(state.choice.filter);
    const place = firstAfter(lines, at);
    const near = lines.slice(Math.max(0, place - 200), place + 200).filter(passes);
    return near.sort((a, b) => Math.abs(a.at - at) - Math.abs(b.at - at))[0];
  }

  let drag: { readonly x: number; readonly view: { from: number; to: number }; far: boolean } | undefined;
  canvas.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    drag = { x: event.offsetX, view: state.choice.view, far: false };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener('pointermove', (event) => {
    if (drag) {
      if (Math.abs(event.offsetX - drag.x) > 3) drag.far = true;
      if (drag.far) show(moved(drag.view, ((drag.x - event.offsetX) / (width - gutter)) * (drag.view.to - drag.view.from)));
    }
    const at = atX(event.offsetX);
    const words = event.offsetX < gutter ? [] : wordsAt(rowAt(event.offsetY), at, state.model, run);
    tip.hidden = words.length === 0 || drag?.far === true;
    tip.textContent = [state.format(at, 2), ...words].join('\n');
    tip.style.left = `${Math.min(event.offsetX + 14, width - 280)}px`;
    tip.style.top = `${event.offsetY + 18}px`;
  });
  canvas.addEventListener('pointerleave', () => {
    tip.hidden = true;
  });
  canvas.addEventListener('pointerup', (event) => {
    if (drag && !drag.far) point(event);
    drag = undefined;
  });
  canvas.addEventListener('dblclick', (event) => show(zoomed(state.choice.view, 0.4, atX(event.offsetX))));
  canvas.addEventListener(
    'wheel',
    (event) => {
      const { view } = state.choice;
      const sideways = event.shiftKey ? event.deltaY : event.deltaX;
      const up = event.shiftKey ? 0 : event.deltaY;
      if (Math.abs(sideways) > Math.abs(up)) show(moved(view, (sideways / width) * (view.to - view.from)));
      // The wheel alone scrolls the page, until the reader has turned to the chart.
      else if (event.ctrlKey || event.metaKey || document.activeElement === canvas)
        show(zoomed(view, Math.exp(event.deltaY * 0.0015), atX(event.offsetX)));
      else return;
      event.preventDefault();
    },
    { passive: false },
  );
  canvas.addEventListener('keydown', (event) => {
    const { view } = state.choice;
    const length = view.to - view.from;
    const acts: Readonly<Record<string, () => void>> = {
      ArrowLeft: () => show(moved(view, -length / 8)),
      ArrowRight: () => show(moved(view, length / 8)),
      '+': () => show(zoomed(view, 0.6, state.choice.moment)),
      '=': () => show(zoomed(view, 0.6, state.choice.moment)),
      '-': () => show(zoomed(view, 1.6, state.choice.moment)),
      '0': () => show(state.whole()),
      n: () => grave(1),
      p: () => grave(-1),
    };
    const act = acts[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  });

  /** The next warning or error after the selected moment, or the one before. */
  function grave(direction: 1 | -1): void {
    const from = state.choice.moment ?? (direction > 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY);
    const passes = lineTest(state.choice.filter);
    const test = (line: LogLine) =>
      (line.severity === 'warning' || line.severity === 'error') && passes(line) && (line.at - from) * direction > 0;
    const found = direction > 0 ? state.model.lines.find(test) : state.model.lines.findLast(test);
    if (found) state.select(found);
  }

  new ResizeObserver(() => state.touch('view')).observe(box);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    colours = new Map();
    state.touch('view');
  });
  state.listen(draw);
  return box;
}
