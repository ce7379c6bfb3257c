/** The one way the lab waits: look, widen the interval, stop at a deadline, and return the last value seen. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Millis } from './duration.ts';

export interface PollOptions {
  readonly within: Millis;
  /** Waits between looks; the last repeats. Default 50, 100, 200 ms. */
  readonly intervals?: readonly number[];
  readonly signal?: AbortSignal;
  /** Resolves when something happened that makes an earlier look worth it (a log event). */
  readonly wake?: () => Promise<void>;
}

export interface PollResult<T> {
  readonly met: boolean;
  /** The last value seen; undefined only where not even one look came back in time. */
  readonly last: T | undefined;
  readonly waited: Millis;
  readonly looks: number;
}

/**
 * Looks until `isMet` holds or the deadline passes. Errors of `look` pass through: a look that can fail for a good reason
 * says so in its value. Throws the signal's reason when aborted.
 */
export async function poll<T>(look: () => Promise<T>, isMet: (value: T) => boolean, options: PollOptions): Promise<PollResult<T>> {
  const intervals = options.intervals ?? [50, 100, 200];
  const started = performance.now();
  const waited = () => (performance.now() - started) as Millis;
  for (let looks = 1; ; looks += 1) {
    options.signal?.throwIfAborted();
    const last = await look();
    if (isMet(last)) return { met: true, last, waited: waited(), looks };
    const left = options.within - waited();
    if (left <= 0) return { met: false, last, waited: waited(), looks };
    const pause = Math.min(left, intervals[Math.min(looks, intervals.length) - 1] ?? 200);
    await Promise.race([
      delay(pause, undefined, options.signal ? { signal: options.signal } : {}),
      ...(options.wake ? [options.wake()] : []),
    ]);
  }
}

/** Rejects when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
