/** A verdict as `verdict.json`, and back. */
import { LabError } from '../core/problem.ts';
import type { Verdict } from '../verdict/verdict.ts';

export function renderJson(verdict: Verdict): string {
  return `${JSON.stringify(verdict, null, 2)}\n`;
}

/** Reads what `renderJson` wrote. Throws LabError where it is something else, or of a newer format. */
export function readVerdict(text: string): Verdict {
  const bad = (what: string) => new LabError(`this is no verdict: ${what}`, { hint: 'verdict.json of a run folder is one' });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw bad(error instanceof Error ? error.message : String(error));
  }
  const { format, verdict, steps } = (typeof value === 'object' && value !== null ? value : {}) as Partial<Verdict>;
  if (format !== 1) throw bad(`its format is ${JSON.stringify(format)}, and this program reads format 1`);
  if (!['pass', 'fail', 'unknown'].includes(verdict ?? '') || !Array.isArray(steps)) throw bad('it has no verdict, or no steps');
  return value as Verdict;
}
