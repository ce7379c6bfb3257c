/** Finds the log entries that come closest to a line that was not logged, so that a message can show what was logged instead. */
import type { CompiledLine } from '../scenario/line-pattern.ts';
import { byTime, type LogEntry } from './log-store.ts';
import type { NearLine, QuotedLine } from './verdict.ts';

export interface Wanted {
  readonly line: CompiledLine;
  /** The pattern with values, without the program. */
  readonly pattern: string;
  readonly program: string;
  readonly hosts: readonly string[];
  /** When the window begins, the engine's clock: before it only a line that matches is worth a word, and after those in it. */
  readonly from: number;
}

/** Below this, two lines share no more than a common word. */
const leastSimilarity = 0.3;

/**
 * At most `most` entries, best first. An entry that matches but does not count comes first of all, with the reason in `but`:
 * `whyNot` says what is wrong with one on the right host.
 */
export function nearestLines(
  wanted: Wanted,
  entries: readonly LogEntry[],
  whyNot: (entry: LogEntry) => string | undefined,
  most = 3,
): readonly NearLine[] {
  const words = wordsOf(wanted.pattern);
  const early = ({ at }: { readonly at: number }) => at < wanted.from;
  const near: NearLine[] = [];
  for (const entry of entries) {
    const elsewhere = !wanted.hosts.includes(entry.host);
    if (wanted.line.matches(entry)) {
      const but = elsewhere ? `it is on ${entry.host}` : whyNot(entry);
      if (but !== undefined) near.push({ ...quote(entry), similarity: 1, but });
      continue;
    }
    if (elsewhere || early(entry) || (wanted.program !== 'any' && entry.program !== wanted.program)) continue;
    const similarity = overlap(words, wordsOf(entry.text));
    if (similarity >= leastSimilarity) near.push({ ...quote(entry), similarity });
  }
  const best = near.sort((a, b) => b.similarity - a.similarity || Number(early(a)) - Number(early(b)) || byTime(a, b));
  // A program that says the same thing every two seconds should not crowd out everything else.
  const shown: NearLine[] = [];
  for (const line of best) {
    if (shown.length === most) break;
    if (!shown.some((other) => other.host === line.host && sameWords(other.text, line.text))) shown.push(line);
  }
  return shown;
}

export function quote(entry: LogEntry): QuotedLine {
  const { seq, at, host, program, level, text } = entry;
  return { seq, at, host, program, ...(level === undefined ? {} : { level }), text };
}

/** How much of what was wanted is there: shared words by the number wanted, a little less for every word too many. */
function overlap(wanted: ReadonlySet<string>, found: ReadonlySet<string>): number {
  if (wanted.size === 0) return 0;
  let shared = 0;
  for (const word of wanted) if (found.has(word)) shared += 1;
  const extra = Math.max(0, found.size - wanted.size);
  return Math.round((shared / wanted.size) * (1 - Math.min(0.2, extra / 200)) * 1000) / 1000;
}

/** Words in lower case. LSNs, labels and numbers are words as well: they are often what differs. */
function wordsOf(text: string): ReadonlySet<string> {
  return new Set(
    text
      .toLowerCase()
      .match(/[\p{L}\p{N}_/.-]+/gu)
      ?.map((word) => word.replace(/^[./-]+|[./-]+$/g, ''))
      .filter((word) => word !== '') ?? [],
  );
}

function sameWords(a: string, b: string): boolean {
  const strip = (text: string) => text.replace(/\d+/g, '#');
  return strip(a) === strip(b);
}
