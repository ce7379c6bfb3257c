/** What the reader has chosen: the stretch of time, the filter, the selected line, the tab. Parts of the page listen for changes. */
import { everything, type LineFilter } from './line-filter.ts';
import type { LogLine, Model } from './model.ts';
import { clampTo, formatMoment, showing, type Viewport } from './viewport.ts';

export const tabs = ['steps', 'ledger', 'configuration', 'scenario'] as const;
export type Tab = (typeof tabs)[number];

export interface Choice {
  view: Viewport;
  filter: LineFilter;
  /** The event that the page is at. */
  selected: number | undefined;
  tab: Tab;
  /** A line of the scenario's text that is pointed at. */
  place: number | undefined;
  /** A moment that is pointed at, without an event. */
  moment: number | undefined;
}

export type Aspect = keyof Choice | 'events';

export class PageState {
  readonly model: Model;
  readonly choice: Choice;
  /** Whether the stretch of time goes on with a running lab. */
  following = false;
  readonly #listeners: ((changed: ReadonlySet<Aspect>) => void)[] = [];
  #changed = new Set<Aspect>();

  readonly #byClock: boolean;

  /** `byClock`: moments are times of day (UTC), as in a lab that just runs; else they count from the start of the run. */
  constructor(model: Model, byClock: boolean) {
    this.model = model;
    this.#byClock = byClock;
    this.choice = { view: this.whole(), filter: everything, selected: undefined, tab: 'steps', place: undefined, moment: undefined };
  }

  whole(): Viewport {
    const { start, end } = this.model;
    if (!Number.isFinite(start)) return { from: 0, to: 1000 };
    const margin = Math.max(100, (end - start) * 0.01);
    return { from: start - margin, to: end + margin };
  }

  /** What moments are counted from. */
  get origin(): number {
    return this.#byClock ? 0 : (this.model.ready ?? this.model.start);
  }

  format(at: number, digits = 1): string {
    if (!this.#byClock) return formatMoment(at - this.origin, digits);
    return new Date(at).toISOString().slice(11, digits === 0 ? 19 : 20 + digits);
  }

  /** Told once a frame what has changed in it. */
  listen(listener: (changed: ReadonlySet<Aspect>) => void): void {
    this.#listeners.push(listener);
  }

  set(change: Partial<Choice>): void {
    Object.assign(this.choice, change);
    if (change.view) this.choice.view = clampTo(this.whole(), change.view);
    this.touch(...(Object.keys(change) as Aspect[]));
  }

  touch(...aspects: readonly Aspect[]): void {
    if (this.#changed.size === 0) requestAnimationFrame(() => this.#tell());
    for (const aspect of aspects) this.#changed.add(aspect);
  }

  /** Selects a log line, and moves the stretch of time to where it can be seen. */
  select(line: LogLine): void {
    this.following = false;
    this.set({ selected: line.seq, moment: line.at, view: showing(this.choice.view, line.at) });
  }

  /** Points at a moment, and at the event that happened then, if any. */
  pointAt(at: number, event?: number): void {
    this.following = false;
    this.set({ moment: at, selected: event, view: showing(this.choice.view, at) });
  }

  #tell(): void {
    const changed = this.#changed;
    this.#changed = new Set();
    for (const listener of this.#listeners) listener(changed);
  }
}
