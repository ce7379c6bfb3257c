/**
 * YAML with the place of everything in it. Knows files as text and nothing of scenarios; takes the plain part of YAML only:
 * no anchors, no tags, since a small language has vars for that.
 */
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseAllDocuments, type YAMLParseError } from 'yaml';
import type { Value } from '../core/event.ts';
import type { Position, Problem, Span } from '../core/problem.ts';
import { duplicateKey } from '../topology/duplicate-key.ts';

/** A file's name as the user knows it, and what is in it. */
export interface SourceText {
  readonly file: string;
  readonly text: string;
}

/** Keys and indexes from the root of the document. */
export type Path = readonly (string | number)[];

export interface YamlSource {
  readonly file: string;
  /** null where the file holds nothing, or only what cannot be read. */
  readonly value: Value;
  /** Where the value at a path stands; where there is none, the nearest one around it. */
  readonly spanOf: (path: Path) => Span;
  /** Where a path's last key stands, for a key that is wrong itself. */
  readonly keySpanOf: (path: Path) => Span;
  readonly has: (path: Path) => boolean;
}

/** The value at a path; null where there is none. */
export function valueAt(yaml: YamlSource, path: Path): Value {
  return path.reduce<Value>(
    (value, key) => (typeof value === 'object' && value !== null ? ((value as Record<string | number, Value>)[key] ?? null) : null),
    yaml.value,
  );
}

export interface YamlReading {
  readonly yaml: YamlSource;
  readonly problems: readonly Problem[];
  /** What was read says what the author meant, but for keys that stand twice: these are mistakes like others. */
  readonly readable: boolean;
}

/** Reads one YAML document. Syntax errors and duplicate keys are problems; what can be read is read all the same. Never throws. */
export function readYaml(source: SourceText): YamlReading {
  const lines = new LineCounter();
  const documents = parseAllDocuments(source.text, {
    lineCounter: lines,
    uniqueKeys: true,
    prettyErrors: false,
    version: '1.2',
    schema: 'core',
    merge: false,
  });
  const all = 'empty' in documents ? [] : documents;
  const [document] = all;
  const problems: Problem[] = [];
  let readable = true;
  const values = new Map<string, Span>();
  const keys = new Map<string, Span>();
  const position = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const span = (start: number, end: number): Span => ({ start: position(start), end: position(Math.max(start, end)) });
  const spanOfNode = (node: Node): Span => span(node.range?.[0] ?? 0, node.range?.[1] ?? 0);
  const add = (message: string, at: Span, hint?: string) =>
    problems.push({ message, file: source.file, span: at, ...(hint === undefined ? {} : { hint }) });
  const errors = withoutEchoes(document?.errors ?? []);
  // What is read of a document with a syntax error may be anything.
  const broken = errors.some(({ code }) => code !== 'DUPLICATE_KEY');
  if (broken) readable = false;
  const problem = (...unreadable: Parameters<typeof add>) => {
    readable = false;
    if (!broken) add(...unreadable);
  };

  for (const { code, pos, message } of errors) {
    const [start, end] = pos;
    if (code === 'DUPLICATE_KEY') {
      const hint = 'keep one of them; a list under one key where both are meant';
      add(duplicateKey(source.text, start), span(start, start + keyLength(source.text, start)), hint);
    } else add(firstLower(message), span(start, end), syntaxHint(message, source.text.split('\n')[position(start).line - 1] ?? ''));
  }
  const second = all[1];
  if (second)
    problem('a second YAML document in one file', span(second.range[0], second.range[0]), 'one file is one scenario: remove the line ---');

  function read(node: unknown, path: Path): Value {
    if (node === null || node === undefined) return null;
    const known = node as Node;
    values.set(key(path), spanOfNode(known));
    if (isAlias(node) || ('anchor' in known && known.anchor !== undefined)) {
      problem('anchors and aliases are not part of the language', spanOfNode(known), 'use vars, or a variant that extends another');
      return null;
    }
    if (known.tag?.startsWith('!')) problem(`the tag ${known.tag} is not part of the language`, spanOfNode(known), 'leave it out');
    if (isSeq(node)) return node.items.map((item, index) => read(item, [...path, index]));
    if (isMap(node)) return Object.fromEntries(node.items.map((pair) => readPair(pair, path)));
    if (!isScalar(node)) return null;
    if (typeof node.value === 'bigint') return node.source ?? String(node.value);
    return node.value as Value;
  }

  function readPair(pair: Pair, path: Path): [string, Value] {
    const keyNode = pair.key as Node | null;
    const name = isScalar(keyNode) ? (keyNode.source ?? String(keyNode.value)) : '';
    const inside = [...path, name];
    if (keyNode) keys.set(key(inside), spanOfNode(keyNode));
    if (!isScalar(keyNode))
      problem('a key must be text', keyNode ? spanOfNode(keyNode) : spanAround(path), 'quote a key with ${...} or with brackets in it');
    const value = read(pair.value, inside);
    // A key without a value has no node of its own; what is wrong with it is shown at the key.
    if (!values.has(key(inside)) && keyNode) values.set(key(inside), spanOfNode(keyNode));
    return [name, value];
  }

  function spanAround(path: Path): Span {
    for (let length = path.length; length >= 0; length -= 1) {
      const found = values.get(key(path.slice(0, length)));
      if (found) return found;
    }
    return span(0, 0);
  }

  const value = read(document?.contents, []);
  return {
    yaml: {
      file: source.file,
      value,
      spanOf: spanAround,
      keySpanOf: (path) => keys.get(key(path)) ?? spanAround(path),
      has: (path) => values.has(key(path)),
    },
    problems,
    readable,
  };
}

function key(path: Path): string {
  return JSON.stringify(path);
}

/** After one syntax error the rest of a document is read in another way than it was meant, but for what is wrong in itself. */
function withoutEchoes(errors: readonly YAMLParseError[]): readonly YAMLParseError[] {
  const first = errors.findIndex(({ code }) => code !== 'DUPLICATE_KEY');
  return errors.filter(({ code }, index) => index === first || ['DUPLICATE_KEY', 'BAD_SCALAR_START', 'BAD_DQ_ESCAPE'].includes(code));
}

function keyLength(text: string, start: number): number {
  return /^[^:\n]*/.exec(text.slice(start))?.[0].trimEnd().length ?? 1;
}

/** What to do about a message of the parser, by its beginning; the first that fits both it and the line without its quoted texts. */
const syntaxHints: readonly { readonly message: RegExp; readonly line?: RegExp; readonly hint: string }[] = [
  { message: /^Invalid escape/, hint: "between double quotes \\ begins an escape: put a regular expression into single quotes, '/\\w+/'" },
  { message: /^Tabs/, hint: 'indent with spaces' },
  { message: /^Plain value cannot start|^Block scalar header/, hint: 'quote what begins with a sign that YAML has a use for: ">=4.1"' },
  { message: /./, line: /[{[].*\$\{/, hint: 'inside { } and [ ] quote what has ${...} in it' },
  { message: /must be sufficiently indented/, hint: 'close { with }, and [ with ]; what follows " #" is a comment' },
  { message: /within flow collections/, hint: 'commas separate the entries of { } and [ ]; quote text that has ": " in it' },
  { message: /^Nested mappings/, line: /:\s[^{[]*:(\s|$)/, hint: 'quote text that has ": " in it' },
  {
    message: /^(Nested mappings|A block sequence|All (mapping|sequence|collection) items)/,
    hint: 'this line or the next begins in another column than what it stands beside',
  },
  { message: /^Unexpected/, line: /'/, hint: "inside single quotes ' is written ''" },
  { message: /^Sequence item without - indicator/i, hint: 'keys of one step stand below each other: this one begins further left' },
  { message: /^Implicit (map )?keys need/, hint: 'a key is followed by a colon and a space' },
];

function syntaxHint(message: string, line: string): string | undefined {
  const bare = line.replace(/"(\\.|[^"\\])*"|'[^']*'/g, '');
  return syntaxHints.find((one) => one.message.test(message) && (one.line?.test(bare) ?? true))?.hint;
}

function firstLower(message: string): string {
  const whole = message.split('\n')[0] ?? message;
  return /^[A-Z][a-z]/.test(whole) ? whole[0]?.toLowerCase() + whole.slice(1) : whole;
}
