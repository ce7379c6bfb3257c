/** Takes the history of a run down: writes events to the run folder, and passes them to whoever judges live. */
import { createWriteStream, type WriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import type { Event, LedgerRow } from '../core/event.ts';
import { comeFirst } from '../core/priority.ts';
import { LabError } from '../core/problem.ts';
import { History } from './history.ts';

/** How often the recorder takes its own pulse, in ms. */
const pulse = 250;

/** How long a line may wait to be written, in ms. */
const writeInterval = 50;

export interface RecorderListener {
  readonly feed: (event: Event) => void;
  readonly feedRow: (row: LedgerRow) => void;
}

export class Recorder extends History {
  readonly #history: WriteStream;
  readonly #ledger: WriteStream;
  readonly #listener: RecorderListener;
  readonly #redact: (text: string) => string;
  #heart: NodeJS.Timeout | undefined;
  #stepBack = () => {};
  #wakers = new Set<() => void>();
  /** Whether something was taken out: what was written is not all that the listener was told. */
  redacted = false;
  /** How many rows were recorded. */
  rows = 0;
  readonly #trouble = new AbortController();
  /** Aborts, with a LabError, when no more can be written down. */
  readonly trouble = this.#trouble.signal;

  /** `offset`: the engine's clock minus this machine's, ms. */
  constructor(files: { history: string; ledger: string }, offset: number, redact: (text: string) => string, listener: RecorderListener) {
    super(offset);
    this.#redact = redact;
    this.#history = createWriteStream(files.history, { flags: 'wx' });
    this.#ledger = createWriteStream(files.ledger, { flags: 'wx' });
    this.#listener = listener;
    for (const stream of [this.#history, this.#ledger])
      stream.once('error', ({ message }) => this.#trouble.abort(new LabError(`the run cannot be written down: ${message}`)));
  }

  protected keep(event: Event): void {
    writeSoon(this.#history, this.#clean(event));
    this.#listener.feed(event);
    if (event.type === 'log') this.#wake();
    // The opening event is the first of every history.
    if (event.type === 'run-started') this.#startHeart();
  }

  #startHeart(): void {
    this.#stepBack = comeFirst();
    let due = performance.now() + pulse;
    this.#heart = setInterval(() => {
      const late = Math.max(0, performance.now() - due, this.catchUp());
      this.record({ type: 'heartbeat', late: Math.round(late) });
      due = performance.now() + pulse;
    }, pulse);
  }

  recordRow(settled: Omit<LedgerRow, 'settled'>): void {
    this.rows += 1;
    const row: LedgerRow = { ...settled, settled: this.now() };
    writeSoon(this.#ledger, this.#clean(row));
    this.#listener.feedRow(row);
  }

  #clean(data: Event | LedgerRow): string {
    const line = JSON.stringify(data);
    const cleaned = this.#redact(line);
    this.redacted ||= cleaned !== line;
    return cleaned;
  }

  /** Resolves at the next log event: a reason to look before the interval is over. */
  nextLog(): Promise<void> {
    return new Promise((resolve) => this.#wakers.add(resolve));
  }

  /** Throws `trouble`'s reason. */
  async close(): Promise<void> {
    clearInterval(this.#heart);
    this.#stepBack();
    this.#wake();
    this.#history.end();
    this.#ledger.end();
    await Promise.allSettled([finished(this.#history), finished(this.#ledger)]);
    this.trouble.throwIfAborted();
  }

  #wake(): void {
    for (const wake of this.#wakers) wake();
    this.#wakers.clear();
  }
}

/** Lines that come close together go to the file in one write: each would cost more than what it says. */
function writeSoon(stream: WriteStream, line: string): void {
  if (stream.writableCorked === 0) {
    stream.cork();
    setTimeout(() => stream.uncork(), writeInterval);
  }
  stream.write(`${line}\n`);
}
