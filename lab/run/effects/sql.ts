/** sql: statements run as the superuser over the published port, with the SQLSTATE of what fails. */

import type { HostResult } from '../../core/event.ts';
import type { Host } from '../../engine/lab.ts';
import { openSession, type Row, serverOf, sqlstateOf } from '../../observe/postgres.ts';
import type { Effect, StepContext } from './effect.ts';

/** A statement without an answer by then has failed, ms. */
const patience = 60_000;

export const sql: Effect<'sql'> = {
  selectors: (args) => [args.on ?? 'leader'],
  run: async (ctx, args) => {
    const hosts = ctx.hosts(args.on ?? 'leader');
    if (ctx.elsewhere) {
      const { exit, stdout, stderr } = await ctx.elsewhere(() => {});
      return { on: hosts, exit: exit === 0 ? 0 : 1, stdout, stderr };
    }
    const results = await Promise.all(hosts.map((host) => runOn(ctx, host, args.run)));
    const failed = results.find((result) => result.sqlstate !== undefined);
    return {
      on: hosts,
      exit: failed ? 1 : 0,
      ...(hosts.length > 1 ? { each: hosts.map(({ name }, index) => endOn(name, results[index]?.sqlstate)) } : {}),
      stdout: results.map((result) => result.stdout).join(''),
      stderr: failed?.stderr ?? '',
      ...(failed?.sqlstate === undefined ? {} : { sqlstate: failed.sqlstate }),
    };
  },
};

async function runOn(ctx: StepContext, host: Host, text: string): Promise<{ stdout: string; stderr: string; sqlstate?: string }> {
  let session: Awaited<ReturnType<typeof openSession>> | undefined;
  try {
    session = await openSession(serverOf(ctx.lab, host), ctx.within ?? patience, 'pglab sql');
    const rows = await session.query(text);
    return { stdout: rows.map((row) => `${unaligned(row)}\n`).join(''), stderr: '' };
  } catch (error) {
    // 08006 connection_failure: what libpq's clients report where no server answers at all.
    return { stdout: '', stderr: String(error), sqlstate: sqlstateOf(error) ?? '08006' };
  } finally {
    await session?.close().catch(() => undefined);
  }
}

function endOn(host: string, sqlstate: string | undefined): HostResult {
  return { host, exit: sqlstate === undefined ? 0 : 1, ...(sqlstate === undefined ? {} : { sqlstate }) };
}

/** As `psql -At` prints it. */
function unaligned(row: Row): string {
  return row.map((value) => (value === null ? '' : value === true ? 't' : value === false ? 'f' : String(value))).join('|');
}
