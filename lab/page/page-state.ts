/** What the reader has chosen: the stretch of time, the filter, the selected line, the tab. Parts of the page listen for changes. */
import { everything, type LineFilter } from './line-filter.ts';
import type { LogLine, Model } from './model.ts';
import { clampTo, showing, type Viewport } from './viewport.ts';

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

  constructor(model: Model) {
    this.model = model;
    this.choice = { view: this.whole(), filter: everything, selected: undefined, tab: 'steps', place: undefined, moment: undefined };
  }

  whole(): Viewport {
    const { start, end } = this.model;
    if (!Number.isFinite(start)) return { from: 0, to: 1000 };
    const margin = Math.max(100, (end - start) * 0.01);
    return { from: start - margin, to: end + margin };
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
