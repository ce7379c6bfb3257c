/**
 * Tells whose words a log line is, and joins lines that belong to one entry. Pure: lines in, entries out. Each program has
 * a prefix of its own on the stream that they share (see `prefixes`).
 */
import type { Program } from '../core/event.ts';

export interface LogEntry {
  readonly program: Program;
  readonly level?: string;
  readonly text: string;
  readonly pid?: number;
  /** `LogEvent.said`. */
  readonly said?: number;
}

interface Prefix {
  readonly program: Program;
  readonly pattern: RegExp;
}

/** Named groups: level, pid, text, and the time of what is written later than it was said. Hosts are in UTC. */
const prefixes: readonly Prefix[] = [
  // 2026-11-22 18:31:16,277 INFO: no action. I am (pg1), the leader with the lock
  { program: 'patroni', pattern: /^(?<said>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}) (?<level>[A-Z]+): (?<text>.*)$/ },
  // 2026-11-22 18:31:17.443 UTC [556] LOG:  database system is ready to accept connections
  { program: 'postgres', pattern: /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \w+ \[(?<pid>\d+)\].*?(?<level>[A-Z]+\d?): {1,2}(?<text>.*)$/ },
  // 2026-11-22 18:31:16.287 P00   INFO: restore command begin 2.60.0: ...
  { program: 'pgbackrest', pattern: /^(?:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} )?P\d\d +(?<level>[A-Z]+): (?<text>.*)$/ },
  // pgBackRest on stderr, and 2.45 for warnings and errors everywhere: no time, no process
  {
    program: 'pgbackrest',
    pattern: /^(?<level>WARN|ERROR): (?<text>\[\d{3}\]: .*|unable to check .*|repo\d+: .*|configuration file contains .*)$/,
  },
  { program: 'lab', pattern: /^lab: (?<text>.*)$/ },
  // PostgreSQL with another log_line_prefix or log_timezone, as long as the time comes first
  {
    program: 'postgres',
    pattern:
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{3})? .*?\b(?<level>DEBUG[1-5]|INFO|NOTICE|WARNING|ERROR|LOG|FATAL|PANIC|DETAIL|HINT|QUERY|CONTEXT|STATEMENT|LOCATION): {2}(?<text>.*)$/,
  },
];

/** Reads the first line of an entry; `other` where no program's prefix fits. */
export function readEntry(line: string): LogEntry {
  for (const { program, pattern } of prefixes) {
    const groups = pattern.exec(line)?.groups;
    if (!groups) continue;
    return {
      program,
      text: groups.text ?? '',
      ...(groups.level === undefined ? {} : { level: groups.level }),
      ...(groups.pid === undefined ? {} : { pid: Number(groups.pid) }),
      ...(groups.said === undefined ? {} : { said: Date.parse(`${groups.said.replace(' ', 'T').replace(',', '.')}Z`) }),
    };
  }
  return line.startsWith('{"level"') ? readEtcd(line) : { program: 'other', text: line };
}

/** etcd 3.4 and later: one JSON object a line (zap). The other fields follow the message as `key=value`. */
function readEtcd(line: string): LogEntry {
  try {
    const { level, ts: _time, caller: _place, logger: _logger, msg, ...rest } = JSON.parse(line) as Record<string, unknown>;
    const fields = Object.entries(rest).map(([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
    return { program: 'etcd', level: String(level).toUpperCase(), text: String(msg) + fields.join('') };
  } catch {
    return { program: 'other', text: line };
  }
}

/** Whether `line` goes on with `entry`: indented lines do, and after a Python traceback everything without a prefix. */
export function continues(entry: LogEntry, line: string): boolean {
  if (line === '' || /^\s/.test(line)) return true;
  if (readEntry(line).program !== 'other') return false;
  return line.startsWith('Traceback (most recent call last)') || entry.text.includes('\nTraceback (most recent call last)');
}

export function join(entry: LogEntry, line: string): LogEntry {
  return { ...entry, text: `${entry.text}\n${line}` };
}

/** The hosts' init prints this on SIGUSR1 (images/base/files/etc/lab/init); it may stand behind a line that initdb has not finished. */
export const readMark = /lab: read mark \d+$/;
