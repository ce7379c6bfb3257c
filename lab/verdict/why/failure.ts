/** What was not met, as rules ask about it: which kinds of claims, which rows, whose output. */
import type { LedgerLook, MarkEvent, RunStarted } from '../../core/event.ts';
import type { ExpectationKind } from '../../scenario/expectations/expectations.ts';
import type { RecordedRow } from '../ledger-record.ts';
import type { Finding, LedgerCounts, LineOutcome, StepOutcome } from '../verdict.ts';
import type { Sighting } from './rule.ts';

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
export function unmet({ step }: Failure, ...kinds: readonly ExpectationKind[]): boolean {
  return step.clauses?.some((clause) => kinds.includes(clause.kind) && clause.state === 'false') ?? false;
}

/** Whether the step ran a program that ended otherwise than planned, and printed this. */
export function inOutput({ step }: Failure, { entry }: Sighting): boolean {
  return step.verb !== 'expect' && entry.source === 'command' && entry.step === step.id;
}

/** Whether WAL did not arrive, or what stands for it: the repository, `.ready` files, pg_stat_archiver. */
export function awaitsArchive(failure: Failure): boolean {
  return unmet(failure, 'repo', 'file', 'sql') || missingLines(failure).some((line) => /pushed WAL|archive/i.test(line.shown));
}

/** Whether a cluster is not as expected, or its log. */
export function awaitsMember(failure: Failure): boolean {
  return unmet(failure, 'cluster', 'dcs', 'log');
}

export function missingLines({ step }: Failure): readonly LineOutcome[] {
  return step.clauses?.flatMap((clause) => clause.lines ?? []).filter((line) => line.state === 'missing') ?? [];
}

/** The counts of every server whose rows are not as expected. */
export function wrongRows({ step }: Failure): readonly LedgerCounts[] {
  return step.clauses?.flatMap((clause) => (clause.state === 'false' ? (clause.ledger ?? []) : [])) ?? [];
}
