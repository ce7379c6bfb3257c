/** A verdict for the terminal. Colours come from the caller, who knows where it is printed. */
import { formatDuration } from '../core/duration.ts';
import { shorten } from '../core/shorten.ts';
import type { Finding, Verdict } from '../verdict/verdict.ts';
import { causeLines, failureLines, headline, type LineKind, type ReportLine } from './failure-lines.ts';

/** Puts colours around a text, or does not. picocolors' object is one. */
export interface Palette {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
}

export const plainPalette: Palette = { bold: String, dim: String, red: String, green: String, yellow: String };

export interface TextOptions {
  readonly paint?: Palette;
  /** Text of the scenario's file, to show the lines that an expectation is written in. */
  readonly source?: string;
}

/** One line where it passed, and of a mutant why it failed; otherwise all that is needed to act on it. No final line feed. */
export function renderText(verdict: Verdict, { paint = plainPalette, source }: TextOptions = {}): string {
  const word = { pass: paint.green('PASS'), fail: paint.red('FAIL'), unknown: paint.yellow('UNKNOWN') }[verdict.verdict];
  const aside = headline(verdict);
  const head = `${word} ${paint.bold(verdict.scenario)} (${verdict.variant})${aside ? `: ${aside}` : ''}  ${paint.dim(formatDuration(verdict.seconds * 1000))}`;
  if (verdict.verdict === 'pass' || !verdict.because) {
    const causes = causeLines(verdict).flatMap((line) => (line.kind === 'why' ? [line.text] : []));
    const [first] = verdict.because?.message.split('\n') ?? [];
    const whys = causes.length > 0 || first === undefined ? causes : [shorten(first, 200)];
    return [head, ...whys.map((text) => `  ${paint.dim(text)}`)].join('\n');
  }
  return [
    head,
    `  ${paint.dim(verdict.proves)}`,
    renderFinding(verdict, verdict.because, { paint, ...(source === undefined ? {} : { source }) }),
  ].join('\n');
}

/** One of a verdict's findings: expected, observed, waited, and where. No final line feed. */
export function renderFinding(verdict: Verdict, finding: Finding, { paint = plainPalette, source }: TextOptions = {}): string {
  return failureLines(verdict, finding, source)
    .map((line) => paintLine(line, paint))
    .join('\n');
}

const indents: Record<LineKind, string> = {
  failed: '  ',
  unknown: '  ',
  why: '    ',
  label: '    ',
  place: '    ',
  good: '      ',
  bad: '      ',
  unsure: '      ',
  note: '        ',
  code: '      ',
  marked: '      ',
};

function paintLine({ kind, text }: ReportLine, paint: Palette): string {
  const indent = indents[kind];
  const whole = text.replaceAll('\n', `\n${indent}  `);
  if (kind === 'good') return `${indent}${paint.green('✓')} ${whole}`;
  if (kind === 'bad' || kind === 'failed') return `${indent}${paint.red('✗')} ${whole}`;
  if (kind === 'unsure' || kind === 'unknown') return `${indent}${paint.yellow('?')} ${whole}`;
  if (kind === 'why') return `${indent}${paint.yellow(whole)}`;
  if (kind === 'label' || kind === 'place') return `${indent}${paint.bold(whole)}`;
  return `${indent}${kind === 'marked' ? whole : paint.dim(whole)}`;
}
