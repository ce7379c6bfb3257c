/** The stretch of time that is shown, and how it is zoomed and moved. Milliseconds; never beyond the whole, never below `narrowest`. */
export interface Viewport {
  readonly from: number;
  readonly to: number;
}

const narrowest = 20;

export function clampTo(whole: Viewport, { from, to }: Viewport): Viewport {
  const length = Math.min(Math.max(to - from, narrowest), Math.max(whole.to - whole.from, narrowest));
  const start = Math.min(Math.max(from, whole.from), whole.to - length);
  return { from: start, to: start + length };
}

/** `factor` below 1 zooms in; the moment `about` stays where it is. */
export function zoomed(view: Viewport, factor: number, about = (view.from + view.to) / 2): Viewport {
  return { from: about - (about - view.from) * factor, to: about + (view.to - about) * factor };
}

export function moved(view: Viewport, by: number): Viewport {
  return { from: view.from + by, to: view.to + by };
}

/** The same length around `at`, unless `at` can be seen well as it is. */
export function showing(view: Viewport, at: number): Viewport {
  const margin = (view.to - view.from) * 0.05;
  if (at >= view.from + margin && at <= view.to - margin) return view;
  return moved(view, at - (view.from + view.to) / 2);
}

const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000];

/** The distance of two marks on the axis, ms: at least `room` pixels. */
export function tickDistance(view: Viewport, width: number, room: number): number {
  const least = ((view.to - view.from) / width) * room;
  return steps.find((step) => step >= least) ?? 3_600_000;
}

/** `+12.3 s`, `+2:05.0`: since the start of the run. `digits` are of seconds. */
export function formatMoment(sinceStart: number, digits = 1): string {
  const sign = sinceStart < 0 ? '-' : '+';
  // Rounded first: 59.97 s is a minute.
  const size = Number((Math.abs(sinceStart) / 1000).toFixed(digits));
  if (size < 60) return `${sign}${size.toFixed(digits)} s`;
  const minutes = Math.floor(size / 60);
  return `${sign}${minutes}:${(size - minutes * 60).toFixed(digits).padStart(digits === 0 ? 2 : digits + 3, '0')}`;
}
