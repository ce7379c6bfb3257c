/** A verdict as a GitHub comment: short, below GitHub's limit, and safe against what programs print. */
import { formatDuration } from '../core/duration.ts';
import type { StepOutcome, Verdict } from '../verdict/verdict.ts';
import { failureLines, headline, type ReportLine } from './failure-lines.ts';

/** GitHub refuses a comment of 65,536 characters or more. */
export const commentLimit = 65_536;

export interface MarkdownOptions {
  /** Text of the scenario's file. */
  readonly source?: string;
}

const icons = { pass: '✅', fail: '❌', unknown: '❔' } as const;
const stepIcons: Record<StepOutcome['state'], string> = { passed: '✅', failed: '❌', unknown: '❔', skipped: '➖', 'not-run': '·' };

/** Always shorter than `commentLimit`: the least telling parts are left out, and that is said. */
export function renderMarkdown(verdict: Verdict, { source }: MarkdownOptions = {}): string {
  const aside = headline(verdict);
  const head = [
    `### ${icons[verdict.verdict]} ${escapeText(verdict.scenario)} (${escapeText(verdict.variant)}): ${verdict.verdict}`,
    '',
    `${escapeText(verdict.proves)}${aside ? ` **${escapeText(aside)}.**` : ''}`,
    '',
    `${versionLine(verdict)}Took ${formatDuration(verdict.seconds * 1000)}.${verdict.sources.length > 0 ? ` Sources: ${verdict.sources.map(escapeText).join(', ')}.` : ''}`,
  ].join('\n');
  const parts = [
    ...(verdict.because ? [fenced(failureLines(verdict, verdict.because, source).map(plainLine).join('\n'), 'text')] : []),
    details('Steps', stepTable(verdict)),
    ...(source === undefined ? [] : [details('Scenario', fenced(source, 'yaml'))]),
  ];
  let body = head;
  let left = 0;
  for (const part of parts) {
    if (body.length + part.length + 200 < commentLimit) body += `\n\n${part}`;
    else left += 1;
  }
  return `${body}${left === 0 ? '' : `\n\n_${left} part${left === 1 ? ' is' : 's are'} left out: a comment has no room for them. The run folder has everything._`}\n`;
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

/** Programs by version; hosts are named only where they differ. */
function versionLine(verdict: Verdict): string {
  const byProgram = new Map<string, Map<string, string[]>>();
  for (const [host, programs] of Object.entries(verdict.versions)) {
    for (const [program, version] of Object.entries(programs)) {
      const versions = byProgram.get(program) ?? new Map<string, string[]>();
      versions.set(version, [...(versions.get(version) ?? []), host]);
      byProgram.set(program, versions);
    }
  }
  const shown = [...byProgram].map(([program, versions]) => {
    const each = [...versions].map(([version, hosts]) => (versions.size === 1 ? version : `${version} on ${hosts.join(', ')}`));
    return `${program} ${each.join(' and ')}`;
  });
  return shown.length === 0 ? '' : `${escapeText(shown.join('; '))}. `;
}

function stepTable(verdict: Verdict): string {
  const rows = verdict.steps.map((step) => {
    const took = step.started === undefined || step.ended === undefined ? '' : formatDuration(step.ended - step.started);
    const reason = step.reason === undefined ? '' : `: ${step.reason}`;
    return `| ${stepIcons[step.state]} | ${escapeCell(step.name ?? step.id)} | ${escapeCell(`${step.title}${reason}`)} | ${took} |`;
  });
  return ['| | step | | took |', '| --- | --- | --- | ---: |', ...rows].join('\n');
}

function details(title: string, body: string): string {
  return `<details><summary>${title}</summary>\n\n${body}\n\n</details>`;
}

/** A fence longer than any in the text, so that nothing a program printed can end it. */
function fenced(text: string, language: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}

/** Also keeps `@name` from notifying people and `#1` from linking to issues. */
function escapeText(text: string): string {
  return text
    .replace(/[\\`*_{}[\]<>|~]/g, '\\$&')
    .replace(/@(?=\w)/g, '@\u200b')
    .replace(/(^|\s)#(?=\d)/g, '$1#\u200b');
}

function escapeCell(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return escapeText(line.length > 300 ? `${line.slice(0, 299)}…` : line);
}
