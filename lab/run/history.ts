/** Makes events of what happens: numbers them, stamps them with the engine's clock, and does not repeat a look that shows nothing new. */
import type { Event, EventBody, LogEvent, LookEvent } from '../core/event.ts';

/** What clocks are set right by is less than that, ms; set by more, they count as having slept. */
const nap = 1000;

export abstract class History {
  /** The engine's clock minus this machine's, ms. */
  readonly offset: number;
  readonly #aheadAtFirst = clockAhead();
  /** How much further it went ahead since, as far as `now` knows, ms. */
  #aheadSince = 0;
  #seq = 0;
  #over = false;
  #lastLooks = new Map<string, { seq: number; answer: string }>();

  constructor(offset: number) {
    this.offset = offset;
  }

  /** What becomes of an event. */
  protected abstract keep(event: Event): void;

  /** This moment by the engine's clock, ms. */
  now(): number {
    return performance.timeOrigin + performance.now() + this.#aheadSince + this.offset;
  }

  /** Has `now` tell the engine's time again after this machine slept; for how long it did since it was asked last, ms. */
  catchUp(): number {
    const behind = clockAhead() - this.#aheadAtFirst - this.#aheadSince;
    if (behind < nap) return 0;
    this.#aheadSince += behind;
    return behind;
  }

  /** After the run's end nothing is kept: a program in the background may go on until its lab is removed. */
  record(body: EventBody, at: number = this.now()): Event {
    const event: Event = { seq: this.#seq, at: inMicroseconds(at), ...body };
    if (this.#over) return event;
    this.#over = body.type === 'run-ended';
    this.#seq += 1;
    this.keep(event);
    return event;
  }

  /** Records a look that began then, by `now`; one with the same answer as the last of its key only refers to that. */
  recordLook(key: string, answer: LookEvent['answer'], began: number): void {
    const text = JSON.stringify(answer);
    const at = this.now();
    const took = inMicroseconds(at - began);
    const last = this.#lastLooks.get(key);
    if (last?.answer === text) {
      this.record({ type: 'look-again', key, sameAs: last.seq, took }, at);
      return;
    }
    const event = this.record({ type: 'look', key, answer, took }, at);
    this.#lastLooks.set(key, { seq: event.seq, answer: text });
  }

  recordLog(entry: Omit<LogEvent, 'type'>, at: number): void {
    this.record({ type: 'log', ...entry }, at);
  }
}

/** Of ms: when a look began is worked out from its end and what it took, and decides whether it came after a time that had to be held. */
function inMicroseconds(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

/** By how much this machine's clock is ahead of the one that times are measured by, ms: that stands still while it sleeps (CLOCK_MONOTONIC). */
function clockAhead(): number {
  return Date.now() - performance.timeOrigin - performance.now();
}
