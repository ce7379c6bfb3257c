/** Takes passwords out of text by their values: wherever one turns up, whoever printed it, and however it was quoted. */
import { escapeRegex } from './escape-regex.ts';
import { redacted } from './find-secrets.ts';

/** Values shorter than this would take innocent words with them. */
const shortest = 8;

/** `secrets` by name, which takes their place as `<name>`; `others` become `<redacted>`. */
export function redactor(secrets: Readonly<Record<string, string>>, others: readonly string[] = []): (text: string) => string {
  const named = Object.entries(secrets).flatMap(([name, value]) => (value.length >= shortest ? [[value, `<${name}>`] as const] : []));
  const names = new Map(
    [...others.filter(isTelling).map((value) => [value, redacted] as const), ...named].flatMap(([value, name]) =>
      spellings(value).map((spelling) => [spelling, name] as const),
    ),
  );
  if (names.size === 0) return (text) => text;
  // One expression for all: some 200 lines of keys are looked for in each line of a run. A secret that holds another one goes first.
  const longestFirst = [...names.keys()].sort((a, b) => b.length - a.length);
  const any = new RegExp(longestFirst.map(escapeRegex).join('|'), 'g');
  return (text) => text.replace(any, (value) => names.get(value) ?? redacted);
}

/** Somebody may have chosen `postgres` or 5432 for a password: these stay where they are not under the password's name. */
function isTelling(value: string): boolean {
  if (/^\d+$/.test(value)) return false;
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z\d]/].filter((kind) => kind.test(value)).length;
  return value.length >= 12 || (value.length >= 6 && kinds > 1);
}

/** As it is, as in JSON, and as in a URL. */
function spellings(value: string): readonly string[] {
  return [...new Set([value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value)])];
}
