/** What was not met, as rules ask about it: which kinds of claims, which rows, whose output. */
import type { LedgerLook, MarkEvent, RunStarted } from '../../core/event.ts';
import type { ExpectationKind } from '../../scenario/expectations/expectations.ts';
import type { RecordedRow } from '../ledger-record.ts';
import type { ClauseOutcome, Finding, LedgerCounts, LineOutcome, StepOutcome } from '../verdict.ts';
import type { Sighting } from './sighting.ts';

export interface Failure {
  readonly finding: Finding;
  readonly step: StepOutcome;
  readonly facts: RunStarted;
  readonly mark: (name: string) => MarkEvent | undefined;
  /** The last look at the rows of a host. */
  readonly rowsOn: (host: string) => LedgerLook | undefined;
  readonly rows: () => Iterable<RecordedRow>;
}

/** Whether an expectation of one of these kinds was not met. */
export function unmet(failure: Failure, ...kinds: readonly ExpectationKind[]): boolean {
  return unmetClauses(failure).some((clause) => kinds.includes(clause.kind));
}

function unmetClauses({ step }: Failure): readonly ClauseOutcome[] {
  return step.clauses?.filter((clause) => clause.state === 'false') ?? [];
}

/** Whether the step ran a program that ended otherwise than planned, and printed this. */
export function inOutput({ step }: Failure, { entry }: Sighting): boolean {
  return step.verb !== 'expect' && entry.source === 'command' && entry.step === step.id;
}

/** Whether WAL did not arrive, or what stands for it: the repository, `.ready` files, pg_stat_archiver, a look into the archive. */
export function awaitsArchive(failure: Failure): boolean {
  const about = ({ title, expected }: ClauseOutcome) => /archive|\.ready|\bwal\b/i.test([title, ...expected].join(' '));
  return (
    unmet(failure, 'repo') ||
    unmetClauses(failure).some((clause) => clause.kind !== 'log' && about(clause)) ||
    missingLines(failure).some((line) => /pushed WAL|archive-push/.test(line.shown))
  );
}

/** Whether a cluster is not as expected, or its log. */
export function awaitsMember(failure: Failure): boolean {
  return unmet(failure, 'cluster', 'dcs', 'log');
}

export function missingLines(failure: Failure): readonly LineOutcome[] {
  return unmetLines(failure).filter((line) => line.state === 'missing');
}

/** Also those that were logged and must not be. */
export function unmetLines({ step }: Failure): readonly LineOutcome[] {
  return step.clauses?.flatMap((clause) => clause.lines ?? []).filter((line) => line.state === 'missing' || line.state === 'present') ?? [];
}

/** The counts of every server whose rows are not as expected. */
export function wrongRows(failure: Failure): readonly LedgerCounts[] {
  return unmetClauses(failure).flatMap((clause) => clause.ledger ?? []);
}
