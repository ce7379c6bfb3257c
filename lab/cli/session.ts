/** What a verb gets from the program around it. */
import type { Command } from 'commander';

export interface Session {
  /** Aborts on Ctrl-C, SIGTERM and SIGHUP, once `takeOver` was called. */
  readonly signal: AbortSignal;
  /**
   * From now on a signal aborts `signal`, and the verb puts things in order and throws; a second one half a second later ends the
   * process at once with the line `left`. Until then a signal ends the process.
   */
  readonly takeOver: (left: string) => void;
  /** What to do before the process ends because nobody reads its output any more (`| head`). A verb that took over without it goes on. */
  readonly onReaderGone: (leave: () => Promise<void>) => void;
}

export interface Verb {
  /** Adds the verb's arguments, options, examples and action to its command. */
  readonly define: (command: Command, session: Session) => void;
}

export interface VerbEntry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<Verb>;
}
