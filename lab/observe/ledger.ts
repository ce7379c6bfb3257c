/** The ledger's table, and what one server has of it. The table is the workload's; nobody else writes to it. */
import type { LedgerLook } from '../core/event.ts';
import { type Lsn, parseLsn } from '../core/lsn.ts';
import { openSession, type Server, type Session } from './postgres.ts';

/** A row's content follows from its id, so that a damaged row is known by itself. */
export const ledgerTable = {
  name: 'pglab.ledger',
  create: `
    create schema if not exists pglab;
    create table if not exists pglab.ledger (id bigint primary key, content text not null);
    create extension if not exists pg_walinspect with schema pglab`,
  clear: 'truncate pglab.ledger',
  insert: (id: number) => `insert into pglab.ledger (id, content) values (${id}, md5('${id}'))`,
} as const;

type Ancestry = LedgerLook['ancestry'];

/** Looks at a server's rows, timeline and history. Throws where it does not answer. */
export async function lookAtLedger(server: Server, host: string, timeout = 10_000): Promise<LedgerLook> {
  const session = await openSession(server, timeout);
  try {
    const [[timeline, end, systemId, exists] = []] = await session.query(whereabouts);
    const rows = exists ? await session.query(islands) : [];
    const damaged = exists ? await session.query('select id::int8::text from pglab.ledger where content <> md5(id::text) order by id') : [];
    return {
      kind: 'ledger',
      host,
      timeline: Number(timeline),
      systemId: String(systemId),
      ancestry: await readAncestry(session, Number(timeline)),
      end: parseLsn(String(end)),
      rows: rows.map(([first, last]) => [Number(first), Number(last)] as const),
      damaged: damaged.map(([id]) => Number(id)),
    };
  } finally {
    await session.close().catch(() => undefined);
  }
}

/** On a standby the timeline it follows (its last checkpoint's lags behind), on a primary the one it writes. */
const whereabouts = `
  select case when pg_is_in_recovery()
           then coalesce((select received_tli from pg_stat_wal_receiver where status = 'streaming'), (select timeline_id from pg_control_checkpoint()))
           else ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int end,
         case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end,
         (select system_identifier from pg_control_system())::text,
         to_regclass('pglab.ledger') is not null`;

/** Runs of neighbouring ids: gaps are few, rows are many. */
const islands =
  'select min(id)::text, max(id)::text from (select id, id - row_number() over (order by id) as island from pglab.ledger) as l group by island order by min(id)';

/** The timeline's history file: `PARENT<tab>LSN<tab>reason` a line (PostgreSQL, timeline.c). Timeline 1 has none. */
export async function readAncestry(session: Session, timeline: number): Promise<Ancestry> {
  if (timeline <= 1) return [];
  const name = `pg_wal/${timeline.toString(16).toUpperCase().padStart(8, '0')}.history`;
  const [[text] = []] = await session.query('select pg_read_file($1, true)', [name]);
  if (typeof text !== 'string') throw new Error(`the history file of timeline ${timeline} is missing`);
  return parseHistory(text);
}

export function parseHistory(text: string): Ancestry {
  return text.split('\n').flatMap((line): [number, Lsn][] => {
    const match = /^\s*(\d+)\s+([0-9A-Fa-f]+\/[0-9A-Fa-f]+)/.exec(line);
    return match ? [[Number(match[1]), parseLsn(match[2] ?? '')]] : [];
  });
}
