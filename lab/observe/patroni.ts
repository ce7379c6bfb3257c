/** Asks Patroni over its REST API, from outside the hosts. Only reads. */
import { formatLsn, type Lsn } from '../core/lsn.ts';
import type { Endpoint } from '../engine/lab.ts';
import { askHttp } from './http.ts';

/** What `GET /patroni` says of a member, in today's words (Patroni before 4 said `master` where it now says `primary`). */
export interface PatroniAnswer {
  readonly role: 'leader' | 'replica';
  /** Patroni's word; `streaming` or `in archive recovery` for a standby that says so. */
  readonly state: string;
  readonly timeline?: number;
  readonly systemId?: string;
  readonly paused: boolean;
  readonly sync: boolean;
  readonly pendingRestart: boolean;
  /** Last WAL position: written on a leader, received or replayed, whichever is further, on a replica. */
  readonly lsn?: Lsn;
  /** PostgreSQL, as `server_version_num`, e.g. 180006. */
  readonly serverVersion?: number;
  readonly patroniVersion?: string;
  /** Standbys that stream from this member, by application_name. */
  readonly streamingStandbys: readonly string[];
}

interface Body {
  state?: string;
  role?: string;
  timeline?: number;
  database_system_identifier?: string;
  pause?: boolean;
  pending_restart?: boolean;
  sync_standby?: boolean;
  quorum_standby?: boolean;
  replication_state?: string;
  server_version?: number;
  patroni?: { version?: string };
  xlog?: { location?: number; received_location?: number; replayed_location?: number };
  replication?: { application_name?: string; state?: string }[];
}

/** Resolves to undefined where nobody answers within `timeout` ms: no Patroni, a dead host, a frozen one. */
export async function askPatroni(endpoint: Endpoint | undefined, timeout = 1000): Promise<PatroniAnswer | undefined> {
  const body = (await getJson(endpoint, '/patroni', timeout)) as Body | undefined;
  if (body?.state === undefined) return undefined;
  const leads = body.role === 'primary' || body.role === 'master' || body.role === 'standby_leader';
  const position = body.xlog?.location ?? Math.max(body.xlog?.received_location ?? 0, body.xlog?.replayed_location ?? 0);
  return {
    role: leads ? 'leader' : 'replica',
    state: body.replication_state ?? body.state,
    paused: body.pause ?? false,
    sync: body.sync_standby ?? body.quorum_standby ?? false,
    pendingRestart: body.pending_restart ?? false,
    streamingStandbys: (body.replication ?? []).flatMap((each) =>
      each.state === 'streaming' && each.application_name ? [each.application_name] : [],
    ),
    ...(body.timeline === undefined ? {} : { timeline: body.timeline }),
    ...(body.database_system_identifier === undefined ? {} : { systemId: body.database_system_identifier }),
    ...(position > 0 ? { lsn: formatLsn(BigInt(position)) } : {}),
    ...(body.server_version === undefined ? {} : { serverVersion: body.server_version }),
    ...(body.patroni?.version === undefined ? {} : { patroniVersion: body.patroni.version }),
  };
}

/**
 * Whether a member holds the leader key, by its own lease of it; false where nobody answers. `GET /patroni` does not say: a standby
 * that somebody promoted by hand calls itself primary there as well (Patroni's documentation, "Patroni REST API", `GET /leader`).
 */
export async function holdsLeaderKey(endpoint: Endpoint | undefined, timeout = 1000): Promise<boolean> {
  return (await getAnswer(endpoint, '/leader', timeout))?.status === 200;
}

/** GET of a JSON body, whatever the status: Patroni answers 503 with a full body where PostgreSQL does not run. */
export async function getJson(endpoint: Endpoint | undefined, path: string, timeout: number): Promise<unknown> {
  return (await getAnswer(endpoint, path, timeout))?.body;
}

async function getAnswer(
  endpoint: Endpoint | undefined,
  path: string,
  timeout: number,
): Promise<{ status: number; body: unknown } | undefined> {
  if (!endpoint) return undefined;
  try {
    const { status, text } = await askHttp(endpoint, { path, timeout, often: true });
    return { status, body: JSON.parse(text) };
  } catch {
    return undefined;
  }
}
