/** Judges a run folder again, from its files alone. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Event, LedgerRow } from '../core/event.ts';
import { UsageError } from '../core/problem.ts';
import type { Plan } from '../scenario/plan.ts';
import { judge } from '../verdict/judge.ts';
import type { Verdict } from '../verdict/verdict.ts';
import { runFiles } from './run-folder.ts';

export interface Judged {
  readonly verdict: Verdict;
  readonly plan: Plan;
  readonly history: readonly Event[];
  readonly rows: readonly LedgerRow[];
  /** The scenario file's text as it was then. */
  readonly source: string;
}

/** Throws UsageError where the folder is no run's, and LabError where its history was cut or edited. */
export function judgeFolder(folder: string): Judged {
  const plan = parseJson<Plan>(folder, runFiles.plan, read(folder, runFiles.plan));
  const history = parseLines<Event>(folder, runFiles.history);
  const [first] = history;
  if (first?.type !== 'run-started') throw new UsageError(`${join(folder, runFiles.history)} does not begin with the start of a run`);
  if (first.format !== 1) throw new UsageError(`${folder} was recorded by a newer version of the lab (format ${String(first.format)})`);
  const rows = parseLines<LedgerRow>(folder, runFiles.ledger);
  return { verdict: judge(plan, history, rows), plan, history, rows, source: read(folder, runFiles.scenario) };
}

function read(folder: string, name: string): string {
  try {
    return readFileSync(join(folder, name), 'utf8');
  } catch {
    throw new UsageError(`${folder} is not the folder of a run: ${name} is missing or cannot be read`, {
      hint: 'npm run lab:replay leaves such folders in .lab/runs',
    });
  }
}

function parseLines<T>(folder: string, name: string): T[] {
  return read(folder, name)
    .split('\n')
    .flatMap((line, index) => (line === '' ? [] : [parseJson<T>(folder, `${name}:${index + 1}`, line)]));
}

function parseJson<T>(folder: string, place: string, text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new UsageError(`${join(folder, place)} is not JSON: the file was cut off or edited`);
  }
}
