/**
 * Log entries of the windows that some expectation still has to judge, and how far each host's stream was read. Entries reach
 * the history as they are read; what counts is when they were written.
 */
import type { Event, LogEvent } from '../core/event.ts';

export type LogEntry = LogEvent & { readonly seq: number; readonly at: number };

export interface LogStore {
  readonly feed: (event: Event) => void;
  /** Entries written at or after `start`, in the order in which they were recorded. */
  readonly since: (start: number) => readonly LogEntry[];
  /** Forgets entries from before `start`: no window begins that early any more. */
  readonly forget: (start: number) => void;
  /** Whether a host's stream was read past `at`. */
  readonly readPast: (host: string, at: number) => boolean;
}

export function createLogStore(): LogStore {
  let entries: LogEntry[] = [];
  const through = new Map<string, number>();
  return {
    feed: (event) => {
      if (event.type === 'log') entries.push(event);
      if (event.type === 'read-through') {
        for (const host of event.hosts) through.set(host, Math.max(through.get(host) ?? Number.NEGATIVE_INFINITY, event.through));
      }
    },
    since: (start) => entries.filter((entry) => entry.at >= start),
    forget: (start) => {
      if (entries.some((entry) => entry.at < start)) entries = entries.filter((entry) => entry.at >= start);
    },
    readPast: (host, at) => (through.get(host) ?? Number.NEGATIVE_INFINITY) >= at,
  };
}

type Written = Pick<LogEntry, 'at' | 'host' | 'seq'>;

/** In the order in which entries were written; of one moment, by host, and of one host, in the order in which they were read. */
export function byTime(a: Written, b: Written): number {
  return a.at - b.at || (a.host < b.host ? -1 : a.host > b.host ? 1 : a.seq - b.seq);
}
