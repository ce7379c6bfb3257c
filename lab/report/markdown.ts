/**
 * Runs of one scenario as a GitHub comment: what happened, why, on what, and what to type to see it. Short, below GitHub's limit, and
 * safe against what programs print.
 */
import { formatDuration } from '../core/duration.ts';
import type { Event } from '../core/event.ts';
import type { Plan } from '../scenario/plan.ts';
import { defaultPreset } from '../topology/presets/index.ts';
import type { StepOutcome, Verdict, VerdictWord } from '../verdict/verdict.ts';
import { commandsByHand } from './by-hand.ts';
import { configurationChanges } from './configuration-changes.ts';
import { causeLines, expectationLines, failureLines, headline, type ReportLine } from './failure-lines.ts';
import { cutLines, details, escapeText, fenced, linkedText, tableRow } from './github-markdown.ts';
import { versionTexts } from './version-texts.ts';
import { writtenWords } from './written-words.ts';

/** GitHub refuses a comment of 65,536 characters or more. */
export const commentLimit = 65_536;

/** A run with all that a report tells of it. `source`: the text of the scenario's file. */
export interface ReportedRun {
  readonly verdict: Verdict;
  readonly plan: Plan;
  readonly source: string;
  readonly history: readonly Event[];
}

export const verdictIcons = { pass: '✅', fail: '❌', unknown: '❔' } as const;
const stepIcons: Record<StepOutcome['state'], string> = { passed: '✅', failed: '❌', unknown: '❔', skipped: '➖', 'not-run': '·' };

/** What a failure's block may take: a scenario that expects a thousand lines must leave room for the rest. */
const failureLimit = 12_000;

/**
 * `runs`: variants of one scenario, at least one. Always shorter than `limit`: the least telling parts are left out, and that is said.
 */
export function renderMarkdown(runs: readonly ReportedRun[], limit = commentLimit): string {
  const head = runs.length === 1 ? headOfOne(runs[0] as ReportedRun) : headOfAll(runs);
  const named = (run: ReportedRun, title: string) => (runs.length === 1 ? title : `${title} (${run.verdict.variant})`);
  const parts = [
    ...runs.flatMap((run) => failurePart(run, runs.length > 1)),
    setting(runs),
    ...writesPart(runs),
    ...runs.flatMap((run) => configurationPart(run, named(run, 'Configuration that the scenario sets'))),
    ...runs.map((run) =>
      details(named(run, 'Steps by hand'), fenced(cutLines(commandsByHand(run.plan, run.history).join('\n'), failureLimit), 'console')),
    ),
    ...runs.flatMap((run) => expectationPart(run, named(run, 'Expected and observed'))),
    ...runs.map((run) => details(named(run, 'Steps and verdicts'), stepTable(run.verdict))),
    ...distinct(runs.map(({ source }) => source)).map((source) => details('Scenario', fenced(source, 'yaml'))),
  ];
  let body = head;
  let left = 0;
  for (const part of parts) {
    if (body.length + part.length + 200 < limit) body += `\n\n${part}`;
    else left += 1;
  }
  return `${body}${left === 0 ? '' : `\n\n_${left} part${left === 1 ? ' is' : 's are'} left out: a comment has no room for them. The run folder has everything._`}\n`;
}

function headOfOne({ verdict }: ReportedRun): string {
  const aside = headline(verdict);
  return [
    `### ${verdictIcons[verdict.verdict]} ${escapeText(verdict.scenario)} (${escapeText(verdict.variant)}): ${verdict.verdict}`,
    '',
    `${escapeText(verdict.proves)}${aside ? ` **${escapeText(aside)}.**` : ''}`,
    ...sourceLines(verdict),
  ].join('\n');
}

function headOfAll(runs: readonly ReportedRun[]): string {
  const verdicts = runs.map(({ verdict }) => verdict);
  const [first] = verdicts as [Verdict];
  const all = worstFirst.find((word) => verdicts.some(({ verdict }) => verdict === word)) ?? 'pass';
  const rows = verdicts.map((verdict) => {
    const { variant, verdict: word, seconds } = verdict;
    return tableRow([verdictIcons[word], variant, word, formatDuration(seconds * 1000), inShort(verdict)]);
  });
  return [
    `### ${verdictIcons[all]} ${escapeText(first.scenario)}: ${all}`,
    '',
    escapeText(first.proves),
    ...sourceLines(first),
    '',
    '| | variant | verdict | took | |',
    '| --- | --- | --- | ---: | --- |',
    ...rows,
  ].join('\n');
}

/** What decided, and why. */
export function inShort(verdict: Verdict): string {
  const said = headline(verdict) || (verdict.verdict === 'pass' ? '' : (verdict.because?.message ?? ''));
  return [...(said === '' ? [] : [said]), ...(verdict.causes ?? []).map((cause) => `why: ${cause.message}`)].join('; ');
}

/** Fail before unknown before pass. */
export const worstFirst: readonly VerdictWord[] = ['fail', 'unknown', 'pass'];

/** Issues and pages as GitHub links them. */
function sourceLines({ sources }: Verdict): readonly string[] {
  return sources.length === 0 ? [] : ['', `Sources: ${sources.map(linkedText).join(', ')}.`];
}

/** What was expected and observed, and why, with links to what is known of it; of a mutant that failed as it must, only why. */
function failurePart({ verdict, source }: ReportedRun, named: boolean): readonly string[] {
  if (!verdict.because) return [];
  const lines = verdict.verdict === 'pass' ? (named ? [] : causeLines(verdict)) : failureLines(verdict, verdict.because, source);
  if (lines.length === 0) return [];
  const known = (verdict.causes ?? []).map((cause) => linkedText(cause.source));
  return [
    [
      ...(named ? [`**${escapeText(verdict.variant)}**`] : []),
      fenced(cutLines(lines.map(plainLine).join('\n'), failureLimit), 'text'),
      ...(known.length === 0 ? [] : [`What is known of it: ${known.join('; ')}.`]),
    ].join('\n\n'),
  ];
}

function expectationPart({ verdict }: ReportedRun, title: string): readonly string[] {
  const lines = expectationLines(verdict);
  return lines.length === 0 ? [] : [details(title, fenced(cutLines(lines.map(plainLine).join('\n'), failureLimit), 'text'))];
}

const signs: Partial<Record<ReportLine['kind'], string>> = { good: '✓ ', bad: '✗ ', unsure: '? ', failed: '✗ ', unknown: '? ' };

const indents: Partial<Record<ReportLine['kind'], string>> = {
  good: '  ',
  bad: '  ',
  unsure: '  ',
  code: '  ',
  marked: '  ',
  note: '    ',
};

function plainLine({ kind, text }: ReportLine): string {
  const indent = indents[kind] ?? '';
  return `${indent}${signs[kind] ?? ''}${text}`;
}

/** What it ran on. Variants that ran on something else have lines of their own. */
function setting(runs: readonly ReportedRun[]): string {
  const lines = runs.map(({ verdict, plan, history }) => {
    const versions = escapeText(versionTexts(verdict.versions).join('; '));
    return [...(versions === '' ? [] : [`**Versions** ${versions}.`]), `**Topology** ${topologyLine(plan, history)}.`].join('  \n');
  });
  const different = distinct(lines);
  if (different.length <= 1) return different.join('');
  return different
    .map((line) => {
      const own = runs.filter((_, index) => lines[index] === line).map(({ verdict }) => escapeText(verdict.variant));
      return `${own.join(', ')}: ${line}`;
    })
    .join('\n\n');
}

/** What was written, and for how long nobody could write. */
function writesPart(runs: readonly ReportedRun[]): readonly string[] {
  const lines = runs.flatMap(({ verdict: { rows, started, variant } }) => {
    if (!rows) return [];
    const { outage } = rows;
    const longest = outage
      ? ` The longest time without an acknowledged row was ${formatDuration(outage.until - outage.from)}, from ${formatDuration(outage.from - started)} after the run's start on.`
      : '';
    return [`${runs.length === 1 ? '' : `${escapeText(variant)}: `}${writtenWords(rows)}${longest}`];
  });
  return lines.length === 0 ? [] : [lines.join('  \n')];
}

function topologyLine(plan: Plan, history: readonly Event[]): string {
  const preset = `preset ${plan.lab.preset ?? defaultPreset}`;
  const [facts] = history;
  if (facts?.type !== 'run-started') return escapeText(preset);
  const clusters = Object.entries(facts.clusters).map(([name, members]) => `cluster ${name} on ${members.join(', ')}`);
  const repo = facts.repo?.length ? [`repository on ${facts.repo.join(', ')}`] : [];
  return escapeText([preset, `etcd on ${facts.etcd?.join(', ') ?? 'etcd'}`, ...clusters, ...repo].join('; '));
}

function configurationPart({ plan }: ReportedRun, title: string): readonly string[] {
  const changes = configurationChanges(plan.lab);
  if (changes.length === 0) return [];
  const text = changes.map(({ file, host, text }) => `# ${file}${host === undefined ? '' : ` on ${host}`}\n${text}`).join('\n\n');
  return [details(title, fenced(cutLines(text, failureLimit), ''))];
}

function stepTable(verdict: Verdict): string {
  const rows = verdict.steps.map((step) => {
    const took = step.started === undefined || step.ended === undefined ? '' : formatDuration(step.ended - step.started);
    const reason = step.reason === undefined ? '' : `: ${step.reason}`;
    return tableRow([stepIcons[step.state], step.name ?? step.id, `${step.title}${reason}`, took]);
  });
  return ['| | step | | took |', '| --- | --- | --- | ---: |', ...rows].join('\n');
}

function distinct<T>(list: readonly T[]): readonly T[] {
  return [...new Set(list)];
}
