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
  /** The last value seen. */
  readonly last: T;
}

/**
 * Looks until `isMet` holds or the deadline passes. Errors of `look` pass through: a look that can fail for a good reason
 * says so in its value. Throws the signal's reason when aborted.
 */
export async function poll<T>(look: () => Promise<T>, isMet: (value: T) => boolean, options: PollOptions): Promise<PollResult<T>> {
  const intervals = options.intervals ?? [50, 100, 200];
  const started = performance.now();
  for (let looks = 1; ; looks += 1) {
    options.signal?.throwIfAborted();
    const last = await look();
    if (isMet(last)) return { met: true, last };
    const left = options.within - (performance.now() - started);
    if (left <= 0) return { met: false, last };
    const pause = Math.min(left, intervals[Math.min(looks, intervals.length) - 1] ?? 200);
    await Promise.race([
      delay(pause, undefined, options.signal ? { signal: options.signal } : {}),
      ...(options.wake ? [options.wake()] : []),
    ]).catch((error: unknown) => {
      options.signal?.throwIfAborted();
      throw error;
    });
  }
}

/** What `work` comes to, or the signal's reason where it aborts first; then `work` is left to itself. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const heard = new AbortController();
  const cut = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { signal: heard.signal });
  });
  try {
    return await Promise.race([work, cut]);
  } finally {
    heard.abort();
  }
}

/** Rejects when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
