/** Takes the history down: numbers events, writes them to the run folder, and passes them to whoever judges live. */
import { createWriteStream, type WriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import type { Event, EventBody, LedgerRow, LogEvent, LookEvent } from '../core/event.ts';

/** How often the recorder takes its own pulse, in ms. */
const pulse = 250;

export interface RecorderListener {
  readonly feed: (event: Event) => void;
  readonly feedRow: (row: LedgerRow) => void;
}

export class Recorder {
  readonly #history: WriteStream;
  readonly #ledger: WriteStream;
  readonly #listener: RecorderListener;
  /** The engine's clock minus this machine's, ms. */
  readonly offset: number;
  readonly #redact: (text: string) => string;
  #heart: NodeJS.Timeout | undefined;
  #seq = 0;
  #lastLooks = new Map<string, { seq: number; answer: string }>();
  #wakers = new Set<() => void>();

  /** `offset`: the engine's clock minus this machine's, ms. */
  constructor(files: { history: string; ledger: string }, offset: number, redact: (text: string) => string, listener: RecorderListener) {
    this.#redact = redact;
    this.#history = createWriteStream(files.history, { flags: 'wx' });
    this.#ledger = createWriteStream(files.ledger, { flags: 'wx' });
    this.offset = offset;
    this.#listener = listener;
  }

  /** This moment by the engine's clock, ms. */
  now(): number {
    return performance.timeOrigin + performance.now() + this.offset;
  }

  record(body: EventBody, at: number = this.now()): Event {
    const event: Event = { seq: this.#seq, at: Math.round(at * 1000) / 1000, ...body };
    this.#seq += 1;
    this.#history.write(`${this.#redact(JSON.stringify(event))}\n`);
    this.#listener.feed(event);
    if (body.type === 'log') this.#wake();
    // The opening event is the first of every history.
    if (body.type === 'run-started') this.#startHeart();
    return event;
  }

  #startHeart(): void {
    let due = performance.now() + pulse;
    this.#heart = setInterval(() => {
      const late = Math.max(0, performance.now() - due);
      this.record({ type: 'heartbeat', late: Math.round(late) });
      due = performance.now() + pulse;
    }, pulse);
  }

  /** Records a look; one with the same answer as the last of its key only refers to that. */
  recordLook(key: string, answer: LookEvent['answer'], took: number): void {
    const text = JSON.stringify(answer);
    const last = this.#lastLooks.get(key);
    if (last?.answer === text) {
      this.record({ type: 'look-again', key, sameAs: last.seq, took: Math.round(took) });
      return;
    }
    const event = this.record({ type: 'look', key, answer, took: Math.round(took) });
    this.#lastLooks.set(key, { seq: event.seq, answer: text });
  }

  recordLog(entry: Omit<LogEvent, 'type'>, at: number): void {
    this.record({ type: 'log', ...entry }, at);
  }

  recordRow(settled: Omit<LedgerRow, 'settled'>): void {
    const row: LedgerRow = { ...settled, settled: this.now() };
    this.#ledger.write(`${this.#redact(JSON.stringify(row))}\n`);
    this.#listener.feedRow(row);
  }

  /** Resolves at the next log event: a reason to look before the interval is over. */
  nextLog(): Promise<void> {
    return new Promise((resolve) => this.#wakers.add(resolve));
  }

  async close(): Promise<void> {
    clearInterval(this.#heart);
    this.#wake();
    this.#history.end();
    this.#ledger.end();
    await Promise.all([finished(this.#history), finished(this.#ledger)]);
  }

  #wake(): void {
    for (const wake of this.#wakers) wake();
    this.#wakers.clear();
  }
}
