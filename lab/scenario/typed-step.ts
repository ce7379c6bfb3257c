/**
 * A step as somebody types it at a prompt: in words (`kill leader`, `pgbackrest backup --type=full`), or as in a scenario file
 * (`kill: leader`). Knows how words become a step; whether the step makes sense is the planner's to say.
 */
import type { Value } from '../core/event.ts';
import { serviceNames } from '../topology/overlay.ts';
import { didYouMean } from '../topology/topology-problem.ts';
import { processSchema } from './targets.ts';
import { verbNames, verbs } from './verbs/verbs.ts';
import { readYaml } from './yaml-source.ts';

/** A step of a scenario file, as its YAML reads. */
export type RawStep = Readonly<Record<string, Value>>;

export type TypedStep =
  | { readonly ok: true; readonly step: RawStep }
  | { readonly ok: false; readonly message: string; readonly hint: string };

interface Form {
  /** How it is typed, for the list of what can be typed. */
  readonly usage: string;
  /** undefined where the words do not fit. */
  readonly read: (words: string) => RawStep | undefined;
}

/** Hosts, and at the end perhaps one of these. */
const withPart = (parts: readonly string[]) => new RegExp(`^(?<on>.+?)(?:\\s+(?<part>${parts.join('|')}))?$`);
const services = withPart(serviceNames);
const processes = withPart(processSchema.options);

function target(verb: string, key: 'service' | 'process', pattern: RegExp): Form['read'] {
  return (words) => {
    const { on, part } = pattern.exec(words)?.groups ?? {};
    if (on === undefined) return undefined;
    return { [verb]: part === undefined ? on : { on, [key]: part } };
  };
}

const some = (verb: string) => (words: string) => (words === '' ? undefined : { [verb]: words });

/** Words after the first one. The names of the verbs themselves, and what people type besides. */
const forms: Readonly<Record<string, Form>> = {
  pgbackrest: { usage: 'pgbackrest backup --type=full', read: (words) => (words === '' ? undefined : pgbackrest(words)) },
  patronictl: { usage: 'patronictl switchover ${cluster} --force', read: some('patronictl') },
  sql: { usage: 'sql select 1', read: some('sql') },
  psql: { usage: 'psql -c "select 1", psql pg2 -c "select 1", psql select 1', read: psql },
  exec: { usage: 'exec pg1 ls -l /var/log', read: exec },
  backup: { usage: 'backup --type=diff', read: (words) => ({ pgbackrest: `backup ${words}`.trim() }) },
  reinit: { usage: 'reinit pg2', read: (words) => (words === '' ? undefined : { patronictl: `reinit \${cluster} ${words} --force` }) },
  start: { usage: 'start pg1, start pg1 patroni', read: target('start', 'service', services) },
  stop: { usage: 'stop pg1, stop pg1 patroni', read: target('stop', 'service', services) },
  restart: { usage: 'restart pg1 patroni', read: target('restart', 'service', services) },
  wipe: { usage: 'wipe pg2', read: some('wipe') },
  kill: { usage: 'kill leader', read: some('kill') },
  crash: {
    usage: 'crash leader postgres',
    read: (words) => (/\s/.test(words) ? target('crash', 'process', processes)(words) : undefined),
  },
  freeze: { usage: 'freeze leader, freeze leader patroni', read: target('freeze', 'process', processes) },
  cut: { usage: 'cut leader from etcd, members', read: cut },
  fill: { usage: 'fill repo /var/lib/pgbackrest', read: fill },
  heal: { usage: 'heal cut, heal all', read: some('heal') },
  workload: { usage: 'workload start, workload 50 rows, workload stop', read: workload },
  mark: { usage: 'mark before', read: some('mark') },
};

/** What can be typed, one line each; what has no words of its own is typed as in a file. */
export const typedForms: readonly string[] = Object.values(forms).map(({ usage }) => usage);

/** Never throws. */
export function readTypedStep(line: string): TypedStep {
  const text = line.trim().replace(/^- /, '');
  const [first = ''] = text.split(/[\s:]/, 1);
  if (text.startsWith('{') || /^[\w-]+:(\s|$)/.test(text)) return fromYaml(text);
  const form = forms[first];
  const example = (verbNames as readonly string[]).includes(first)
    ? verbs[first as keyof typeof verbs].example.replace(/\n.*$/s, '')
    : undefined;
  if (!form) {
    return example === undefined
      ? { ok: false, message: `${JSON.stringify(first)} is no step`, hint: didYouMean(first, Object.keys(forms)) }
      : { ok: false, message: `${first} is typed as in a scenario file`, hint: `such as ${example}` };
  }
  const step = form.read(text.slice(first.length).trim());
  return step ? { ok: true, step } : { ok: false, message: `${first} lacks what it is about`, hint: `such as ${form.usage}` };
}

/** Several modifiers stand in braces: `{ kill: leader, as: death }`. */
function fromYaml(text: string): TypedStep {
  const { yaml, problems } = readYaml({ file: 'typed', text });
  const { value } = yaml;
  if (problems[0]) return { ok: false, message: problems[0].message, hint: problems[0].hint ?? 'one line, as in a scenario file' };
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { ok: false, message: 'not a step', hint: 'such as kill: leader, or { kill: leader, as: death }' };
  return { ok: true, step: value as RawStep };
}

/** The lab adds the stanza itself. */
function pgbackrest(words: string, on?: string): RawStep {
  const stanza = /(?:^|\s)--stanza[=\s](\S+)/.exec(words);
  const run = stanza ? words.replace(stanza[0], '').trim() : words;
  if (on === undefined && !stanza) return { pgbackrest: run };
  return { pgbackrest: { ...(on === undefined ? {} : { on }), run, ...(stanza ? { stanza: stanza[1] ?? '' } : {}) } };
}

function exec(words: string): RawStep | undefined {
  const { on, run } = /^(?<on>\S+)\s+(?:-- )?(?<run>\S.*)$/s.exec(words)?.groups ?? {};
  return on === undefined || run === undefined ? undefined : execStep(on, run);
}

/** A command line on a host. Programs that have verbs of their own are these, so that a scenario says what it means. */
export function execStep(on: string, run: string): RawStep | undefined {
  if (run.trim() === '') return undefined;
  const { program, rest } = /^(?<program>pgbackrest|patronictl)\s+(?<rest>[^|;&<>]+)$/.exec(run)?.groups ?? {};
  if (program === 'pgbackrest' && rest !== undefined && /--stanza[=\s]/.test(rest)) return pgbackrest(rest, on);
  if (program === 'patronictl' && rest !== undefined) {
    // The verb adds the hosts' own configuration file.
    const own = rest.replace(/(^|\s)(-c|--config-file)[=\s]\/etc\/patroni\/config\.yml(?=\s)/, '').trim();
    if (!/(^|\s)(-c|--config-file)[=\s]/.test(own)) return { patronictl: { on, run: own } };
  }
  return { exec: { on, run } };
}

function psql(words: string): RawStep | undefined {
  const { on, quoted } = /^(?:(?<on>[^\s-]\S*)\s+)?-c\s*(?<quoted>.+)$/s.exec(words)?.groups ?? {};
  const run = (quoted ?? words).trim().replace(/^(["'])(.*)\1$/s, '$2');
  if (run === '') return undefined;
  return { sql: on === undefined || on === 'leader' ? run : { on, run } };
}

function cut(words: string): RawStep | undefined {
  const { from, to, ways } = /^(?<from>.+?)\s+from\s+(?<to>.+?)(?:\s+(?<ways>in|out))?$/.exec(words)?.groups ?? {};
  if (from === undefined || to === undefined) return undefined;
  return { cut: { from, to, ...(ways === undefined ? {} : { ways }) } };
}

function fill(words: string): RawStep | undefined {
  const { on, path } = /^(?<on>.+?)\s+(?<path>\/\S+)$/.exec(words)?.groups ?? {};
  return on === undefined || path === undefined ? undefined : { fill: { on, path } };
}

function workload(words: string): RawStep | undefined {
  if (words === 'start' || words === 'stop') return { workload: words };
  const { count, what, other, most } =
    /^(?:(?<count>\d+)\s+(?<what>rows|bytes)|(?<other>rows|bytes)\s+(?<most>\d+))$/.exec(words)?.groups ?? {};
  const key = what ?? other;
  return key === undefined ? undefined : { workload: { [key]: Number(count ?? most) } };
}
