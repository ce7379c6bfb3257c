/** What a run showed: pass, fail or unknown, and for every step all that a message about it needs. Plain JSON (`verdict.json`). */
import type { ExpectationKind } from '../scenario/expectations/expectations.ts';
import type { VerbName } from '../scenario/verbs/verbs.ts';

export const verdictWords = ['pass', 'fail', 'unknown'] as const;
export type VerdictWord = (typeof verdictWords)[number];

/** Why something failed or is not known, for programs; `Finding.message` is for people. */
export type FindingReason =
  /** Failures. */
  | 'expectation-false'
  | 'forbidden-line'
  | 'exit'
  | 'not-reached'
  | 'did-not-fail'
  | 'failed-elsewhere'
  /** Unknowns. */
  | 'cut-short'
  | 'lab-not-ready'
  | 'unsupported'
  | 'unproven'
  | 'broken'
  | 'cannot-observe'
  | 'observation-gap'
  | 'not-read-through'
  | 'unbound'
  | 'vacuous'
  | 'skipped'
  | 'by-hand'
  | 'background-unjoined'
  | 'starved'
  | 'no-contrast';

/** A place in the scenario's text (or a recipe's); lines and columns start at 1. `endLine` is the last line it covers. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
}

/** One reason not to pass. The first in time decides. */
export interface Finding {
  readonly verdict: 'fail' | 'unknown';
  readonly reason: FindingReason;
  readonly message: string;
  /** Engine's time, ms. */
  readonly at: number;
  /** Id and name of the step it is about. */
  readonly step?: string;
  readonly stepName?: string;
  readonly place?: Place;
  /** `seq` of the event that shows it. */
  readonly event?: number;
}

/** A log entry quoted in a verdict. */
export interface QuotedLine {
  readonly seq: number;
  readonly at: number;
  readonly host: string;
  readonly program: string;
  readonly level?: string;
  readonly text: string;
}

/** A log entry that comes close to an expected line. `but`: why it does not count, such as `on pg3`; absent: the words differ. */
export interface NearLine extends QuotedLine {
  /** 0 to 1, how much of the pattern is in the line. */
  readonly similarity: number;
  readonly but?: string;
}

/**
 * What became of one expected or forbidden line. `found` and `absent` are as the scenario wants it (for a `never`, absent),
 * `missing`, `present` and `miscounted` are not. `unread`: the streams were not read far enough to say. `skipped`: its `when`
 * does not hold.
 */
export interface LineOutcome {
  readonly role: 'expected' | 'never';
  /** Program and pattern with values. */
  readonly shown: string;
  readonly place: Place;
  readonly state: 'found' | 'absent' | 'missing' | 'present' | 'miscounted' | 'unread' | 'skipped';
  /** Why skipped, or what was counted. */
  readonly note?: string;
  /** The entry that met it, or for a `never` broke it. */
  readonly by?: QuotedLine;
  readonly nearest: readonly NearLine[];
}

/** Ranges of row ids, both ends included, ascending. */
export type RowRanges = readonly (readonly [first: number, last: number])[];

/** How a server's rows compare with what was acknowledged (LANGUAGE.md, LEDGER). */
export interface LedgerCounts {
  readonly host: string;
  /** The point in words: `cut (inclusive, timeline 1, LSN 0/60027B0)`. */
  readonly through: string;
  readonly required: number;
  /** Acknowledged beyond the point, or refused. */
  readonly forbidden: number;
  readonly refused: number;
  readonly missing: number;
  readonly beyond: number;
  readonly lost: number;
  readonly missingRows: RowRanges;
  readonly beyondRows: RowRanges;
  readonly lostRows: RowRanges;
  /** Not counted, only listed: no outcome known; commit record not placed on either side of a cut; on the server's own later timeline. */
  readonly openRows: RowRanges;
  readonly straddlingRows: RowRanges;
  readonly ownTimelineRows: RowRanges;
  /** Rows with content other than written; counted as absent. */
  readonly damagedRows: RowRanges;
}

export interface ClauseOutcome {
  readonly kind: ExpectationKind;
  readonly title: string;
  readonly place: Place;
  readonly state: 'held' | 'false' | 'unknown' | 'skipped';
  /** One entry for each thing claimed, and what was seen of it last, in the same order. */
  readonly expected: readonly string[];
  readonly observed: readonly string[];
  /** How each of them stands. */
  readonly states: readonly ('held' | 'false' | 'unknown')[];
  /** Events whose answers were judged, newest of each key. */
  readonly looks: readonly number[];
  readonly lines?: readonly LineOutcome[];
  readonly ledger?: readonly LedgerCounts[];
}

/** The last lines that a step's program printed: some say on their way to exit code 0 that they refused. */
export interface Printed {
  readonly step: string;
  readonly name?: string;
  readonly title: string;
  readonly exit?: number;
  readonly lines: readonly string[];
}

/** What came of a step; of one that a person had tried again, the first time. */
export interface StepOutcome {
  readonly id: string;
  readonly name?: string;
  readonly verb: VerbName;
  /** With values filled in where the step was started, else as written. */
  readonly title: string;
  readonly place: Place;
  readonly state: 'passed' | 'failed' | 'unknown' | 'skipped' | 'not-run';
  /** Why it is in that state; one sentence. Absent where it passed. */
  readonly reason?: string;
  /** Engine's time, ms. */
  readonly started?: number;
  readonly ended?: number;
  /** Of an expect: how long was waited for it to hold, ms. */
  readonly waited?: number;
  readonly exit?: number;
  readonly sqlstate?: string;
  /** How often a person had it tried again. */
  readonly triedAgain?: number;
  /** Of an expect that was not met: programs that ran just before it. */
  readonly printed?: readonly Printed[];
  /** Of an expect. */
  readonly clauses?: readonly ClauseOutcome[];
}

/** Of a variant with `must-fail`: where it should have failed, and where it did. */
export interface MutantOutcome {
  readonly mustFail: { readonly name: string; readonly step: string };
  /** The variant that it changes. */
  readonly extends?: string;
  readonly failedAt?: { readonly step?: string; readonly name?: string };
}

/** A known cause of what decided: which rule knows it, what it says, where that is written, and the entries that show it. */
export interface Cause {
  readonly rule: string;
  readonly message: string;
  readonly source: string;
  readonly lines: readonly QuotedLine[];
}

/** The longest time in which the workload wrote and no row was acknowledged: for so long nobody could write. Engine's time, ms. */
export interface Outage {
  readonly from: number;
  readonly until: number;
}

export interface Verdict {
  readonly format: 1;
  readonly scenario: string;
  readonly variant: string;
  readonly file: string;
  readonly proves: string;
  readonly sources: readonly string[];
  readonly verdict: VerdictWord;
  /** What decided; absent where all is as expected (for a mutant: where it failed as it must). */
  readonly because?: Finding;
  /** Known causes of `because`; absent where none is known. */
  readonly causes?: readonly Cause[];
  readonly mutant?: MutantOutcome;
  /** All of them, in time; of a mutant that passes, the first is the failure that was wanted. */
  readonly findings: readonly Finding[];
  readonly steps: readonly StepOutcome[];
  /** What became of the scenario's `forbid` lines; absent where it has none. */
  readonly forbid?: readonly LineOutcome[];
  /** From the run's start to its last event. */
  readonly seconds: number;
  /** Engine's time of the run's start, ms. */
  readonly started: number;
  readonly lab: string;
  /** By host, then program. */
  readonly versions: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** All rows of the ledger; absent where the workload never wrote. */
  readonly rows?: { readonly acked: number; readonly open: number; readonly refused: number; readonly outage?: Outage };
}
