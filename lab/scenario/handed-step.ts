/**
 * A command that somebody gave in a terminal (`lab:exec`, `lab:psql`, `lab:snapshot`) as the step that does the same in a scenario,
 * or why there is none. Pure.
 */
import type { Value } from '../core/event.ts';
import { execStep, type RawStep } from './typed-step.ts';

/** What was typed, and where. */
export interface Handed {
  readonly verb: 'exec' | 'psql' | 'snapshot';
  /** A host or a selector, as it was typed. */
  readonly on: string;
  /** The command's words; psql's options; the snapshot's name. */
  readonly argv: readonly string[];
  readonly root: boolean;
  /** Keys are pressed and drawn for: a person can answer what it asks. Otherwise its input comes through a pipe. */
  readonly terminal: boolean;
}

export type HandedStep = { readonly ok: true; readonly step: RawStep } | { readonly ok: false; readonly why: string };

const no = (why: string): HandedStep => ({ ok: false, why });
const yes = (step: RawStep): HandedStep => ({ ok: true, step });

/** More of an input than this belongs in a file on the host, not in a scenario; characters. */
const mostInput = 20_000;

/** What stands for statements that are read from a pipe, until that has ended. */
const notReadYet = 'select 1 -- from a pipe';

/** `input`: everything that the program got on its stdin; undefined while it still runs. */
export function handedStep(handed: Handed, input?: string): HandedStep {
  if (handed.terminal && input?.includes('\x03')) return no('somebody interrupted it');
  if (handed.verb === 'snapshot') return yes({ snapshot: handed.argv[0] ?? '' });
  // Keys that are pressed while psql shows rows are its pager's.
  const read = input === undefined || (handed.verb === 'psql' && !readsStatements(handed.argv)) ? '' : input;
  const text = readInput(read, handed.terminal);
  if (!text.ok) return no(text.why);
  if (handed.verb === 'psql') return psqlStep(handed, input === undefined ? undefined : text.text);
  const [program = 'bash', ...args] = handed.argv;
  if (handed.terminal && args.length === 0 && /^((ba|da|z)?sh|psql)$/.test(program))
    return no('what is typed in an open session is no step: give lab:exec the command itself');
  const line = literal(commandLine(handed.argv));
  const step = handed.root ? rootStep(handed, line) : execStep(handed.on, line);
  return step && line !== '' ? yes(withInput(step, text.text)) : no('an empty command is no step');
}

/** The supervisor's commands are what systemctl's would be. */
function rootStep({ on, argv }: Handed, run: string): RawStep {
  const [program, action = '', service = ''] = argv;
  if (program === 'sv' && argv.length === 3 && /^(start|stop|restart)$/.test(action)) return { [action]: { on, service } };
  return { exec: { on, user: 'root', run } };
}

/** psql's options that change nothing but how rows are shown. */
const showing = /^(-[AtqXx]*(c?)|--(no-align|tuples-only|quiet|no-psqlrc|expanded|csv))$/;

/** Statements are `sql`; what psql alone can do is psql, run on the host. */
function psqlStep({ on, argv, terminal }: Handed, input: string | undefined): HandedStep {
  const statements: string[] = [];
  let plain = true;
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] ?? '';
    const long = /^--command=(.*)$/s.exec(word)?.[1];
    if (long !== undefined) statements.push(long);
    else if (word === '--command' || /^-[AtqXx]*c$/.test(word)) {
      at += 1;
      statements.push(argv[at] ?? '');
    } else if (!showing.test(word)) plain = false;
  }
  const asks = readsStatements(argv);
  if (asks && terminal) return no('what is typed in an open psql is no step: use -c or a pipe, or sql at the recorder’s prompt');
  const [only] = statements;
  if (plain && only !== undefined && statements.length === 1 && !/^\s*\\/.test(only)) return yes(sqlStep(on, only));
  if (asks && plain) {
    if (input === undefined) return yes(sqlStep(on, notReadYet));
    if (input.trim() === '') return no('nothing was piped into psql');
    if (isOneStatement(input)) return yes(sqlStep(on, input.trim().replace(/\s*;$/, '')));
  }
  // Several statements are each a transaction of its own to psql, and the next is run when one fails.
  return yes(withInput({ exec: { on, run: literal(commandLine(['psql', ...argv])) } }, asks ? (input ?? '') : ''));
}

function readsStatements(argv: readonly string[]): boolean {
  return !argv.some((word) => /^(-[AtqXx]*c|--command|-f|--file|-l$|--list|-V|--version|--help|-\?)/.test(word));
}

function sqlStep(on: string, text: string): RawStep {
  const run = literal(text);
  return { sql: on === 'leader' ? run : { on, run } };
}

/** Doubtful cases are several: a semicolon within quotes, psql's own commands. */
function isOneStatement(text: string): boolean {
  return !/;./s.test(text.trim()) && !/^\s*\\|^copy\b.*\bstdin\b/im.test(text);
}

function withInput(step: RawStep, stdin: string): RawStep {
  if (stdin === '') return step;
  const [[verb, args] = ['exec', {}]] = Object.entries(step);
  return { [verb]: { ...(typeof args === 'object' ? (args as Readonly<Record<string, Value>>) : { run: args }), stdin: literal(stdin) } };
}

/** A scenario's `${` is a reference. */
function literal(text: string): string {
  return text.replaceAll('${', () => '$${');
}

/** Words as a shell takes them apart again; a script that was given to a shell is the line itself. */
function commandLine(argv: readonly string[]): string {
  const [shell, flag, script] = argv;
  if (argv.length === 3 && shell === 'sh' && flag === '-c' && script !== undefined) return script;
  return argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ');
}

type Input = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly why: string };

function readInput(input: string, terminal: boolean): Input {
  if (input.length > mostInput)
    return { ok: false, why: 'its input is too long for a scenario: put it into a file on the host, and read it there' };
  const text = terminal ? answers(input) : input;
  return /[^\P{Cc}\n\t]|\uFFFD/u.test(text)
    ? { ok: false, why: `its ${terminal ? 'keys were' : 'input was'} more than text, which a scenario cannot hold` }
    : { ok: true, text };
}

/** Lines as a program got them from a terminal: Enter is a carriage return, Backspace takes one back, Ctrl-D ends. */
function answers(keys: string): string {
  let text = '';
  for (const key of keys.split('\x04', 1)[0] ?? '') {
    if (key === '\x7f' || key === '\b') text = text.replace(/[^\n]$/u, '');
    else text += key === '\r' ? '\n' : key;
  }
  return text;
}
