/** Runs on real labs, as `.lab/runs/` had them (without configs and logs); most trimmed by scripts/trim-history.ts. */
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Event, LedgerRow } from '../lab/core/event.ts';
import type { Plan } from '../lab/scenario/plan.ts';

const folder = new URL('./histories/', import.meta.url);

export const storedRuns: readonly string[] = readdirSync(folder).sort();

export function storedRun(name: string) {
  const text = (file: string) => readFileSync(new URL(`${name}/${file}`, folder), 'utf8');
  const lines = <T>(file: string): T[] =>
    text(file)
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as T);
  return { plan: JSON.parse(text('plan.json')) as Plan, history: lines<Event>('history.jsonl'), rows: lines<LedgerRow>('ledger.jsonl') };
}

/** A run folder of a stored run, with files of one's own. */
export async function writeRunFolder(folder: string, name: string, more: Readonly<Record<string, string>>): Promise<void> {
  const { plan, history, rows } = storedRun(name);
  const lines = (all: readonly object[]) => all.map((one) => `${JSON.stringify(one)}\n`).join('');
  const files = { 'plan.json': JSON.stringify(plan), 'history.jsonl': lines(history), 'ledger.jsonl': lines(rows), ...more };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}
