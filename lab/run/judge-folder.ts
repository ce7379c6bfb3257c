/** Reads a run folder and judges it again, from its files alone. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Event, LedgerRow } from '../core/event.ts';
import { LabError, UsageError } from '../core/problem.ts';
import type { Plan } from '../scenario/plan.ts';
import { type Judge, judge } from '../verdict/judge.ts';
import type { Verdict } from '../verdict/verdict.ts';
import type { Recorder } from './recorder.ts';
import { runFiles } from './run-folder.ts';
import { runRedactor } from './run-redactor.ts';

/** What a run recorded. */
export interface RecordedRun {
  readonly plan: Plan;
  /** The scenario file's text as it was then. */
  readonly source: string;
  readonly history: readonly Event[];
  readonly ledger: readonly LedgerRow[];
}

export interface Judged extends RecordedRun {
  readonly verdict: Verdict;
}

/** `shownAs`: what messages call the folder. Throws UsageError where it is no run's, or its history was cut, edited, or recorded by a newer version. */
export function judgeFolder(folder: string, shownAs = folder): Judged {
  const run = readRun(folder, shownAs);
  try {
    return { ...run, verdict: judgeRun(run) };
  } catch (error) {
    if (error instanceof LabError)
      throw new UsageError(`${shownAs}: ${error.message}`, {
        ...(error.hint === undefined ? {} : { hint: error.hint }),
        detail: error.detail,
      });
    // The files are JSON, but not a history: what the judge stumbled over is not worth a stack trace.
    throw new UsageError(`${shownAs} cannot be judged: ${(error as Error).message}`, {
      hint: 'its plan or its history was edited, or comes from another version of the lab',
    });
  }
}

/** A scenario's secrets are out of its history: what it expects is compared without them as well. */
function judgeRun({ plan, history, ledger }: RecordedRun): Verdict {
  const { text } = runRedactor(plan);
  const clean = <T>(data: T): T => JSON.parse(text(JSON.stringify(data))) as T;
  return holdsSecrets(plan) ? judge(clean(plan), history.map(clean), ledger) : judge(plan, history, ledger);
}

function holdsSecrets(plan: Plan): boolean {
  const written = JSON.stringify(plan);
  return runRedactor(plan).text(written) !== written;
}

/**
 * The verdict of whoever judged live, unless something that it saw was not written down: then what `judgeFolder` says of the folder,
 * whose files are all there.
 */
export function verdictAsWritten(live: Judge, { redacted }: Pick<Recorder, 'redacted'>, plan: Plan, folder: string): Verdict {
  return redacted || holdsSecrets(plan) ? judgeFolder(folder).verdict : live.end();
}

/** Throws UsageError as `judgeFolder` does; whether the history is sound is for the judge to say. */
export function readRun(folder: string, shownAs = folder): RecordedRun {
  const files: FilesOf = {
    text: (name) => read(folder, name, shownAs),
    wrong: (place, what) => new UsageError(`${join(shownAs, place)} ${what}`),
  };
  const history = parseLines<Event>(files, runFiles.history);
  const [first] = history;
  if (first?.type !== 'run-started') throw files.wrong(runFiles.history, 'does not begin with the start of a run');
  if (first.format !== 1) throw files.wrong('', `was recorded by a newer version of the lab (format ${String(first.format)})`);
  return {
    plan: parseJson<Plan>(files, runFiles.plan, files.text(runFiles.plan)),
    source: files.text(runFiles.scenario),
    history,
    ledger: parseLines<LedgerRow>(files, runFiles.ledger),
  };
}

interface FilesOf {
  readonly text: (name: string) => string;
  readonly wrong: (place: string, what: string) => UsageError;
}

function read(folder: string, name: string, shownAs: string): string {
  try {
    return readFileSync(join(folder, name), 'utf8');
  } catch {
    throw new UsageError(`${shownAs} is not the folder of a run: ${name} is missing or cannot be read`, {
      hint: 'npm run lab:replay leaves such folders in .lab/runs',
    });
  }
}

function parseLines<T>(files: FilesOf, name: string): T[] {
  return files
    .text(name)
    .split('\n')
    .flatMap((line, index) => (line === '' ? [] : [parseJson<T>(files, `${name}:${index + 1}`, line)]));
}

/** Throws UsageError where the text is not an object in JSON, which is all that a run's files hold. */
function parseJson<T>(files: FilesOf, place: string, text: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw files.wrong(place, 'is not JSON: the file was cut off or edited');
  }
  if (typeof value !== 'object' || value === null) throw files.wrong(place, 'is not an object: the file was edited');
  return value as T;
}
