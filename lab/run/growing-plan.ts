/** The plan of a recording, which grows by a step at a time: history is the seam, and with every step the whole of it is judged anew. */
import type { Event, LedgerRow } from '../core/event.ts';
import { LabError, type Problem } from '../core/problem.ts';
import { type Bindings, bind, startBindings } from '../scenario/bindings.ts';
import type { Plan } from '../scenario/plan.ts';
import { joinOf, type Recorded, recordedVariant, unjoined, writeRecorded } from '../scenario/recorded-scenario.ts';
import type { RawStep } from '../scenario/typed-step.ts';
import { createJudge, type Judge } from '../verdict/judge.ts';
import { planFile } from './scenario-files.ts';

/** All of the file but its steps. */
export type Frame = Omit<Recorded, 'steps'> & { readonly file: string };

/** Steps so far, and everything that was recorded, judged by their plan. */
export class GrowingPlan {
  readonly #frame: Frame;
  readonly #events: Event[] = [];
  readonly #rows: LedgerRow[] = [];
  #steps: readonly RawStep[] = [];
  #known: { readonly plan: Plan; readonly judge: Judge; bindings: Bindings } | undefined;

  constructor(frame: Frame) {
    this.#frame = frame;
  }

  feed(event: Event): void {
    this.#events.push(event);
    if (!this.#known) return;
    this.#known.bindings = bind(this.#known.bindings, event);
    this.#known.judge.feed(event);
  }

  feedRow(row: LedgerRow): void {
    this.#rows.push(row);
    this.#known?.judge.feedRow(row);
  }

  get steps(): readonly RawStep[] {
    return this.#steps;
  }

  get events(): readonly Event[] {
    return this.#events;
  }

  get plan(): Plan | undefined {
    return this.#known?.plan;
  }

  /** Only once there is a step. */
  get judge(): Judge {
    if (!this.#known) throw new LabError('nothing was recorded');
    return this.#known.judge;
  }

  get bindings(): Bindings | undefined {
    return this.#known?.bindings;
  }

  /** What runs in the background is waited for, at the latest in the end: no plan is without that. */
  text(steps = this.#steps): string {
    const behind = unjoined(steps).map((name) => ({ name, exit: 0, took: 0 }));
    return writeRecorded({ ...this.#frame, steps: behind.length === 0 ? steps : [...steps, joinOf(behind)] });
  }

  /** Takes these steps for the plan's, unless they have mistakes. */
  grow(steps: readonly RawStep[]): readonly Problem[] {
    const { plans, problems } = planFile({ file: this.#frame.file, text: this.text(steps) }, [recordedVariant]);
    const [plan] = plans;
    if (!plan) return problems;
    const judge = createJudge(plan);
    for (const row of this.#rows) judge.feedRow(row);
    for (const event of this.#events) judge.feed(event);
    this.#known = { plan, judge, bindings: this.#events.reduce(bind, startBindings(plan)) };
    this.#steps = steps;
    return [];
  }
}
