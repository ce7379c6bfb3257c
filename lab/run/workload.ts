/**
 * Writes rows of the ledger and takes down what became of each: acknowledged, refused, or open where nobody can say. Knows
 * where to write from whoever tells it (`target`); what the rows mean is the judge's business.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { LedgerRow, MarkEvent } from '../core/event.ts';
import { compareLsn, type Lsn, parseLsn } from '../core/lsn.ts';
import { LabError } from '../core/problem.ts';
import { ledgerTable, readAncestry } from '../observe/ledger.ts';
import { openSession, type Row, type Server, type Session, sqlstateOf } from '../observe/postgres.ts';
import type { Recorder } from './recorder.ts';

export interface WorkloadSettings {
  /** Connections that write side by side. */
  readonly writers: number;
  /** Rows a second, all writers together. */
  readonly rate: number;
  /** How long a transaction stays open before its COMMIT, ms. */
  readonly hold: number;
}

export const defaultWorkload: WorkloadSettings = { writers: 2, rate: 100, hold: 0 };

export interface Target {
  readonly host: string;
  readonly server: Server;
}

/** Waits between attempts while nobody takes rows, ms. */
const retryPause = 100;

/** A statement that got no answer by then is open, ms: a frozen server must not stop the workload. */
const answerTimeout = 10_000;

/** Connection failures, shut-downs and cancellations: the COMMIT may or may not have happened (SQLSTATE classes 08 and 57). */
const unanswered = /^(08|57)/;

export class Workload {
  readonly #recorder: Recorder;
  /** Resolves to nobody while nobody leads. */
  readonly #leader: () => Promise<Target | undefined>;
  #aim: Target | undefined;
  #settings = defaultWorkload;
  #nextId = 1;
  #acked = 0;
  #lastError: string | undefined;
  #running: { readonly stop: AbortController; readonly writers: Promise<void>[] } | undefined;
  /** Resolves when COMMITs may go ahead; replaced while a mark is being made. */
  #gate: Promise<void> = Promise.resolve();
  readonly #committing = new Set<Promise<unknown>>();

  constructor(recorder: Recorder, leader: () => Promise<Target | undefined>) {
    this.#recorder = recorder;
    this.#leader = leader;
  }

  async #target(): Promise<Target | undefined> {
    return this.#aim ?? this.#leader();
  }

  /** From now on rows go to this server, whatever it is; undefined: to whoever leads. */
  aim(target: Target | undefined): void {
    this.#aim = target;
  }

  get acked(): number {
    return this.#acked;
  }

  get running(): boolean {
    return this.#running !== undefined;
  }

  /** Why the last row was not taken, for messages. */
  get lastError(): string | undefined {
    return this.#lastError;
  }

  async start(settings: Partial<WorkloadSettings> = {}): Promise<void> {
    await this.stop();
    this.#settings = { ...this.#settings, ...settings };
    await this.#makeTable();
    const stop = new AbortController();
    this.#running = { stop, writers: Array.from({ length: this.#settings.writers }, () => this.#write(stop.signal)) };
  }

  /** Waits for the COMMITs in flight. */
  async stop(): Promise<void> {
    this.#running?.stop.abort();
    await Promise.all(this.#running?.writers ?? []);
    this.#running = undefined;
  }

  /** Idempotent, and asked for each time: a restore may have gone back to before there was one. */
  async #makeTable(): Promise<void> {
    const target = await this.#target();
    if (!target) throw new LabError('nobody leads, so the ledger has nowhere to be written');
    const session = await openSession(target.server);
    try {
      await session.query(ledgerTable.create);
      // A lab that somebody recorded on before has rows that are not this run's.
      if (this.#nextId === 1) await session.query(ledgerTable.clear);
    } finally {
      await session.close();
    }
  }

  async #write(signal: AbortSignal): Promise<void> {
    let session: Writing | undefined;
    let due = performance.now();
    while (!signal.aborted) {
      const target = await this.#target();
      if (!target || session?.host !== target.host) {
        await session?.session.close().catch(() => undefined);
        session = undefined;
      }
      if (target && !session) session = await this.#connect(target);
      if (!session) {
        await pause(retryPause, signal);
        continue;
      }
      const usable = await this.#writeRow(session, signal);
      if (!usable) {
        await session.session.close().catch(() => undefined);
        session = undefined;
      }
      // Late rows are not made up for: a burst after an outage would be a load that nobody asked for.
      due = Math.max(due + (this.#settings.writers * 1000) / this.#settings.rate, performance.now());
      await pause(due - performance.now(), signal);
    }
    await session?.session.close().catch(() => undefined);
  }

  async #connect(target: Target): Promise<Writing | undefined> {
    try {
      return { host: target.host, session: await openSession(target.server, answerTimeout, 'pglab ledger'), origins: new Map() };
    } catch (error) {
      this.#lastError = String(error);
      return undefined;
    }
  }

  /** Writes one row. False where the session is of no more use. */
  async #writeRow(writing: Writing, signal: AbortSignal): Promise<boolean> {
    const { session, host } = writing;
    const warnings = session.warnings.length;
    let row: Unsettled = { id: 0, host };
    try {
      const id = this.#nextId;
      this.#nextId += 1;
      row = { id, host };
      const [[xid, timeline, after] = []] = await beginRow(session, id);
      row = {
        ...row,
        xid: String(xid),
        timeline: Number(timeline),
        after: parseLsn(String(after)),
        ...(await originOf(writing, Number(timeline))),
      };
      if (this.#settings.hold > 0) await pause(this.#settings.hold, signal);
    } catch (error) {
      this.#lastError = String(error);
      // Nothing was committed: the transaction never got as far.
      if (row.id > 0) this.#recorder.recordRow({ ...row, outcome: 'refused', error: String(error) });
      return false;
    }
    await this.#gate;
    const committing = this.#commit(session, row, warnings);
    this.#committing.add(committing);
    try {
      return await committing;
    } finally {
      this.#committing.delete(committing);
    }
  }

  /** COMMIT and the position behind it in one message: half of what a row costs is messages. */
  async #commit(session: Session, row: Unsettled, warnings: number): Promise<boolean> {
    let before: Lsn;
    try {
      const [[end] = []] = await session.query(`commit; ${endOfWal}`);
      before = parseLsn(String(end));
    } catch (error) {
      this.#lastError = String(error);
      const state = sqlstateOf(error);
      const refused = state !== undefined && !unanswered.test(state);
      this.#recorder.recordRow({ ...row, outcome: refused ? 'refused' : 'open', error: String(error) });
      return false;
    }
    // "canceling wait for synchronous replication" comes as a warning: committed here, but not as was promised.
    const warning = session.warnings.slice(warnings).join('; ');
    if (warning === '') this.#acked += 1;
    this.#recorder.recordRow({ ...row, before, ...(warning === '' ? { outcome: 'acked' } : { outcome: 'open', error: warning }) });
    return true;
  }

  /**
   * Makes a mark: holds every COMMIT back until those under way have returned, commits one row alone, makes a restore point,
   * and lets go. Throws LabError where nobody leads or the leader does not answer.
   */
  async mark(name: string): Promise<Omit<MarkEvent, 'type'>> {
    let open = () => {};
    const before = this.#gate;
    this.#gate = new Promise((resolve) => {
      open = resolve;
    });
    try {
      await before;
      await Promise.allSettled([...this.#committing]);
      return await this.#markRow(name);
    } finally {
      open();
    }
  }

  async #markRow(name: string): Promise<Omit<MarkEvent, 'type'>> {
    await this.#makeTable();
    const target = await this.#target();
    if (!target) throw new LabError(`mark ${name}: nobody leads`);
    const session = await openSession(target.server, answerTimeout, 'pglab mark');
    try {
      const id = this.#nextId;
      this.#nextId += 1;
      const [[xid, timeline, after] = []] = await beginRow(session, id);
      const [[end] = []] = await session.query(`commit; ${endOfWal}`);
      const [warning] = session.warnings;
      const row: Unsettled = {
        id,
        host: target.host,
        xid: String(xid),
        timeline: Number(timeline),
        after: parseLsn(String(after)),
        before: parseLsn(String(end)),
      };
      const origin = await originOf({ host: target.host, session, origins: new Map() }, Number(timeline));
      if (warning !== undefined) {
        this.#recorder.recordRow({ ...row, ...origin, outcome: 'open', error: warning });
        throw new LabError(`mark ${name}: its row was committed, but not acknowledged as it should be: ${warning}`);
      }
      this.#acked += 1;
      this.#recorder.recordRow({ ...row, ...origin, outcome: 'acked' });
      const commit = await commitRecord(session, row);
      await session.query('select pg_create_restore_point($1)', [name]);
      const [[wal] = []] = await session.query('select pg_walfile_name($1::pg_lsn)', [commit.lsn]);
      return {
        name,
        ...commit,
        xid: String(xid),
        timeline: Number(timeline),
        wal: String(wal),
        systemId: origin.systemId ?? '',
        row: id,
        ancestry: origin.ancestry ?? [],
      };
    } finally {
      await session.close().catch(() => undefined);
    }
  }

  /** Writes WAL in messages of 1 MiB that say nothing else, until `bytes` of it are flushed. */
  async writeBytes(bytes: number): Promise<void> {
    const target = await this.#target();
    if (!target) throw new LabError('nobody leads, so there is nowhere to write WAL');
    const session = await openSession(target.server, 60_000, 'pglab bytes');
    try {
      for (let written = 0; written < bytes; written += 2 ** 20) {
        await session.query("select pg_logical_emit_message(true, 'pglab', repeat('x', $1))", [Math.min(2 ** 20, bytes - written)]);
      }
    } finally {
      await session.close().catch(() => undefined);
    }
  }
}

/** One writer's session, and what it found out about the timelines it wrote on. */
interface Writing {
  readonly host: string;
  readonly session: Session;
  readonly origins: Map<number, Origin>;
}

/** Two servers may each have a timeline 2: number and history together name one. */
type Origin = Pick<LedgerRow, 'ancestry' | 'systemId'>;

async function originOf(writing: Writing, timeline: number): Promise<Origin> {
  const known = writing.origins.get(timeline);
  if (known) return known;
  const ancestry = await readAncestry(writing.session, timeline);
  const [[systemId] = []] = await writing.session.query('select system_identifier::text from pg_control_system()');
  const origin = { ancestry, systemId: String(systemId) };
  writing.origins.set(timeline, origin);
  return origin;
}

type Unsettled = Omit<LedgerRow, 'outcome' | 'settled'>;

/** Of a row's transaction before its COMMIT: xid, timeline, and a position at or before its COMMIT record. */
const place = `(pg_current_xact_id()::xid)::text, ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int, pg_current_wal_insert_lsn()`;

/** A position at or after the end of what this session committed. */
const endOfWal = 'select pg_current_wal_insert_lsn()';

/** Opens a transaction, writes the row in it and answers with its place: in one message, as everything that is asked for each row. */
function beginRow(session: Session, id: number): Promise<readonly Row[]> {
  return session.query(`begin; ${ledgerTable.insert(id)} returning ${place}`);
}

/** Start and time of a row's COMMIT record, from the WAL itself: recovery compares targets with exactly these. */
async function commitRecord(session: Session, row: Unsettled): Promise<{ lsn: Lsn; time: string }> {
  const { after, before, xid } = row;
  if (after === undefined || before === undefined || compareLsn(after, before) >= 0) throw new LabError('the mark has no place in the WAL');
  const [[lsn, description] = []] = await session.query(
    "select start_lsn, description from pglab.pg_get_wal_records_info($1, $2) where resource_manager = 'Transaction' and record_type like 'COMMIT%' and xid::text = $3",
    [after, before, xid],
  );
  const time = /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?)(?: ?(UTC|GMT|[+-]\d\d(?::?\d\d)?))?/.exec(String(description ?? ''));
  if (lsn === undefined || !time) throw new LabError(`the mark's COMMIT record is not in the WAL between ${after} and ${before}`);
  return { lsn: parseLsn(String(lsn)), time: `${time[1]}${time[2] === undefined || /UTC|GMT/.test(time[2]) ? '+00' : time[2]}` };
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(Math.max(0, ms), undefined, { signal }).catch(() => undefined);
}
