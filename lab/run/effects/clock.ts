/**
 * clock: one program tells another time than its host. It is started through the dynamic loader with libfaketime, by a script in its
 * place, and not through LD_PRELOAD: programs that it starts keep the host's clock (PostgreSQL under Patroni, pgBackRest under
 * PostgreSQL). Clocks that only measure how much time passes are left alone. Proven by asking the program what time it is.
 */
import { poll } from '../../core/deadline.ts';
import { type Millis, parseDuration, seconds } from '../../core/duration.ts';
import { LabError } from '../../core/problem.ts';
import { controlService, runCommand } from '../../engine/commands.ts';
import { endpointOf, type Host } from '../../engine/lab.ts';
import { askHttp } from '../../observe/http.ts';
import { askPatroni } from '../../observe/patroni.ts';
import { ask, serverOf } from '../../observe/postgres.ts';
import { ports } from '../../topology/places.ts';
import { postgresRuns, restartPostgres } from '../patroni-control.ts';
import { allProven, doneBy, type Proof, proven, unproven } from '../proofs.ts';
import { runningServices } from '../services.ts';
import type { Effect, StepContext } from './effect.ts';

type Clocked = 'patroni' | 'postgres' | 'pgbackrest';

export const clock: Effect<'clock'> = {
  selectors: (args) => [args.on],
  run: async (ctx, args) => {
    const on = ctx.hosts(args.on);
    const by = parseOffset(args.by);
    const missing = await Promise.all(on.map((host) => isMissing(ctx, host)));
    const without = on.filter((_, index) => missing[index]);
    if (without.length > 0)
      return { on, outcome: 'unsupported', reason: `libfaketime is not installed on ${without.map(({ name }) => name).join(', ')}` };
    ctx.faults.add(ctx, {
      hosts: on,
      heal: async () => allProven(await Promise.all(on.map((host) => unfake(ctx, host, args.process)))),
    });
    return doneBy(on, await Promise.all(on.map((host) => fake(ctx, host, args.process, by))));
  },
};

/** `-2h`, `+30s`, `30s`. Throws RangeError as `parseDuration`. */
export function parseOffset(text: string): Millis {
  const length = parseDuration(text.replace(/^[+-]/, ''));
  return (text.startsWith('-') ? -length : length) as Millis;
}

/** A restarted program answers after it has PostgreSQL running; its clock is right soon afterwards, or not at all. */
const patience = { answer: seconds(90), right: seconds(10) } as const;

/** How exactly a program tells its time, ms: of HTTP's Date header the second. */
const precision: Readonly<Record<Clocked, number>> = { patroni: 1200, postgres: 200, pgbackrest: 300 };

/** The program's clock minus the engine's, ms: no less than `low` and no more than `high`, since asking takes its time. */
export interface Offset {
  readonly low: number;
  readonly high: number;
}

/** What a measured offset says. One that the program cannot tell from none proves nothing. */
export function offsetProof(who: string, by: number, measured: Offset | undefined, within: number): Proof {
  if (measured === undefined) return unproven(`${who} does not say what time it is`);
  const { low, high } = { low: measured.low - within, high: measured.high + within };
  const middle = (low + high) / 2;
  const seen = `${who} is ${(Math.abs(middle) / 1000).toFixed(1)} s ${middle < 0 ? 'behind' : 'ahead of'} its host`;
  if (by !== 0 && (Math.abs(by) <= 2 * within || (low <= Math.min(0, by) && Math.max(0, by) <= high)))
    return unproven(`${seen}, which it cannot tell from none`);
  return low <= by && by <= high ? proven(seen) : unproven(`${seen}, not ${(by / 1000).toFixed(1)} s`);
}

async function settle(ctx: StepContext, host: Host, process: Clocked, by: number): Promise<Proof> {
  const judge = (measured: Offset | undefined) => offsetProof(`${process} on ${host.name}`, by, measured, precision[process]);
  const look = () => offsetOf(ctx, host, process);
  const first = await poll(look, (measured) => measured !== undefined, { within: patience.answer, signal: ctx.signal });
  // Where even the right answer proves nothing, there is nothing to wait for.
  if (!first.met || !judge({ low: by, high: by }).proven) return judge(first.last);
  const { last } = await poll(look, (measured) => judge(measured).proven, { within: patience.right, signal: ctx.signal });
  return judge(last);
}

/** Undefined while the program does not answer. */
async function offsetOf(ctx: StepContext, host: Host, process: Clocked): Promise<Offset | undefined> {
  const before = ctx.recorder.now();
  const told =
    process === 'patroni'
      ? await patroniTime(host)
      : process === 'postgres'
        ? await postgresTime(ctx, host)
        : await pgbackrestTime(ctx, host);
  return told === undefined ? undefined : { low: told - ctx.recorder.now(), high: told - before };
}

async function patroniTime(host: Host): Promise<number | undefined> {
  const endpoint = endpointOf(host, ports.patroni);
  const answer = endpoint && (await askHttp(endpoint, { path: '/patroni', timeout: 1000 }).catch(() => undefined));
  // The header says the second that has begun: half a second more on average.
  const told = Date.parse(answer?.headers.date ?? '') + 500;
  return Number.isNaN(told) ? undefined : told;
}

async function postgresTime(ctx: StepContext, host: Host): Promise<number | undefined> {
  const [[told] = []] = await ask(serverOf(ctx.lab, host), 'select (extract(epoch from clock_timestamp()) * 1000)::float8', 1000).catch(
    () => [],
  );
  return told === undefined || told === null ? undefined : Number(told);
}

/** pgBackRest puts the time before each line; asking its own server for a sign of life is the cheapest command that prints one. */
async function pgbackrestTime(ctx: StepContext, host: Host): Promise<number | undefined> {
  const argv = ['pgbackrest', '--log-level-console=info', '--log-level-file=off', 'server-ping'];
  const { stdout } = await runCommand(ctx.docker, host.container, { argv, env: { TZ: 'UTC' } });
  const told = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d\.\d{3}) P00 +INFO: server-ping command begin/m.exec(stdout);
  return told ? Date.parse(`${told[1]}T${told[2]}Z`) : undefined;
}

const library = '/usr/lib/*/faketime/libfaketime.so.1';

async function isMissing(ctx: StepContext, host: Host): Promise<boolean> {
  return (await runCommand(ctx.docker, host.container, { argv: ['sh', '-c', `test -e ${library}`] })).exit !== 0;
}

/**
 * `real`: the program as it is installed, which is what the loader gets; `front`: what is started in its place. PATH finds
 * /usr/local/sbin first, but Patroni starts PostgreSQL by its full path.
 */
const places = {
  patroni: { front: '/usr/local/sbin/patroni', real: '/usr/bin/patroni' },
  pgbackrest: { front: '/usr/local/sbin/pgbackrest', real: '/usr/bin/pgbackrest' },
  postgres: { front: '$(command -v postgres)', real: '$(command -v postgres)' },
} as const satisfies Record<Clocked, unknown>;

/** Where the pieces are kept, in a folder beside the front. */
const folder = '.pglab-clock';

/**
 * The loader's copy bears the program's name, which then is the name of the process. Patroni is a script, and its interpreter the
 * program. PostgreSQL must write its start time into postmaster.pid by the host's clock: Patroni takes a server for another program
 * whose start differs from that by over 3 s (patroni/postgresql/postmaster.py, _is_postmaster_process), so its clock jumps after 1 s.
 */
function fakeScript(process: Clocked, by: Millis): string {
  const { front, real } = places[process];
  const after = process === 'postgres' ? ' FAKETIME_START_AFTER_SECONDS=1' : '';
  const command =
    process === 'patroni'
      ? '--argv0 /usr/bin/python3 /usr/bin/python3 $folder/real'
      : process === 'pgbackrest'
        ? '--argv0 pgbackrest $folder/real'
        : '--argv0 $front $folder/real';
  return `set -e
front=${front} real=${real}
folder=$(dirname "$front")/${folder}-${process}
[ ! -e "$folder" ] || { echo 'its clock is changed already'; exit 1; }
mkdir "$folder"
loader=$(ls /lib64/ld-linux-*.so.* /lib/ld-linux-*.so.* 2>/dev/null | head -n 1)
cp "$loader" "$folder/${process}"
${process === 'postgres' ? 'ln "$real" "$folder/real"' : 'ln -s "$(readlink -f "$real")" "$folder/real"'}
cat > "$folder/front" <<FRONT
#!/bin/sh
export FAKETIME=${by < 0 ? '-' : '+'}${Math.abs(by) / 1000} FAKETIME_DONT_FAKE_MONOTONIC=1 FAKETIME_DISABLE_SHM=1${after}
exec $folder/${process} --preload $(ls ${library} | head -n 1) ${command} "\\$@"
FRONT
chmod 755 "$folder/front"
mv "$folder/front" "$front"`;
}

function unfakeScript(process: Clocked): string {
  const { front } = places[process];
  return `set -e
front=${front}
folder=$(dirname "$front")/${folder}-${process}
[ -e "$folder" ] || exit 0
${process === 'postgres' ? 'mv -T "$folder/real" "$front"' : 'rm -f "$front"'}
rm -r "$folder"`;
}

async function fake(ctx: StepContext, host: Host, process: Clocked, by: Millis): Promise<Proof> {
  const { exit, stdout, stderr } = await runCommand(ctx.docker, host.container, {
    user: 'root',
    argv: ['sh', '-c', fakeScript(process, by)],
  });
  if (exit !== 0) throw new LabError(`the clock of ${process} on ${host.name} cannot be changed: ${(stdout + stderr).trim()}`);
  const runs = await restart(ctx, host, process);
  return runs ? settle(ctx, host, process, by) : unproven(`${process} on ${host.name} is down; its clock is changed when it starts`);
}

async function unfake(ctx: StepContext, host: Host, process: Clocked): Promise<Proof> {
  if (ctx.streams.stateOf(host.name) !== 'running')
    throw new LabError(`${host.name} is ${ctx.streams.stateOf(host.name)}: its clock cannot be set right`);
  const { exit, stderr } = await runCommand(ctx.docker, host.container, { user: 'root', argv: ['sh', '-c', unfakeScript(process)] });
  if (exit !== 0) throw new LabError(`the clock of ${process} on ${host.name} cannot be set right: ${stderr.trim()}`);
  const runs = await restart(ctx, host, process);
  return runs ? settle(ctx, host, process, 0) : proven(`${process} on ${host.name} is down, and starts with the host's clock`);
}

/** False where it does not run: then it has the new clock when it is started. pgBackRest's commands have it in any case. */
async function restart(ctx: StepContext, host: Host, process: Clocked): Promise<boolean> {
  const running = await runningServices(ctx.docker, host);
  if (process === 'postgres' && running.has('patroni')) {
    if ((await askPatroni(endpointOf(host, ports.patroni))) === undefined) return false;
    await restartPostgres(ctx.lab, host);
    return true;
  }
  if (running.has(process)) await controlService(ctx.docker, host.container, 'restart', process);
  // Patroni answers before its PostgreSQL does; whoever comes next should find both.
  if (process === 'patroni' && running.has(process)) await postgresRuns(host, ctx.signal);
  return running.has(process) || process === 'pgbackrest';
}
