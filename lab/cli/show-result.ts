/** What came of a step, as somebody who typed it wants to see it: what it printed, else the proof that it acted. */
import type { StepResult } from '../core/event.ts';
import type { Paint } from './paint.ts';

export function showResult({ outcome, exit, sqlstate, stdout = '', stderr = '', reason }: StepResult, paint: Paint): string {
  const printed = [stdout, stderr].map((text) => text.trimEnd()).filter((text) => text !== '');
  const failed = outcome !== 'done' || (exit ?? 0) !== 0 || sqlstate !== undefined;
  const code = sqlstate === undefined ? (exit ?? 0) !== 0 && `exit code ${exit}` : `SQLSTATE ${sqlstate}`;
  const aside = [outcome !== 'done' && outcome, code, reason].filter((part) => part).join(': ');
  return [...printed, ...(aside === '' ? [] : [failed ? paint.red(aside) : paint.dim(aside)])].join('\n') || paint.dim('done');
}
