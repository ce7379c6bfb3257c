/** Shows a problem where it is: `file:line:col`, and the lines around it. Knows text only; colours are the CLI's. */
import type { Problem } from '../core/problem.ts';

/**
 * `file:line:col: message`, up to two lines before the place and the line itself with the place underlined, and the hint.
 * `source` is the file's text; without it, or without a span, there is no frame.
 */
export function renderProblem(problem: Problem, source?: string): string {
  const { file, span, message, hint } = problem;
  const place = [file, ...(span ? [span.start.line, span.start.column] : [])].filter((part) => part !== undefined).join(':');
  const head = place === '' ? message : `${place}: ${message}`;
  const frame = source === undefined || !span ? [] : codeFrame(source, span);
  return [head, ...frame, ...(hint === undefined ? [] : [`  hint: ${hint}`])].join('\n');
}

function codeFrame(source: string, { start, end }: NonNullable<Problem['span']>): readonly string[] {
  const lines = source.split('\n');
  const from = Math.max(1, start.line - 2);
  const width = String(start.line).length;
  const shown: string[] = [];
  for (let line = from; line <= start.line; line += 1) {
    const text = (lines[line - 1] ?? '').replaceAll('\t', ' ');
    shown.push(`${line === start.line ? '>' : ' '} ${String(line).padStart(width)} | ${text}`.trimEnd());
  }
  const text = lines[start.line - 1] ?? '';
  const stop = end.line === start.line ? end.column : text.trimEnd().length + 1;
  shown.push(`  ${' '.repeat(width)} | ${' '.repeat(start.column - 1)}${'^'.repeat(Math.max(1, stop - start.column))}`);
  return shown;
}

/** All problems of some files, sorted by place. `sources` are the files' texts by name. */
export function renderProblems(problems: readonly Problem[], sources: Readonly<Record<string, string>>): string {
  return sortProblems(problems)
    .map((problem) => renderProblem(problem, problem.file === undefined ? undefined : sources[problem.file]))
    .join('\n\n');
}

/** By file and place, each once. */
export function sortProblems(problems: readonly Problem[]): readonly Problem[] {
  const seen = new Set<string>();
  return problems
    .filter((problem) => {
      const key = JSON.stringify([problem.file, problem.span?.start, problem.message]);
      return !seen.has(key) && seen.add(key);
    })
    .toSorted(
      (a, b) =>
        (a.file ?? '').localeCompare(b.file ?? '') ||
        (a.span?.start.line ?? 0) - (b.span?.start.line ?? 0) ||
        (a.span?.start.column ?? 0) - (b.span?.start.column ?? 0),
    );
}
