/** All runs of a command as a GitHub job summary: a table of every verdict, and a report on each run that did not pass. */
import { formatDuration } from '../core/duration.ts';
import { type Verdict, verdictWords } from '../verdict/verdict.ts';
import { escapeText, tableRow } from './github-markdown.ts';
import { commentLimit, inShort, type ReportedRun, renderMarkdown, verdictIcons, worstFirst } from './markdown.ts';

/** GitHub refuses a step's summary that is larger, in bytes. */
export const summaryLimit = 1024 * 1024;

/** `notPassed`: what failed or is unknown, with its history. At most `limit` bytes in UTF-8; what has no room is counted. */
export function renderSummary(verdicts: readonly Verdict[], notPassed: readonly ReportedRun[], limit = summaryLimit): string {
  const counts = verdictWords.flatMap((word) => {
    const count = verdicts.filter(({ verdict }) => verdict === word).length;
    return count === 0 ? [] : [`${count} ${word}`];
  });
  const sorted = worstFirst.flatMap((word) => verdicts.filter(({ verdict }) => verdict === word));
  const head = [
    `## pglab: ${escapeText(counts.join(', '))}`,
    '',
    '| | scenario | variant | took | |',
    '| --- | --- | --- | ---: | --- |',
  ].join('\n');
  const parts = [...sorted.map((verdict) => `\n${row(verdict)}`), ...notPassed.map((run) => `\n\n${renderMarkdown([run], commentLimit)}`)];
  // Room for the last line.
  let room = limit - bytesOf(head) - 200;
  let text = head;
  let left = 0;
  for (const part of parts) {
    const bytes = bytesOf(part);
    if (left === 0 && bytes <= room) {
      text += part;
      room -= bytes;
    } else left += 1;
  }
  return `${text}\n${left === 0 ? '' : `\n_${left} of ${parts.length} parts are left out: a summary has no room for them._\n`}`;
}

function row(verdict: Verdict): string {
  const took = formatDuration(verdict.seconds * 1000);
  return tableRow([verdictIcons[verdict.verdict], verdict.scenario, verdict.variant, took, inShort(verdict)]);
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}
