/** What all painters of the chart share: the scene, where a moment stands in it, and text that fits. */
import type { RunData } from '../report/page-data.ts';
import { gutter, type Row } from './chart-layout.ts';
import type { LogLine, Model, StepSpan, Verdictive } from './model.ts';
import type { Viewport } from './viewport.ts';

export interface Scene {
  readonly context: CanvasRenderingContext2D;
  readonly width: number;
  readonly height: number;
  readonly view: Viewport;
  readonly model: Model;
  readonly run: RunData | undefined;
  readonly rows: readonly Row[];
  readonly colour: (name: string) => string;
  /** Lines that pass the filter. */
  readonly passes: (line: LogLine) => boolean;
  /** Lines that decided expectations. */
  readonly decisive: ReadonlyMap<number, Verdictive>;
  readonly moment: number | undefined;
  /** What moments are counted from, and how they are written. */
  readonly origin: number;
  readonly format: (at: number, digits: number) => string;
}

export const xOf = (view: Viewport, width: number, at: number) => gutter + ((at - view.from) / (view.to - view.from)) * (width - gutter);

export const font = '11px system-ui, sans-serif';

export function stepState(run: RunData | undefined, id: string): string {
  return run?.verdict.steps.find((step) => step.id === id)?.state ?? 'passed';
}

/** The steps that hold others, recipes, stand behind them. */
export function inOrderOfDepth(steps: readonly StepSpan[]): readonly StepSpan[] {
  return steps.toSorted((a, b) => a.id.split('.').length - b.id.split('.').length);
}

/** Index of the first line at or after a moment. */
export function firstAfter(lines: readonly LogLine[], at: number): number {
  let low = 0;
  let high = lines.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((lines[middle] as LogLine).at < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** `halo`: a colour around the letters, where they stand over something. */
export function label(
  context: CanvasRenderingContext2D,
  text: string,
  from: number,
  to: number,
  y: number,
  colour: string,
  halo?: string,
): void {
  if (to - from < 16) return;
  const shown = clip(context, text, to - from);
  if (halo !== undefined) {
    context.strokeStyle = halo;
    context.lineWidth = 3;
    context.strokeText(shown, from, y);
  }
  context.fillStyle = colour;
  context.fillText(shown, from, y);
}

/** Widths of texts in the chart's font, which are asked for in every frame. */
const widths = new Map<string, number>();

export function clip(context: CanvasRenderingContext2D, text: string, room: number): string {
  const width = widths.get(text) ?? context.measureText(text).width;
  widths.set(text, width);
  if (width <= room) return text;
  const letters = Math.floor((room / width) * text.length) - 1;
  return letters < 2 ? '' : `${text.slice(0, letters)}…`;
}
