/** Whether programs report the settings that an overlay asked for: comparisons of what was asked and what was said. */
import { escapeRegex } from '../core/escape-regex.ts';
import { isPlainMap, type PlainMap } from '../topology/plain-map.ts';

/** Where a map does not say what was asked, e.g. `postgresql.parameters.max_connections`. A null asks for absence. */
export function missingFrom(reported: unknown, asked: PlainMap, path = ''): readonly string[] {
  const map = isPlainMap(reported) ? reported : {};
  return Object.entries(asked).flatMap(([key, value]) => {
    const at = path === '' ? key : `${path}.${key}`;
    const said = map[key];
    if (value === null) return said === undefined || said === null ? [] : [at];
    if (isPlainMap(value)) return missingFrom(said, value, at);
    return JSON.stringify(said) === JSON.stringify(value) ? [] : [at];
  });
}

/** PostgreSQL parameters that a part of Patroni's configuration asks for; null for those that it deletes. */
export function askedParameters(config: PlainMap | undefined): Readonly<Record<string, string | null>> {
  const postgresql = config?.postgresql;
  const parameters = isPlainMap(postgresql) ? postgresql.parameters : undefined;
  if (!isPlainMap(parameters)) return {};
  const text = (value: unknown) => (value === null ? null : typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value));
  return Object.fromEntries(
    Object.entries(parameters).flatMap(([name, value]) => (value === undefined ? [] : [[name.toLowerCase(), text(value)]])),
  );
}

/** A row of pg_settings. */
export interface Setting {
  readonly setting: string;
  readonly unit: string | null;
  readonly vartype: string;
}

const bytes: Readonly<Record<string, number>> = { B: 1, kB: 1024, MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 };
const microseconds: Readonly<Record<string, number>> = { us: 1, ms: 1e3, s: 1e6, min: 6e7, h: 3.6e9, d: 8.64e10 };

/** A number with a unit as PostgreSQL reads it; without one, `unit` (of pg_settings, such as `8kB`) is meant. */
function quantity(text: string, unit: string): number | undefined {
  const match = /^(-?\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(text.trim());
  const base = /^(\d*)([A-Za-z]+)$/.exec(unit);
  const table = base?.[2] !== undefined && base[2] in bytes ? bytes : microseconds;
  const sizeOf = (name: string | undefined) => (name === undefined ? undefined : table[name]);
  const own = base ? Number(base[1] || 1) * (sizeOf(base[2]) ?? Number.NaN) : undefined;
  const factor = match?.[2] ? sizeOf(match[2]) : own;
  return match && factor !== undefined ? Number(match[1]) * factor : undefined;
}

const truth: Readonly<Record<string, boolean>> = {
  on: true,
  true: true,
  yes: true,
  '1': true,
  off: false,
  false: false,
  no: false,
  '0': false,
};

/** Whether a parameter has the value that somebody wrote: `64MB` is 8192 of 8kB, `yes` is on. */
export function sameSetting(asked: string, { setting, unit, vartype }: Setting): boolean {
  if (asked === setting) return true;
  if (vartype === 'bool') return truth[asked.toLowerCase()] !== undefined && truth[asked.toLowerCase()] === truth[setting];
  if (vartype === 'enum') return asked.toLowerCase() === setting.toLowerCase();
  if (vartype === 'string') return false;
  if (unit === null) return Number(asked) === Number(setting);
  // Negative values are words of their own, such as -1 for "off", and have no unit.
  return !setting.startsWith('-') && quantity(asked, unit) === quantity(setting, unit);
}

/** Options that an overlay sets (null: deletes) in pgbackrest.conf, with the section. */
export interface AskedOption {
  readonly section: string;
  readonly key: string;
  readonly values: readonly string[] | null;
}

export function askedOptions(overlay: Readonly<Record<string, Readonly<Record<string, unknown>> | null>>): readonly AskedOption[] {
  const text = (value: unknown) => (typeof value === 'boolean' ? (value ? 'y' : 'n') : String(value));
  return Object.entries(overlay).flatMap(([section, options]) =>
    Object.entries(options ?? {}).map(([key, value]) => ({
      section,
      key,
      values: value === null || value === undefined ? null : [value].flat().map(text),
    })),
  );
}

/** Commands that between them take nearly every option of a configuration file. */
const commands = ['backup', 'archive-push', 'archive-get', 'restore', 'expire', 'server'] as const;

/** The commands that a section holds for: `global:archive-push` is for one alone. */
export function commandsOf(section: string): readonly string[] {
  const one = section.split(':')[1];
  return one === undefined ? commands : [one];
}

/**
 * Whether pgBackRest reports an option: it prints the options that a command got, from wherever, as the command begins
 * (`… INFO: archive-push command begin 2.60.0: [process-max] --process-max=3 …`). An option that none of the commands takes is
 * accepted, unless pgBackRest complains of it.
 */
export function optionProblem({ key, values, section }: AskedOption, output: Readonly<Record<string, string>>): string | undefined {
  const texts = commandsOf(section).map((command) => output[command] ?? '');
  const error = texts.join('\n').match(/ERROR: .*/)?.[0];
  if (error !== undefined) return error;
  const complaint = texts.join('\n').match(new RegExp(`WARN: .*'${escapeRegex(key)}'.*`))?.[0];
  if (complaint !== undefined) return complaint;
  const said = texts.map((text) => reportedValues(text, key)).filter((found) => found.length > 0);
  if (values === null || said.length === 0) return undefined;
  const right = said.some((found) => found.join('\n') === values.join('\n') || found[0] === '<redacted>');
  return right ? undefined : `${key} is ${said[0]?.join(', ')}`;
}

function reportedValues(text: string, key: string): readonly string[] {
  const begin = text.split('\n').find((line) => line.includes(' command begin ')) ?? '';
  const name = escapeRegex(key);
  if (new RegExp(` --no-${name}(?: |$)`).test(begin)) return ['n'];
  if (new RegExp(` --${name}(?: |$)`).test(begin)) return ['y'];
  return [...begin.matchAll(new RegExp(` --${name}=("[^"]*"|\\S+)`, 'g'))].map((match) => (match[1] ?? '').replace(/^"(.*)"$/, '$1'));
}
