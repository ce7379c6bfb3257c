/**
 * The processes of a host: which one a scenario means, and signals to exactly that one. A process is told from a later one with
 * the same number by its start time. Everything of one host is read in one command.
 */

import { LabError } from '../core/problem.ts';
import { runCommand } from '../engine/commands.ts';
import type { Docker } from '../engine/connect.ts';
import type { Host } from '../engine/lab.ts';
import type { ProcessName } from '../scenario/targets.ts';

export interface Process {
  readonly pid: number;
  readonly parent: number;
  /** The kernel's name for it: the program's, up to 15 characters. */
  readonly name: string;
  /** One letter, as in proc(5): T stopped, Z dead but not reaped. */
  readonly state: string;
  /** CPU time used so far, in clock ticks. */
  readonly ticks: number;
  /** When it started, in clock ticks since the machine did. */
  readonly started: number;
  /** Its command line, over which a PostgreSQL process writes what it is. */
  readonly title: string;
}

export interface ProcessTable {
  readonly processes: readonly Process[];
  /** Main processes of the services that run, by service, as the host's supervisor knows them; `postgres` from postmaster.pid. */
  readonly mains: Readonly<Partial<Record<string, number>>>;
}

/** Bash without a single other program, so that it takes 10 ms. */
const printTable = `
print_table() {
  local folder stat words name pid
  for folder in /proc/[0-9]*; do
    { read -r stat < "$folder/stat" && mapfile -d '' -t words < "$folder/cmdline"; } 2>/dev/null || continue
    words=("\${words[@]//[$'\\n\\t']/ }")
    printf 'process %s\\t%s\\n' "$stat" "\${words[*]}"
  done
  for folder in /etc/lab/services/*/; do
    name=\${folder%/} pid=
    read -r pid < "$folder/supervise/pid"
    [ -n "$pid" ] && echo "main \${name##*/} $pid"
  done 2>/dev/null
  pid=
  { read -r pid < "$PGDATA/postmaster.pid"; } 2>/dev/null
  [ -n "$pid" ] && echo "postmaster $pid"
}`;

export async function readProcesses(docker: Docker, host: Host): Promise<ProcessTable> {
  const { stdout } = await runCommand(docker, host.container, { user: 'root', argv: ['bash', '-c', `${printTable}\nprint_table`] });
  return parseProcesses(stdout);
}

export function parseProcesses(text: string): ProcessTable {
  const lines = text.split('\n');
  const processes = lines.flatMap((line) => parseProcess(line) ?? []);
  const mains: Record<string, number> = {};
  for (const line of lines) {
    const [word, service, pid] = line.split(' ');
    if (word === 'main' && service !== undefined) mains[service] = Number(pid);
  }
  // A server that was killed leaves its number behind, which may be another program's by now.
  const postmaster = Number(lines.find((line) => line.startsWith('postmaster '))?.split(' ')[1]);
  if (processes.some(({ pid, name }) => pid === postmaster && name === 'postgres')) mains.postgres = postmaster;
  return { processes, mains };
}

function parseProcess(line: string): Process | undefined {
  const match = /^process (\d+) \((.*)\) (\S) (.*)\t(.*)$/.exec(line);
  if (!match) return undefined;
  const [, pid, name, state, rest, title] = match as unknown as [string, string, string, string, string, string];
  // Numbered as in proc(5), where the parent is field 4.
  const field = (n: number) => Number(rest.split(' ')[n - 4]);
  return { pid: Number(pid), name, state, parent: field(4), ticks: field(14) + field(15), started: field(22), title: title.trim() };
}

const isGone = (process: Process) => process.state === 'Z' || process.state === 'X';

/**
 * The processes that a scenario means by a name: a service's main one, or those of PostgreSQL's own (several walsenders are all
 * meant). `family`: with `postgres`, the server's other processes as well. Throws LabError where there is none.
 */
export function findProcesses(table: ProcessTable, name: ProcessName, host: string, family = false): readonly Process[] {
  const alive = table.processes.filter((process) => !isGone(process));
  const main = alive.find(({ pid }) => pid === table.mains[name]);
  const children = alive.filter(({ parent, name: program }) => parent === table.mains.postgres && program === 'postgres');
  // `postgres: demo: walsender replicator 10.207.0.6(36930) streaming 0/3000B00`, with the cluster's name before it. Under another
  // clock the loader's own arguments come first (effects/clock.ts).
  const own = children.filter(({ title }) => new RegExp(`(?:^| )postgres: (?:[^:]+: )?${name}\\b`).test(title));
  const found = main ? [main, ...(family && name === 'postgres' ? children : [])] : own;
  if (found.length === 0) throw new LabError(`no ${name} runs on ${host}`);
  return found;
}

/** What became of processes: as they are now, without those that are gone. */
export function stillThere(table: ProcessTable, processes: readonly Process[]): readonly Process[] {
  const same = (a: Process, b: Process) => a.pid === b.pid && a.started === b.started;
  return table.processes.filter((now) => !isGone(now) && processes.some((before) => same(before, now)));
}

const signalScript = `
${printTable}
# is PID:START [STATES] : whether that process is there, in a state that is none of these
is() {
  local stat fields
  read -r stat < "/proc/\${1%:*}/stat" || return
  read -ra fields <<< "\${stat##*) }"
  [[ \${fields[19]} = "\${1#*:}" && \${fields[0]} != [ZX$2] ]]
} 2>/dev/null
signal=$1 seconds=$2
shift 2
for each; do is "$each" && kill -s "$signal" "\${each%:*}"; done
deadline=$((SECONDS + 5))
case $signal in
  KILL) over= ;;
  STOP) over=T ;;
  *) set -- ;;
esac
for each; do while is "$each" "$over" && [ "$SECONDS" -lt "$deadline" ]; do sleep 0.02; done; done
print_table
[ "$seconds" = 0 ] && exit
sleep "$seconds"
echo again
print_table`;

/**
 * Sends a signal to processes of a host, which are passed over where they are gone by now. Returns the host's processes afterwards: once
 * these have ended (KILL) or stand still (STOP: one that waits for the disk does so when it has what it waits for), at most 5 s; and a
 * second time after `watch` seconds, to tell whether they move.
 */
export async function signalProcesses(
  docker: Docker,
  host: Host,
  signal: 'KILL' | 'STOP' | 'CONT',
  processes: readonly Process[],
  watch = 0,
): Promise<{ readonly first: ProcessTable; readonly last: ProcessTable }> {
  const which = processes.map(({ pid, started }) => `${pid}:${started}`);
  const argv = ['bash', '-c', signalScript, 'signal', signal, String(watch), ...which];
  const { stdout } = await runCommand(docker, host.container, { user: 'root', argv });
  const [first = '', last = first] = stdout.split(/^again$/m);
  return { first: parseProcesses(first), last: parseProcesses(last) };
}
