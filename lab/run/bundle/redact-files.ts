/** A run's files as strangers may have them: no password, key or passphrase in any, and JSON still JSON. */
import { redactData, redactNamed, secretsIn } from '../../core/find-secrets.ts';
import { redactor } from '../../core/redact.ts';

export interface RunFile {
  /** Relative, with slashes. */
  readonly path: string;
  readonly text: string;
}

/** Secrets are looked for in what somebody wrote (plan, scenario, recipes, configurations), and taken out of every file. */
export function redactFiles(files: readonly RunFile[]): readonly RunFile[] {
  const written = files.filter(({ path }) => /^(plan\.json|scenario\.yaml|recipes\/|configs\/)/.test(path));
  const secrets = written.flatMap(({ path, text }) => secretsIn(path.endsWith('.json') ? parsed(text) : text));
  const byValue = redactor({}, secrets);
  const clean = (text: string) => redactNamed(byValue(text));
  return files.map(({ path, text }) => ({ path, text: redactFile(path, text, clean) }));
}

function redactFile(path: string, text: string, clean: (text: string) => string): string {
  if (path.endsWith('.jsonl')) return text.replace(/^.+$/gm, (line) => redactJson(line, clean));
  return path.endsWith('.json') ? redactJson(text, clean, 2) : clean(text);
}

/** What is not JSON, since it was cut off, is redacted as text. */
function redactJson(text: string, clean: (text: string) => string, indent?: number): string {
  const value = parsed(text);
  if (typeof value === 'string') return clean(text);
  return JSON.stringify(redactData(value, clean), null, indent);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
