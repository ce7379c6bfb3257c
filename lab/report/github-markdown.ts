/** Text from programs as GitHub-flavoured Markdown: it may hold anything, and must neither break out nor call anybody. */
import { shorten } from '../core/shorten.ts';
import { escapeHtml } from './escape-html.ts';

/** A fence longer than any in the text, so that nothing a program printed can end it. */
export function fenced(text: string, language: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}

export function details(title: string, body: string): string {
  // Markdown is not read inside of HTML.
  return `<details><summary>${quiet(escapeHtml(title))}</summary>\n\n${body}\n\n</details>`;
}

/**
 * Keeps markup from being read, `@name` from notifying people, and `#1` and `owner/name#1` from linking, which GitHub would
 * note down in that other issue.
 */
export function escapeText(text: string): string {
  return quiet(escapeSigns(text));
}

/** As `escapeText`, but addresses and issues are links: for what the scenario or a rule refers to. */
export function linkedText(text: string): string {
  return text
    .split(/(https?:\/\/[^\s<>,;]+)/)
    .map((part, index) => (index % 2 === 1 ? `<${part}>` : callNobody(escapeSigns(part))))
    .join('');
}

function escapeSigns(text: string): string {
  return text.replace(/[\\`*_{}[\]<>|~]/g, '\\$&');
}

/** Nobody is notified, and no issue is linked. */
function quiet(text: string): string {
  return callNobody(text).replace(/#(?=\d)/g, '#\u200b');
}

function callNobody(text: string): string {
  return text.replace(/@(?=\w)/g, '@\u200b').replace(/\b(GH)-(?=\d)/gi, '$1\u200b-');
}

export function tableRow(cells: readonly string[]): string {
  return `| ${cells.map(escapeCell).join(' | ')} |`;
}

/** One line, at most 300 characters. */
function escapeCell(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return escapeText(shorten(line, 300));
}

/** The first lines of a text, at most `limit` characters of it, and how many are left out. */
export function cutLines(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const lines = text.split('\n').map((line) => (line.length > limit / 2 ? `${line.slice(0, limit / 2)}…` : line));
  const kept: string[] = [];
  let size = 0;
  for (const line of lines) {
    size += line.length + 1;
    if (size > limit) break;
    kept.push(line);
  }
  return [...kept, `… ${lines.length - kept.length} more lines`].join('\n');
}
