/**
 * What a person needs to know of a step that did not go as planned: expected, observed, waited, the nearest lines, and the place in
 * the YAML. Lines with a kind; colours and markup are for the renderers.
 */
import { formatDuration } from '../core/duration.ts';
import { shorten } from '../core/shorten.ts';
import { showRanges } from '../verdict/ledger-count.ts';
import type {
  ClauseOutcome,
  Finding,
  LedgerCounts,
  LineOutcome,
  Place,
  Printed,
  QuotedLine,
  RowRanges,
  StepOutcome,
  Verdict,
} from '../verdict/verdict.ts';

/** `failed` and `unknown` open the report of a step. */
export type LineKind = 'failed' | 'unknown' | 'why' | 'good' | 'bad' | 'unsure' | 'label' | 'note' | 'place' | 'code' | 'marked';

export interface ReportLine {
  readonly kind: LineKind;
  readonly text: string;
}

/** `source`: text of the scenario's file; without it the YAML is not shown. */
export function failureLines(verdict: Verdict, finding: Finding, source?: string): readonly ReportLine[] {
  const step = verdict.steps.find((one) => one.id === finding.step);
  const place = worstPlace(step) ?? finding.place;
  return [
    { kind: finding.verdict === 'fail' ? 'failed' : 'unknown', text: `${stepName(finding, step)}${finding.message}` },
    ...(finding === verdict.because ? causeLines(verdict) : []),
    ...(step ? stepLines(step) : []),
    ...verdict.findings.filter((other) => other.reason === 'by-hand' && other !== finding && other.at >= finding.at).map(afterwards),
    ...(place
      ? [{ kind: 'place' as const, text: `at ${place.file}:${place.line}:${place.column}` }, ...yamlLines(place, verdict.file, source)]
      : []),
  ];
}

/** The known causes of what decided, each with its source and the lines that show it. */
export function causeLines({ causes = [], because, steps }: Verdict): readonly ReportLine[] {
  const started = steps.find((step) => step.id === because?.step)?.started ?? 0;
  return causes.flatMap((cause): readonly ReportLine[] => [
    { kind: 'why', text: `why: ${cause.message}` },
    ...cause.lines.map((line): ReportLine => ({ kind: 'note', text: quoted(line, started) })),
    { kind: 'note', text: `see ${cause.source} (rule ${cause.rule})` },
  ]);
}

/** What every expectation wanted and what was seen, whether it was met or not: a symptom that passes is shown by its lines. */
export function expectationLines({ steps, forbid = [], started }: Verdict): readonly ReportLine[] {
  const expected = steps.flatMap((step): readonly ReportLine[] => {
    if (!step.clauses) return [];
    const begun = step.started ?? 0;
    return [{ kind: 'label', text: step.name ?? step.id }, ...step.clauses.flatMap((clause) => bothLines(clause, begun))];
  });
  if (forbid.length === 0) return expected;
  return [...expected, { kind: 'label', text: 'in the whole run' }, ...forbid.flatMap((line) => loggedLines(line, started))];
}

function loggedLines(line: LineOutcome, started: number): readonly ReportLine[] {
  return [
    { kind: lineKinds[line.state], text: shownLine(line) },
    ...(line.by ? [{ kind: 'note' as const, text: quoted(line.by, started) }] : []),
  ];
}

/** `never postgres: invalid record length (skipped: ...)`. */
function shownLine(line: LineOutcome): string {
  return `${line.role === 'never' ? 'never ' : ''}${line.shown}${lineNote(line)}`;
}

/** ` (skipped: patroni on pg1 is 4.1.5, not <4)`; nothing where nothing is to be said. */
export function lineNote({ state, note }: LineOutcome): string {
  return note === undefined ? '' : ` (${state === 'skipped' ? 'skipped: ' : ''}${note})`;
}

function bothLines(clause: ClauseOutcome, started: number): readonly ReportLine[] {
  const logged = (clause.lines ?? []).flatMap((line) => loggedLines(line, started));
  const seen = clause.expected.flatMap((expected, index): readonly ReportLine[] => [
    { kind: claimKinds[clause.states[index] ?? 'unknown'], text: expected },
    { kind: 'note', text: `observed ${clause.observed[index] ?? 'nothing'}` },
  ]);
  return clause.lines ? logged : seen;
}

/** What somebody did by hand does not change what was found before. */
function afterwards({ stepName, step, message }: Finding): ReportLine {
  return { kind: 'label', text: `afterwards, by hand: ${stepName ?? step ?? 'the run'}: ${message}` };
}

/** What an expectation is about follows below; of any other step its title says it. */
function stepName(finding: Finding, step: StepOutcome | undefined): string {
  if (!step) return '';
  const name = finding.stepName ?? step.id;
  return step.verb === 'expect' ? `${name}: ` : `${name} (${step.title}): `;
}

/** The clause, or the line of it, that is to blame: closer than the step. */
function worstPlace(step: StepOutcome | undefined): Place | undefined {
  const clause = step?.clauses?.find((one) => one.state === 'false') ?? step?.clauses?.find((one) => one.state === 'unknown');
  return clause?.lines?.find((line) => isBad(line))?.place ?? clause?.place;
}

function stepLines(step: StepOutcome): readonly ReportLine[] {
  if (!step.clauses) return [];
  return [
    ...step.clauses.flatMap((clause) => clauseLines(clause, step.started ?? 0)),
    ...(step.waited === undefined ? [] : [{ kind: 'label' as const, text: `waited ${formatDuration(step.waited)}` }]),
    ...(step.printed ?? []).flatMap((printed): readonly ReportLine[] => [
      { kind: 'label', text: printedTitle(printed) },
      ...printed.lines.map((text): ReportLine => ({ kind: 'note', text })),
    ]),
  ];
}

/** `before, failover (patronictl failover --force) printed, exit code 0:`. */
export function printedTitle({ name, title, exit }: Printed): string {
  return `before, ${name === undefined ? title : `${name} (${title})`} printed${exit === undefined ? '' : `, exit code ${exit}`}:`;
}

function clauseLines(clause: ClauseOutcome, started: number): readonly ReportLine[] {
  if (clause.lines)
    return [{ kind: 'label', text: `${clause.kind}: ${clause.title}` }, ...clause.lines.flatMap((line) => logLines(line, started))];
  const claims = clause.expected.flatMap((expected, index): readonly ReportLine[] => {
    const observed = clause.observed[index] ?? 'nothing';
    const kind = claimKinds[clause.states[index] ?? 'unknown'];
    if (kind === 'good') return [{ kind, text: expected }];
    return [
      { kind, text: `expected ${expected}` },
      { kind: 'note', text: `observed ${observed}` },
    ];
  });
  return [{ kind: 'label', text: `${clause.kind}: ${clause.title}` }, ...claims, ...(clause.ledger ?? []).flatMap(uncounted)];
}

/** Rows that say nothing either way, which may well be what somebody looks for. */
function uncounted(counts: LedgerCounts): readonly ReportLine[] {
  return uncountedRows(counts).map(([what, ranges]) => ({ kind: 'note', text: `${counts.host}: rows ${what}: ${showRanges(ranges)}` }));
}

/** Such rows by what they are, in words. */
export function uncountedRows(counts: LedgerCounts): readonly (readonly [what: string, rows: RowRanges])[] {
  const kinds = [
    ['without an answer', counts.openRows],
    ['on either side of the cut', counts.straddlingRows],
    ["of the server's own later timeline", counts.ownTimelineRows],
    ['with other content than was written', counts.damagedRows],
  ] as const;
  return kinds.filter(([, ranges]) => ranges.length > 0);
}

const claimKinds = { held: 'good', false: 'bad', unknown: 'unsure' } as const;

function isBad(line: LineOutcome): boolean {
  return line.state === 'missing' || line.state === 'present' || line.state === 'miscounted' || line.state === 'unread';
}

const lineKinds = {
  found: 'good',
  absent: 'good',
  missing: 'bad',
  present: 'bad',
  miscounted: 'bad',
  unread: 'unsure',
  skipped: 'note',
} as const;

function logLines(line: LineOutcome, started: number): readonly ReportLine[] {
  const when = line.by && line.role === 'expected' ? `  ${line.by.host} ${moment(line.by, started)}` : '';
  return [
    { kind: lineKinds[line.state], text: `${shownLine(line)}${when}` },
    ...(line.state === 'present' && line.by ? [{ kind: 'note' as const, text: `logged: ${quoted(line.by, started)}` }] : []),
    ...line.nearest.map(
      (near): ReportLine => ({ kind: 'note', text: `nearest: ${quoted(near, started)}${near.but === undefined ? '' : ` (${near.but})`}` }),
    ),
  ];
}

/** `pg2 patroni: replica has been created using basebackup +12.0 s`; continuation lines follow after slashes. */
function quoted(line: QuotedLine, started: number): string {
  const text = line.text
    .split('\n')
    .map((part) => part.trim())
    .join(' / ');
  return `${line.host} ${line.program}: ${shorten(text, 300)} ${moment(line, started)}`;
}

/** Seconds from the step's start, with a sign. */
function moment(line: QuotedLine, started: number): string {
  const seconds = (line.at - started) / 1000;
  return `${seconds < 0 ? '-' : '+'}${Math.abs(seconds).toFixed(1)} s`;
}

/** At most eight lines of YAML from the place on; of a recipe's file there is no text. */
function yamlLines(place: Place, file: string, source: string | undefined): readonly ReportLine[] {
  if (source === undefined || place.file !== file) return [];
  const lines = source.split('\n');
  const from = Math.max(1, place.line - 1);
  const to = Math.min(lines.length, place.endLine, place.line + 6);
  const width = String(to).length;
  const shown: ReportLine[] = [];
  for (let line = from; line <= to; line += 1) {
    const marked = line === place.line;
    shown.push({
      kind: marked ? 'marked' : 'code',
      text: `${marked ? '>' : ' '} ${String(line).padStart(width)} | ${lines[line - 1] ?? ''}`.trimEnd(),
    });
  }
  return shown;
}

/** Of a pass, what a mutant did; of anything else that is nobody's step, the first line of it, as the whole stands below. */
export function headline(verdict: Verdict): string {
  const { mutant, because } = verdict;
  if (verdict.verdict === 'pass') return mutant ? `failed at "${mutant.mustFail.name}", as it must` : '';
  return because && because.step === undefined ? (because.message.split('\n', 1)[0] ?? '') : '';
}
