/** Text with `${...}` in it, taken apart. Knows how references are written, not what they refer to. */

/** `path` of `${a.b}` is ['a', 'b']. `malformed` is a `${` that is no reference. */
export type TemplatePart =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'reference'; readonly path: readonly string[] }
  | { readonly kind: 'malformed'; readonly text: string };

const reference = /^[A-Za-z_][\w-]*(\.[\w-]+)*$/;

/** Takes a text apart; neighbouring literals are one. `$${` is a literal `${`. */
export function templateParts(text: string): readonly TemplatePart[] {
  const parts: TemplatePart[] = [];
  let literal = '';
  let at = 0;
  const flush = () => {
    if (literal !== '') parts.push({ kind: 'literal', text: literal });
    literal = '';
  };
  while (at < text.length) {
    if (text.startsWith('$${', at)) {
      literal += '${';
      at += 3;
    } else if (text.startsWith('${', at)) {
      const end = text.indexOf('}', at);
      const inside = end < 0 ? undefined : text.slice(at + 2, end).trim();
      flush();
      if (inside !== undefined && reference.test(inside)) parts.push({ kind: 'reference', path: inside.split('.') });
      else parts.push({ kind: 'malformed', text: end < 0 ? text.slice(at) : text.slice(at, end + 1) });
      at = end < 0 ? text.length : end + 1;
    } else {
      literal += text[at];
      at += 1;
    }
  }
  flush();
  return parts;
}

export function isTemplate(value: unknown): boolean {
  return typeof value === 'string' && value.includes('${');
}
