/** Whether a step that is not an `expect` did what it should, by what was recorded of it. */
import { formatDuration } from '../core/duration.ts';
import type { HostResult, StepResult } from '../core/event.ts';
import { shorten } from '../core/shorten.ts';
import type { Fails, PlannedStep } from '../scenario/plan.ts';
import { runsProgram } from '../scenario/verbs/verbs.ts';
import type { FindingReason } from './verdict.ts';

export interface StepShortfall {
  readonly verdict: 'fail' | 'unknown';
  readonly reason: FindingReason;
  readonly message: string;
}

/**
 * undefined where the step went as planned. Exit codes: a program that fails as `fails` says went as planned. `took`: from its start to
 * its end, ms: what is done, but not within its `within`, is late.
 */
export function stepShortfall(step: PlannedStep, result: StepResult, took: number): StepShortfall | undefined {
  const { outcome, reason } = result;
  if (outcome === 'not-reached') return { verdict: 'fail', reason: 'not-reached', message: reason ?? 'did not get as far as it should' };
  if (outcome !== 'done') return { verdict: 'unknown', reason: outcome, message: reason ?? `${outcome}, and nobody said why` };
  if (step.within !== undefined && took > step.within) {
    const message = `it took ${formatDuration(took)}, and ${formatDuration(step.within)} was all that it may take`;
    return { verdict: 'fail', reason: 'not-reached', message };
  }
  if (runsProgram(step.verb) && result.exit === undefined)
    return { verdict: 'unknown', reason: 'broken', message: 'nobody wrote down how it exited' };
  if (step.fails === undefined) {
    if (!failed(result)) return undefined;
    return { verdict: 'fail', reason: 'exit', message: `${shown(result)}, expected success${tail(result)}` };
  }
  const { fails } = step;
  const ends = result.each ?? [result];
  const other = ends.find((one) => !matchesFails(fails, one));
  if (!other) {
    const slip = fails === true ? ends.map((one) => slipIn(step.verb, one)).find((found) => found !== undefined) : undefined;
    if (slip === undefined) return undefined;
    const message = `${shown(result)}: ${slip}, which is hardly the failure that is meant${tail(result)}`;
    return { verdict: 'fail', reason: 'exit', message };
  }
  const wanted = fails === true ? 'a failure' : fails.join(' or ');
  const who = 'host' in other ? `on ${other.host} it ` : '';
  return failed(other)
    ? { verdict: 'fail', reason: 'exit', message: `${who}${shown(other)}, expected ${wanted}${tail(result)}` }
    : { verdict: 'fail', reason: 'did-not-fail', message: `${who}succeeded, expected ${wanted}${tail(result)}` };
}

type Ended = Pick<StepResult, 'exit' | 'sqlstate'> | HostResult;

function failed(result: Ended): boolean {
  return (result.exit !== undefined && result.exit !== 0) || isError(result.sqlstate);
}

/** Classes 00, 01 and 02 are success, warning and no data (PostgreSQL, appendix A). */
function isError(sqlstate: string | undefined): boolean {
  return sqlstate !== undefined && !/^0[012]/.test(sqlstate);
}

/** A number is an exit code, text a SQLSTATE; either way round where it is written so. */
function matchesFails(fails: Fails, result: Ended): boolean {
  if (!failed(result)) return fails !== true && fails.includes(0);
  if (fails === true) return true;
  return fails.some(
    (code) =>
      String(code) === String(result.exit) || (isError(result.sqlstate) && String(code).toUpperCase() === result.sqlstate?.toUpperCase()),
  );
}

/**
 * What a mistake in the command itself looks like; undefined for any other end. Codes: POSIX shells; PostgreSQL, appendix A; pgBackRest's
 * src/build/error/error.yaml; click, which patronictl is made with.
 */
function slipIn(verb: PlannedStep['verb'], { exit, sqlstate }: Ended): string | undefined {
  if (sqlstate === '42601') return 'a syntax error';
  if (exit === 126 || exit === 127) return 'there is no such command';
  if (verb === 'pgbackrest' && exit !== undefined && ((exit >= 31 && exit <= 36) || exit === 48))
    return 'pgBackRest takes no such command or option';
  return verb === 'patronictl' && exit === 2 ? 'patronictl takes no such command or option' : undefined;
}

function shown(result: Ended): string {
  return isError(result.sqlstate) ? `failed with SQLSTATE ${result.sqlstate}` : `exited with ${result.exit}`;
}

/** The last words that a program had to say. */
function tail({ stdout, stderr }: StepResult): string {
  const lines = [stderr, stdout].map(lastLines).find(({ length }) => length > 0) ?? [];
  return lines.length === 0 ? '' : `; it said: ${shorten(lines.map((line) => line.trim()).join(' / '), 500)}`;
}

/** At most three that are not blank, each at most 300 characters of it: from the first error on, else the last. */
export function lastLines(text = ''): readonly string[] {
  const lines = text
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '');
  const first = lines.findIndex((line) => /\b(ERROR|FATAL|PANIC):/.test(line));
  const shown = first < 0 ? lines.slice(-3) : lines.slice(first, first + 3);
  return shown.map((line) => shorten(line, 300));
}
