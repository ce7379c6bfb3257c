/**
 * The history of a run: one JSON object a line, in the order in which the recorder took them down. Everything that a
 * verdict needs is in it, so that a run folder can be judged again without a lab.
 */
import type { Lsn } from './lsn.ts';

export const programs = ['patroni', 'postgres', 'pgbackrest', 'etcd', 'lab', 'other'] as const;
/** Whose words a log line is. `lab` is the hosts' supervisor. */
export type Program = (typeof programs)[number];

interface Stamped {
  /** Position in the history, from 0, without gaps. */
  readonly seq: number;
  /** When it happened, by the engine's clock: milliseconds since 1970, with microseconds as the fraction. */
  readonly at: number;
}

/** First event of every history. `offset` is the engine's clock minus this machine's, in ms, measured at the start. */
export interface RunStarted {
  readonly type: 'run-started';
  readonly format: 1;
  readonly scenario: string;
  readonly variant: string;
  readonly lab: string;
  readonly offset: number;
  /** Versions asked of the running programs, by host. */
  readonly versions: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Members of each cluster, hosts by name, as in the blueprint. */
  readonly clusters: Readonly<Record<string, readonly string[]>>;
  readonly hosts: readonly string[];
  /** What the selectors `etcd` and `repo` mean; absent: hosts whose names begin so. */
  readonly etcd?: readonly string[];
  readonly repo?: readonly string[];
}

/** What is logged, under the program `lab`, when something happens to a host as a machine. */
export const hostWords = {
  start: 'host started',
  die: 'host stopped',
  pause: 'host frozen',
  unpause: 'host unfrozen',
  destroy: 'host removed',
} as const;

/** One entry of a log, its continuation lines included. */
export interface LogEvent {
  readonly type: 'log';
  readonly host: string;
  readonly program: Program;
  /** The program's own word: INFO, WARNING, LOG, FATAL, WARN, ERROR, ... */
  readonly level?: string;
  /** The message without the time stamp and level; continuation lines follow after newlines. */
  readonly text: string;
  readonly pid?: number;
  /** When Patroni said it, Unix ms by its host's clock: a thread of its own writes it, later (patroni/log.py, PatroniLogger). */
  readonly said?: number;
  /** `stream`: the host's own log stream. `command`: printed by a command that step `step` ran on the host. */
  readonly source: 'stream' | 'command';
  readonly step?: string;
}

/** Every stream of `hosts` was read past `through` (engine's clock): what is not in the history by now was not logged by then. */
export interface ReadThrough {
  readonly type: 'read-through';
  readonly hosts: readonly string[];
  readonly through: number;
}

export interface StepStarted {
  readonly type: 'step-started';
  /** `PlannedStep.id`. */
  readonly step: string;
  /** The step as text with its values filled in, for people. */
  readonly title: string;
  /** Hosts that the step's selectors meant at this moment, by the selector's text. */
  readonly resolved: Readonly<Record<string, readonly string[]>>;
  /** A `when` that does not hold: the step is passed over, and this says why. */
  readonly skipped?: string;
}

export interface StepEnded {
  readonly type: 'step-ended';
  readonly step: string;
  readonly result: StepResult;
}

/**
 * What a step did. `done`: carried out (for programs: exited, see `exit`). `unproven`: a fault that could not prove itself.
 * `broken`: the lab could not carry it out. `unsupported`: this machine cannot. For `expect`, `done` means that looking
 * ended; whether it was met is the judge's to say.
 */
export interface StepResult {
  readonly outcome: 'done' | 'unproven' | 'broken' | 'unsupported' | 'not-reached';
  /** Why not `done`, or the proof of a fault; one sentence. */
  readonly reason?: string;
  /** Of several hosts, the worst. */
  readonly exit?: number;
  readonly sqlstate?: string;
  /** Of several hosts, how it ended on each. */
  readonly each?: readonly HostResult[];
  /** Output of RUN verbs, capped; a single host's, or the hosts' one after another. */
  readonly stdout?: string;
  readonly stderr?: string;
  /** How long what the step does took, ms, without the look at who leads that a named step ends with. */
  readonly took?: number;
  /** What `${name.field}` can say of a named step: strings, numbers, booleans, lists of strings. */
  readonly fields: Readonly<Record<string, Value>>;
}

export interface HostResult {
  readonly host: string;
  readonly exit: number;
  readonly sqlstate?: string;
}

export type Value = string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value };

export function isMap(value: Value | undefined): value is Readonly<Record<string, Value>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** One look at something, made for an expectation or for the background record. `key` names the question (see `LookKey`). */
export interface LookEvent {
  readonly type: 'look';
  readonly key: string;
  readonly answer: LookAnswer | { readonly unknown: string };
  /** How long the look took, ms; the answer is of some moment in [at - took, at]. */
  readonly took: number;
}

/** A look whose answer is the same as that of event `sameAs`. */
export interface LookAgain {
  readonly type: 'look-again';
  readonly key: string;
  readonly sameAs: number;
  /** As in `LookEvent`; absent: no time at all. */
  readonly took?: number;
}

export type LookAnswer = ClusterLook | LedgerLook | RepoLook | SqlLook | FileLook | DcsLook | EtcdLook | ArchiverLook | SettingsLook;

export interface MemberLook {
  /** `primary`: out of recovery, while another leads. `unreachable`: neither Patroni nor PostgreSQL answered. */
  readonly role: 'leader' | 'primary' | 'replica' | 'unreachable';
  /** Patroni's word: running, streaming, in archive recovery, stopped, starting, creating replica, ... */
  readonly state: string;
  readonly timeline?: number;
  /** Bytes behind the leader's WAL position; absent where unknown. */
  readonly lag?: number;
  readonly sync?: boolean;
  /** Patroni's: PostgreSQL has to be restarted for a setting. Absent also where Patroni was not heard. */
  readonly pendingRestart?: true;
  readonly lsn?: Lsn;
}

export interface ClusterLook {
  readonly kind: 'cluster';
  readonly cluster: string;
  readonly leader?: string;
  readonly timeline?: number;
  readonly systemId?: string;
  readonly paused?: boolean;
  readonly members: Readonly<Record<string, MemberLook>>;
}

/** Which rows of the ledger a server has. `rows` are inclusive id ranges, ascending. `damaged`: rows with content other than written. */
export interface LedgerLook {
  readonly kind: 'ledger';
  readonly host: string;
  readonly timeline: number;
  readonly systemId: string;
  /** Ancestors of `timeline`: [timeline, LSN at which the next one forked], oldest first (the server's history file). */
  readonly ancestry: readonly (readonly [timeline: number, fork: Lsn])[];
  /** Where this server's WAL ended at the look. */
  readonly end: Lsn;
  readonly rows: readonly (readonly [first: number, last: number])[];
  readonly damaged: readonly number[];
}

export interface RepoBackup {
  readonly label: string;
  readonly type: 'full' | 'diff' | 'incr';
  readonly error: boolean;
  readonly start: Lsn;
  readonly stop: Lsn;
  /** Unix seconds at which the backup ended. */
  readonly ended: number;
}

export interface RepoLook {
  readonly kind: 'repo';
  readonly stanza: string;
  readonly status: string;
  readonly backups: readonly RepoBackup[];
  /** Newest WAL segment of each archive id, e.g. {'18-1': '00000002000000000000000A'}. */
  readonly archiveMax: Readonly<Record<string, string>>;
  /** Of the segments asked for: which ones are in the archive. */
  readonly segments: Readonly<Record<string, boolean>>;
}

export interface SqlLook {
  readonly kind: 'sql';
  readonly host: string;
  /** First column of the first row where there is one row and one column, else all rows. */
  readonly value: Value;
  readonly sqlstate?: string;
  /** The server's own words, with `sqlstate`. */
  readonly message?: string;
}

export interface FileLook {
  readonly kind: 'file';
  readonly host: string;
  readonly count: number;
  readonly text?: string;
  /** No folder is there that such files could be in. */
  readonly noFolder?: true;
}

export interface DcsLook {
  readonly kind: 'dcs';
  /** The keys asked for; null where the DCS has none. Values that are JSON are parsed. */
  readonly values: Readonly<Record<string, Value>>;
}

/** `unhealthy`: it answers that it cannot serve, for want of a leader or of space (etcd documentation, "health check"). */
export type EtcdHealth = 'healthy' | 'unhealthy' | 'unreachable';

export interface EtcdLook {
  readonly kind: 'etcd';
  /** By host. */
  readonly hosts: Readonly<Record<string, EtcdHealth>>;
}

/** `pg_stat_archiver` of a cluster's leader; times are Unix ms. */
export interface ArchiverLook {
  readonly kind: 'archiver';
  readonly host: string;
  readonly archived: number;
  readonly lastArchived: string | null;
  readonly lastArchivedAt: number | null;
  readonly failed: number;
  readonly lastFailed: string | null;
  readonly lastFailedAt: number | null;
}

/** A setting of PostgreSQL that is not its default, as pg_settings has it. */
export interface EffectiveSetting {
  readonly name: string;
  /** With its unit: `128MB`. */
  readonly value: string;
  /** pg_settings.source: `configuration file`, `command line`, ... */
  readonly source: string;
  /** `sourcefile` and `sourceline`: where it was set, such as `/var/lib/postgresql/18/main/postgresql.conf:12`. */
  readonly file?: string;
  /** Another value is configured and waits for a restart. */
  readonly pendingRestart?: true;
}

/** What is in effect on a server, for people: nothing is judged by it. Histories from before it was recorded have none. */
export interface SettingsLook {
  readonly kind: 'settings';
  readonly host: string;
  readonly settings: readonly EffectiveSetting[];
}

/** One ledger row that the workload wrote, as the client saw it. In `ledger.jsonl`, not in the history. */
export interface LedgerRow {
  readonly id: number;
  readonly outcome: 'acked' | 'open' | 'refused';
  readonly host: string;
  readonly xid?: string;
  readonly timeline?: number;
  /** The COMMIT record starts at or after this, ... */
  readonly after?: Lsn;
  /** ... and ends at or before this. */
  readonly before?: Lsn;
  /**
   * Engine's time at which the client knew the outcome. A look that began earlier says nothing about this row. Absent: before
   * every look.
   */
  readonly settled?: number;
  /** History of `timeline`, as in `LedgerLook`, which tells two timelines of one number apart. Absent: the number must do. */
  readonly ancestry?: readonly (readonly [timeline: number, fork: Lsn])[];
  readonly systemId?: string;
  readonly error?: string;
}

/** A point that scenarios recover to. `lsn` is the start of the mark row's COMMIT record. */
export interface MarkEvent {
  readonly type: 'mark';
  readonly name: string;
  readonly lsn: Lsn;
  readonly xid: string;
  /** Commit time in PostgreSQL's text form with microseconds and zone. */
  readonly time: string;
  readonly timeline: number;
  readonly wal: string;
  readonly systemId: string;
  /** The mark's own row in the ledger. */
  readonly row: number;
  /** The timeline's ancestors at the mark, as in `LedgerLook`. */
  readonly ancestry: readonly (readonly [timeline: number, fork: Lsn])[];
}

/** The recorder's own clock. `late` is how much later than due it came, in ms; over 1000 the recorder was starved. */
export interface Heartbeat {
  readonly type: 'heartbeat';
  readonly late: number;
}

/**
 * What a person did in a run that was stepped through. About step `step`: `tried-again`: it is carried out once more, whatever
 * came of it before; `passed-over`: it is not carried out (its `step-started` says so too); `went-on`: the run went on although
 * it had something to show by then. `ran`: something that is not in the plan, `what`, before that step or after the last.
 */
export interface ByHand {
  readonly type: 'by-hand';
  readonly did: 'tried-again' | 'passed-over' | 'went-on' | 'ran';
  readonly step: string;
  readonly what?: string;
}

/** Last event of a history that ended by itself. `cut-short`: interrupted, or the lab broke. */
export interface RunEnded {
  readonly type: 'run-ended';
  readonly reason: 'completed' | 'cut-short';
  readonly detail?: string;
  /** How many rows the ledger got: one with fewer was cut short. Absent where no workload could run. */
  readonly rows?: number;
  /** Capabilities of the scenario's `needs` that this machine lacks; with these, nothing was tried. */
  readonly unsupported?: readonly string[];
}

export type EventBody =
  | RunStarted
  | LogEvent
  | ReadThrough
  | StepStarted
  | StepEnded
  | LookEvent
  | LookAgain
  | MarkEvent
  | Heartbeat
  | ByHand
  | RunEnded;

export type Event = EventBody & Stamped;
