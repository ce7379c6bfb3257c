/** From one log line that was seen to a pattern for the next time: what differs from run to run is left out. Knows text only. */
import { escapeRegex } from '../core/escape-regex.ts';

/** What is another one in every run: times, labels, WAL files, LSNs, addresses, ids, counts and durations. */
const volatile = [
  /\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d+)?(?: ?[A-Z]{3}\b|[+-]\d\d(?::?\d\d)?)?/,
  /\b\d{8}-\d{6}F(?:_\d{8}-\d{6}[DI])?\b/,
  /\b[0-9A-F]{24}\b/,
  /(?<![\w./-])[0-9A-Fa-f]{1,8}\/[0-9A-Fa-f]{1,8}(?![\w/-])/,
  /\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/,
  /\b0x[0-9a-f]+\b/,
  /\b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b/,
  /(?<![\w.-])\d+(?:\.\d+)*(?:ms|s|kB|KB|MB|GB|B|%)?(?![\w-])/,
]
  .map(({ source }) => source)
  .join('|');

/** Long enough to mean one line and no other, short enough to be read. */
const length = { least: 12, most: 120 } as const;

/**
 * PATTERN (LANGUAGE: a text to be contained, or '/re/') for the first line of an entry. `names`: words that may be others the next
 * time, such as hosts. Undefined where nothing is left that would mean this line.
 */
export function stablePattern(entry: string, names: readonly string[]): string | undefined {
  const [line = ''] = entry.split('\n');
  const words = names.map((name) => `\\b${name}\\b`);
  const parts = line
    .split(new RegExp([volatile, ...words].join('|'), 'g'))
    .map((part) => part.trim())
    .map((part) => part.replace(/^\//, ''));
  const [first = ''] = parts;
  const longest = parts.reduce((best, part) => (part.length > best.length ? part : best), '');
  const chosen = shortened(first.length >= length.least ? first : longest);
  if (chosen.length >= Math.min(length.least, line.trim().length)) return chosen.replaceAll('${', '$$${');
  const pieces = parts.filter((part) => part !== '').map(escapeRegex);
  return pieces.join('').length >= 6 ? `/${pieces.join('.*')}/`.replaceAll('${', '$$${') : undefined;
}

function shortened(text: string): string {
  if (text.length <= length.most) return text;
  return text.slice(0, text.lastIndexOf(' ', length.most)).trim();
}
