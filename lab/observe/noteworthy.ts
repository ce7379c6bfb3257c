/** Which log entries somebody who watches a cluster wants to see: what happens, not what goes on as always. Pure. */
import type { LogEvent, Program } from '../core/event.ts';

/** Entries without a warning that say nothing new, by program. */
const routine: Readonly<Record<Program, RegExp>> = {
  patroni:
    /^(?:no action\. |Lock owner: |Reaped pid=|Local timeline=|Selected new |Leader key is not deleted|Got response from |establishing a new patroni |updated leader lock during promote)/,
  postgres:
    /^(?:(?:checkpoint|restartpoint) (?:starting|complete)|recovery restart point|connection |disconnection:|listening on |starting PostgreSQL|restored log file|received (?:fast shutdown|SIGHUP)|aborting any active|background worker|last completed transaction|parameter ".*" |skipping missing configuration file |invalid record length at |waiting for WAL to become |WAL receiver process shutdown |End of WAL reached |Consistent recovery state has not |fetching timeline history file )/,
  pgbackrest:
    /^(?:archive-(?:push|get)(?::async)? command |pushed (?:WAL file|\d+ WAL)|found \S+ in |unable to find |get \d+ WAL file|push \d+ WAL file|server command begin)/,
  etcd: /^(?!.* (?:became leader|became candidate|elected leader|lost leader|changed leader))/,
  lab: /^read mark/,
  other: /^/,
};

const grave = /^(?:WARN|WARNING|ERROR|FATAL|PANIC|CRITICAL)$/;

export function isNoteworthy({ program, level, text }: Pick<LogEvent, 'program' | 'level' | 'text'>): boolean {
  return grave.test(level ?? '') || !routine[program].test(text);
}
