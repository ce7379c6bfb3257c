/** What a rule goes by. */
import type { LogEntry } from '../log-store.ts';

/** A log entry that matched one of a rule's lines; `groups` are the pattern's, from 1. */
export interface Sighting {
  readonly entry: LogEntry;
  readonly groups: readonly string[];
}
