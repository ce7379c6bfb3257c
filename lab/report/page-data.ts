/** What a page is made of: everything that it shows, as plain JSON inside it. Read by `lab/page` in the browser. */
import type { Event } from '../core/event.ts';
import type { FaultSpan } from '../verdict/faults.ts';
import type { Verdict } from '../verdict/verdict.ts';

/** A file that was rendered for a host. */
export interface ConfigFile {
  readonly host: string;
  readonly path: string;
  readonly text: string;
}

/** What only a recorded run has. */
export interface RunData {
  readonly verdict: Verdict;
  readonly faults: readonly FaultSpan[];
  /** Ledger rows in the order in which they settled: engine's time, ms, and what became of them. */
  readonly rows: readonly (readonly [settled: number, outcome: 'acked' | 'open' | 'refused'])[];
  /** The scenario's text. */
  readonly source: string;
  readonly configs: readonly ConfigFile[];
}

export interface PageData {
  readonly title: string;
  /** Absent: a running lab, whose events come from `live`. */
  readonly run?: RunData;
  /** Where a page of a running lab reads its events (server-sent). */
  readonly live?: string;
  readonly events: readonly Event[];
}
