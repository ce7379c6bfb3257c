/**
 * Patterns for lines and values: a text to be contained, or '/re/flags'. Knows that LSNs are printed in different case and
 * padding by different programs; not which program wrote what.
 */
import { z } from 'zod';
import { escapeRegex } from '../core/escape-regex.ts';
import { isMap, type Value } from '../core/event.ts';
import { parseLsn } from '../core/lsn.ts';
import { type Expanded, expand, type Names, type Unbound } from './expand.ts';
import { mistake } from './schema-parts.ts';
import { templateParts } from './template.ts';

type PatternPart = { readonly literal: string } | { readonly reference: string };

/**
 * A pattern taken apart, so that no later `expand` can turn what a reference says into regular expression syntax.
 * `shown` is the source with `$` of a reference left out as `{cut.lsn}`, for people only.
 */
export interface Pattern {
  readonly kind: 'text' | 'regex';
  readonly flags: string;
  readonly parts: readonly PatternPart[];
  readonly shown: string;
}

export type ParsedPattern =
  | { readonly ok: true; readonly pattern: Pattern }
  | { readonly ok: false; readonly message: string; readonly hint: string };

/** YAML's block text, such as `|`, ends in one unless told. */
export const lineFeedHint = 'of block text that is | or >, write |- or >-';

/** Reads a pattern as written in a scenario. Never throws. */
export function parsePattern(source: string): ParsedPattern {
  const fail = (message: string, hint: string): ParsedPattern => ({ ok: false, message, hint });
  if (source.endsWith('\n')) return fail('this ends in a line feed, as no line does', lineFeedHint);
  if (source === '') return fail('an empty pattern matches every line', 'write the words the line must contain');
  const regex = source.startsWith('/') ? /^\/(.+)\/([a-z]*)$/s.exec(source) : undefined;
  const flags = regex?.[2] ?? '';
  const known = /^[ims]*$/.test(flags);
  // A path has a whole word after its last slash.
  if (regex && !known && flags.length <= 3)
    return fail(`${source} has a flag that patterns do not have`, 'the flags are i, m and s; to find a path, leave out its first /');
  if (source.startsWith('/') && (!regex || !known)) {
    return fail(
      `${source} starts a regular expression and does not end it`,
      "close it and quote it, '/like this/i' (flags i, m, s); to find a path, leave out its first /",
    );
  }
  const parts = templateParts(regex?.[1] ?? source);
  const malformed = parts.find((part) => part.kind === 'malformed');
  if (malformed?.kind === 'malformed')
    return fail(`${malformed.text} is not a reference`, 'write ${name} or ${name.field}, or $${ for a literal ${');
  const pattern: Pattern = {
    kind: regex ? 'regex' : 'text',
    flags,
    parts: parts.flatMap((part): PatternPart[] =>
      part.kind === 'literal' ? [{ literal: part.text }] : part.kind === 'reference' ? [{ reference: part.path.join('.') }] : [],
    ),
    shown: source.replaceAll('${', '{'),
  };
  if (regex) {
    try {
      new RegExp(pattern.parts.map((part) => ('literal' in part ? part.literal : 'x')).join(''), pattern.flags);
    } catch (error) {
      return fail(
        `not a regular expression: ${error instanceof Error ? error.message : String(error)}`,
        'JavaScript syntax; a text without slashes is taken as it stands',
      );
    }
  }
  return { ok: true, pattern };
}

/** PATTERN in a schema: text in, `Pattern` out. */
export const patternSchema = z
  .string({ error: (issue) => (issue.code === 'invalid_type' ? mistake('a pattern is text', 'quote it') : undefined) })
  .transform((source, context): Pattern => {
    const parsed = parsePattern(source);
    if (parsed.ok) return parsed.pattern;
    context.addIssue({ code: 'custom', message: mistake(parsed.message, parsed.hint) });
    return z.NEVER;
  })
  .meta({
    id: 'pattern',
    description:
      "a text to be contained, or '/re/flags' (quoted); what ${...} stands for is taken literally; LSNs match in any case and padding",
  });

/** A pattern with its references filled in, ready for any number of lines. */
export interface CompiledPattern {
  /** What the pattern looks for, with values. */
  readonly shown: string;
  readonly matches: (text: string) => boolean;
}

/** Fills a pattern's references in; an unknown one is an error value. Never throws. */
export function compilePattern(pattern: Pattern, names: Names): Expanded<CompiledPattern> {
  const texts: { readonly literal: boolean; readonly text: string }[] = [];
  for (const part of pattern.parts) {
    if ('literal' in part) texts.push({ literal: true, text: part.literal });
    else {
      const value = expand<Value>(`\${${part.reference}}`, names);
      if (!value.ok) return value;
      if (isMap(value.value)) {
        const unbound: Unbound = {
          reference: part.reference,
          why: 'not-text',
          message: `\${${part.reference}} is a map and cannot stand in a pattern; name one of its fields`,
        };
        return { ok: false, unbound };
      }
      texts.push({ literal: false, text: Array.isArray(value.value) ? value.value.join(', ') : String(value.value) });
    }
  }
  const plain = texts.map((part) => part.text).join('');
  if (pattern.kind === 'text') {
    const canonical = canonicalLsns(plain);
    return { ok: true, value: { shown: plain, matches: (text) => text.includes(plain) || canonicalLsns(text).includes(canonical) } };
  }
  const source = (change: (text: string) => string) =>
    new RegExp(texts.map((part) => (part.literal ? part.text : escapeValue(change(part.text)))).join(''), pattern.flags);
  const asWritten = source((text) => text);
  const canonical = source(canonicalLsns);
  return {
    ok: true,
    value: { shown: `/${plain}/${pattern.flags}`, matches: (text) => asWritten.test(text) || canonical.test(canonicalLsns(text)) },
  };
}

/** Every LSN of a text as PostgreSQL prints it: pgBackRest prints lower case, some programs pad with zeros. */
function canonicalLsns(text: string): string {
  return text.replace(/(?<![\w./-])[0-9A-Fa-f]{1,8}\/[0-9A-Fa-f]{1,8}(?![\w/-])/g, (lsn) => parseLsn(lsn));
}

/** A value may also stand inside a class, where `-` means a range. */
function escapeValue(text: string): string {
  return escapeRegex(text).replaceAll('-', '\\-');
}
