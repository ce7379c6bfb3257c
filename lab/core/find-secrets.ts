/** Finds what somebody wrote down as a password, a key or a passphrase: by the name that it stands under, in data and in text. */

/** The last part of a name whose value is a secret: `password`, `PGPASSWORD`, `repo1-cipher-pass`, `repo1-s3-key-secret`, ... */
const names = '(?:password|passwd|passphrase|cipher-pass|secret|token|(?:s3|azure|gcs)-key)';
const secretName = new RegExp(`${names}$`, 'i');

/** `repo1-cipher-pass=value with spaces`, a line of pgbackrest.conf. */
const option = new RegExp(`^([ \\t]*repo\\d*-[\\w-]*${names}[ \\t]*=[ \\t]*)(\\S.*)$`, 'gim');
/** `name: value with spaces`, in YAML without quotes. */
const plainScalar = new RegExp(`(${names}["']?:[ \\t]+)([^\\s"'{[|>&*!%@\`\\\\](?:[^\\n,}\\]"\\\\]*[^\\s,}\\]"\\\\])?)`, 'gi');
/** `--name=value`, `name: "value"`; also inside a longer line. */
const assignment = new RegExp(`(${names}["']?\\s*[:=]\\s*)("(?:\\\\.|[^"\\\\])*"|'(?:''|[^'])*'|[^\\s,;}\\]"'\\\\]+)`, 'gi');
/** `create role x password 'value'`. */
const sqlPassword = /(\bpassword\s+)('(?:''|[^'])*')/gi;
/** `postgresql://user:value@host`. */
const urlPassword = /(:\/\/[^\s:/@]+:)([^\s:/@]+)(?=@)/g;

const written = [option, plainScalar, assignment, sqlPassword, urlPassword];

/** A key, also one that was cut off; its lines may be escaped, as in JSON, or redacted by value already. Nothing else that follows is taken with it. */
const privateKey =
  /-----BEGIN [A-Z ]*PRIVATE KEY-----(?:\s|\\[nr])*(?:[A-Z][\w-]+: [^\n"\\]*(?:\s|\\[nr])*)*(?:[A-Za-z\d+/=\s]|\\[nr]|<redacted>)*(?:-----END [A-Z ]*PRIVATE KEY-----)?/g;
const scramVerifier = /SCRAM-SHA-256\$\d+:[\w+/=]+\$[\w+/=]+:[\w+/=]+/g;

/** Each pattern needs one of these; most texts of a run have none, and are done with by one look. */
const hint = /pass|secret|token|-key|PRIVATE KEY|SCRAM|:\/\//i;

export const redacted = '<redacted>';

function isSecretName(name: string): boolean {
  return secretName.test(name);
}

/** Not so a reference, or what stands in a secret's place already. */
function isSecret(value: string): boolean {
  return value !== '' && !/^(?:\$\{|<[\w-]+>$|null$|true$|false$)/.test(value);
}

/** Values of secrets anywhere in data: under a secret's name, or in a text that names one. Private keys line by line, as logs print them. */
export function secretsIn(value: unknown): readonly string[] {
  const found = new Set<string>();
  const visit = (one: unknown, name: string): void => {
    if (typeof one === 'string' || typeof one === 'number') {
      if (isSecretName(name) && isSecret(String(one))) found.add(String(one));
      if (typeof one === 'string') for (const secret of secretsInText(one)) found.add(secret);
    } else if (typeof one === 'object' && one !== null)
      for (const [key, item] of Object.entries(one)) visit(item, Array.isArray(one) ? name : key);
  };
  visit(value, '');
  return [...found];
}

function secretsInText(text: string): readonly string[] {
  const values = written.flatMap((pattern) => [...text.matchAll(pattern)].map((match) => unquoted(match[2] ?? '')));
  const keys = [...text.matchAll(privateKey)].flatMap(([key]) => key.split(/\s|\\[nr]/));
  return [...values.filter(isSecret), ...keys.filter((line) => /^[A-Za-z\d+/=]{16,}$/.test(line))];
}

function unquoted(text: string): string {
  if (text.startsWith("'")) return text.slice(1, -1).replaceAll("''", "'");
  return text.startsWith('"') ? text.slice(1, -1).replace(/\\(.)/g, '$1') : text;
}

/** Takes secrets out where they stand under their names, and keys and password verifiers wherever they stand. */
export function redactNamed(text: string): string {
  if (!hint.test(text)) return text;
  const hide = (whole: string, before: string, value: string) => {
    // Data as JSON inside another file stays JSON: a number becomes text.
    const quote = /^["']/.exec(value)?.[0] ?? (/":\s*$/.test(before) ? '"' : '');
    return isSecret(unquoted(value)) ? `${before}${quote}${redacted}${quote}` : whole;
  };
  return written
    .reduce((rest, pattern) => rest.replace(pattern, hide), text.replace(privateKey, '<private key>'))
    .replace(scramVerifier, redacted);
}

/** Data with every text in it cleaned, and whatever stands under a secret's name taken out. */
export function redactData<T>(data: T, clean: (text: string) => string): T {
  const visit = (value: unknown, name: string): unknown => {
    if (isSecretName(name) && (typeof value === 'number' || (typeof value === 'string' && isSecret(value)))) return redacted;
    if (typeof value === 'string') return clean(value);
    if (Array.isArray(value)) return value.map((item) => visit(item, name));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, visit(item, key)]));
  };
  return visit(data, '') as T;
}
