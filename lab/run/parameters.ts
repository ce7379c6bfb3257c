/**
 * What PostgreSQL makes of parameters that Patroni was given: taken at once, after a restart, or not at all; and restarts in the order
 * that hot standby asks for.
 */
import { poll } from '../core/deadline.ts';
import { seconds } from '../core/duration.ts';
import { endpointOf, type Host } from '../engine/lab.ts';
import { getJson } from '../observe/patroni.ts';
import { ask, type Row, serverOf } from '../observe/postgres.ts';
import { ports } from '../topology/places.ts';
import type { StepContext } from './effects/effect.ts';
import { restartPostgres, tellPatroni } from './patroni-control.ts';
import { type Proof, proven, unproven } from './proofs.ts';
import { sameSetting } from './reported-settings.ts';

/** Patroni looks at the DCS at least every loop_wait, and PostgreSQL reloads at once. */
export const patience = seconds(10);

/** Parameters by name; null for those that are taken out, whose value then is whatever it is. */
type Asked = Readonly<Record<string, string | null>>;

interface Look {
  /** Parameters that PostgreSQL has with another value, and what it says. */
  readonly wrong: readonly string[];
  /** Of these, the ones that only a restart changes. */
  readonly waiting: readonly string[];
  /** A parameter was taken out that only a restart changes. */
  readonly resets: boolean;
}

/** By host, in the order of the hosts; undefined where PostgreSQL does not answer. */
type Looks = readonly (Look | undefined)[];

/** `restarted`: its service was restarted, PostgreSQL with it. `restart`: PostgreSQL is to be restarted where it must be. */
type Applied = 'reloaded' | 'restarted' | 'restart';

/**
 * Nothing where no parameter was asked for. Members that do not answer are passed over, unless none does. `hosts`: the leader last,
 * where PostgreSQL is to be restarted.
 */
export async function parametersProof(ctx: StepContext, hosts: readonly Host[], asked: Asked, applied: Applied): Promise<readonly Proof[]> {
  if (Object.keys(asked).length === 0) return [];
  const look = () => Promise.all(hosts.map((host) => lookAtParameters(ctx, host, asked)));
  const taken = await untilTaken(ctx, hosts, look, applied);
  const looks = applied === 'restart' && taken.some(needsRestart) ? await restartInOrder(ctx, hosts, look, taken) : taken;
  return [await proofOf(ctx, hosts, asked, looks, applied)];
}

/** Waits until no parameter has another value but those that wait for a restart. */
async function untilTaken(ctx: StepContext, hosts: readonly Host[], look: () => Promise<Looks>, applied: Applied): Promise<Looks> {
  const settled = (looks: Looks) =>
    looks.some((each) => each) && looks.every((each) => !each || each.wrong.length === (applied === 'restarted' ? 0 : each.waiting.length));
  const soon = await poll(look, settled, { within: seconds(5), signal: ctx.signal });
  if (soon.met) return soon.last ?? [];
  // A change that reaches Patroni while its PostgreSQL starts is kept but not written to PostgreSQL's file, until something else
  // changes or it is told to reload (patroni/postgresql/config.py, reload_config).
  const late = hosts.filter((_, index) => (soon.last?.[index]?.wrong.length ?? 0) > (soon.last?.[index]?.waiting.length ?? 0));
  await Promise.all(late.map((host) => tellPatroni(ctx.lab, host, 'POST', '/reload', {})));
  return (await poll(look, settled, { within: patience, signal: ctx.signal })).last ?? [];
}

/**
 * A limit that goes up must be the standbys' first; one that goes down reaches them through the primary's WAL (Hot Standby's rule,
 * which Patroni keeps), so whoever waits by then is restarted once more.
 */
async function restartInOrder(ctx: StepContext, hosts: readonly Host[], look: () => Promise<Looks>, before: Looks): Promise<Looks> {
  for (const [index, host] of hosts.entries()) if (needsRestart(before[index])) await restartPending(ctx, host);
  const led = await poll(look, (looks) => looks.at(-1)?.wrong.length === 0, { within: patience, signal: ctx.signal });
  await replayed(ctx, hosts);
  for (const [index, host] of hosts.entries())
    if (led.last?.[index]?.waiting.length || (await pendsRestart(host))) await restartPending(ctx, host);
  const all = await poll(look, (looks) => looks.every((each) => each?.wrong.length === 0), { within: patience, signal: ctx.signal });
  return all.last ?? [];
}

function needsRestart(look: Look | undefined): boolean {
  return look !== undefined && (look.resets || look.waiting.length > 0);
}

async function proofOf(ctx: StepContext, hosts: readonly Host[], asked: Asked, looks: Looks, applied: Applied): Promise<Proof> {
  if (!looks.some((each) => each)) return unproven(`no PostgreSQL of ${hosts.map(({ name }) => name).join(', ')} answers`);
  const wrong = hosts.flatMap((host, index) => {
    const { wrong = [], waiting = [] } = looks[index] ?? {};
    const keys = applied === 'reloaded' ? wrong.filter((key) => !waiting.includes(key)) : wrong;
    return keys.map((key) => `${key} on ${host.name}`);
  });
  if (wrong.length > 0) return unproven(`PostgreSQL says ${wrong.join(', ')}`);
  const waiting = [...new Set(looks.flatMap((each) => each?.waiting ?? []))];
  const held = hosts.filter((_, index) => looks[index]?.waiting.length);
  const pending = await poll(
    () => Promise.all(held.map(pendsRestart)),
    (all) => all.every((one) => one),
    { within: patience, signal: ctx.signal },
  );
  if (!pending.met)
    return unproven(
      `PostgreSQL says ${waiting.join(', ')}, and Patroni wants no restart for it: its log says why it does not take the value`,
    );
  if (waiting.length > 0) return proven(`PostgreSQL needs a restart for it: ${waiting.join(', ')}`);
  const told = Object.entries(asked).map(([name, value]) => (value === null ? `its own ${name}` : `${name} = ${value}`));
  return proven(`PostgreSQL has ${told.join(', ')}`);
}

async function lookAtParameters(ctx: StepContext, host: Host, asked: Asked): Promise<Look | undefined> {
  const query = `select name, setting, unit, vartype, context from pg_settings where lower(name) = any(array[${Object.keys(asked)
    .map((name) => `'${name.replaceAll("'", "''")}'`)
    .join(', ')}])`;
  let rows: readonly Row[];
  try {
    rows = await ask(serverOf(ctx.lab, host), query, 2000);
  } catch {
    return undefined;
  }
  const found = new Map(
    rows.map(([name, setting, unit, vartype, context]) => [
      String(name).toLowerCase(),
      { setting: String(setting), unit: unit as string | null, vartype: String(vartype), context },
    ]),
  );
  const said = Object.entries(asked).flatMap(([name, value]) => {
    const row = found.get(name);
    if (value === null || (row && sameSetting(value, row))) return [];
    const text = row ? `${name} is ${row.setting}${row.unit === null ? '' : ` (${row.unit})`}` : `there is no ${name}`;
    return [{ text, waiting: row?.context === 'postmaster' }];
  });
  return {
    wrong: said.map(({ text }) => text),
    waiting: said.filter(({ waiting }) => waiting).map(({ text }) => text),
    resets: Object.entries(asked).some(([name, value]) => value === null && found.get(name)?.context === 'postmaster'),
  };
}

/** Waits until the standbys have replayed what the leader, the last of the hosts, has written by now. */
async function replayed(ctx: StepContext, hosts: readonly Host[]): Promise<void> {
  const [leader] = hosts.slice(-1);
  if (!leader) return;
  const [[lsn] = []] = await ask(serverOf(ctx.lab, leader), 'select pg_current_wal_lsn()::text').catch(() => []);
  if (lsn === undefined) return;
  const done = (host: Host) =>
    ask(serverOf(ctx.lab, host), `select pg_last_wal_replay_lsn() >= '${lsn}'`).then(([row]) => row?.[0] === true);
  await poll(
    () => Promise.all(hosts.slice(0, -1).map((host) => done(host).catch(() => false))),
    (all) => all.every((one) => one),
    { within: patience, signal: ctx.signal },
  );
}

/** Patroni starts PostgreSQL with what it knows, so it must have heard of the change. */
async function restartPending(ctx: StepContext, host: Host): Promise<void> {
  await poll(
    () => pendsRestart(host),
    (pends) => pends,
    { within: patience, signal: ctx.signal },
  );
  await restartPostgres(ctx.lab, host);
}

async function pendsRestart(host: Host): Promise<boolean> {
  const answer = await getJson(endpointOf(host, ports.patroni), '/patroni', 1000);
  return typeof answer === 'object' && answer !== null && 'pending_restart' in answer && answer.pending_restart === true;
}
