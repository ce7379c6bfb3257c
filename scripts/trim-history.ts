/**
 * Makes a small copy of a run folder for test/histories: `node dist/scripts/trim-history.js <run folder>...`. Leaves out pulses, repeated
 * background looks, log entries that nobody goes by, and ledger rows, as far as the verdict stays the same.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Event, LedgerRow } from '../lab/core/event.ts';
import { projectFolder } from '../lab/core/project.ts';
import { type RecordedRun, readRun } from '../lab/run/judge-folder.ts';
import { judge } from '../lab/verdict/judge.ts';
import type { Verdict } from '../lab/verdict/verdict.ts';
import { rules } from '../lab/verdict/why/rules.ts';

/** What a trimmed history must still show. */
function shown({ verdict, because, causes, steps }: Verdict): string {
  return JSON.stringify([verdict, because?.step, because?.reason, causes?.map((cause) => cause.rule), steps.map((step) => step.state)]);
}

/** Seqs of the entries that the verdict quotes. */
function quotedIn(verdict: Verdict): ReadonlySet<number> {
  const seqs = new Set<number>();
  JSON.stringify(verdict, (key, value) => {
    if (key === 'seq' && typeof value === 'number') seqs.add(value);
    return value;
  });
  return seqs;
}

/** `from`: when the step that failed was started, whose looks must not be further apart than they were. */
function isNeeded(event: Event, quoted: ReadonlySet<number>, from: number): boolean {
  if (event.type === 'heartbeat') return event.late > 500;
  if (event.type === 'look-again') return /^s\d/.test(event.key) || event.at >= from;
  if (event.type !== 'log' || quoted.has(event.seq)) return true;
  return rules.some(({ lines }) => Object.values(lines).some((line) => line.program === event.program && line.pattern.test(event.text)));
}

/** Rows are left out as well. */
function withoutCount(event: Event): Event {
  if (event.type !== 'run-ended') return event;
  const { rows: _, ...rest } = event;
  return rest;
}

/** Numbers events anew. A look that refers to another always does so to the last of its key, which is never left out. */
function numbered(events: readonly Event[]): Event[] {
  const places = new Map(events.map((event, index) => [event.seq, index]));
  return events.map((event, seq) =>
    event.type === 'look-again' ? { ...event, seq, sameAs: places.get(event.sameAs) ?? event.sameAs } : { ...event, seq },
  );
}

function trim({ plan, history, ledger: rows }: RecordedRun): { readonly history: readonly Event[]; readonly rows: readonly LedgerRow[] } {
  const whole = judge(plan, history, rows);
  const quoted = quotedIn(whole);
  const failed = whole.steps.find((step) => step.id === whole.because?.step)?.started ?? Number.POSITIVE_INFINITY;
  for (const from of [failed, 0]) {
    const events = numbered(history.filter((event) => isNeeded(event, quoted, from)).map(withoutCount));
    for (const nth of [60, 30, 12, 5, 3, 2, 1]) {
      const some = rows.filter((row, index) => index % nth === 0 || row.outcome !== 'acked');
      if (shown(judge(plan, events, some)) === shown(whole)) return { history: events, rows: some };
    }
  }
  return { history, rows };
}

for (const folder of process.argv.slice(2)) {
  const run = readRun(folder);
  const { history, rows } = trim(run);
  const to = join(projectFolder, 'test', 'histories', `${run.plan.scenario}-${run.plan.variant}`);
  const lines = (all: readonly object[]) => all.map((one) => `${JSON.stringify(one)}\n`).join('');
  await mkdir(to, { recursive: true });
  await writeFile(join(to, 'plan.json'), `${JSON.stringify(run.plan)}\n`);
  await writeFile(join(to, 'history.jsonl'), lines(history));
  await writeFile(join(to, 'ledger.jsonl'), lines(rows));
  process.stdout.write(`${to}: ${history.length} of ${run.history.length} events, ${rows.length} of ${run.ledger.length} rows\n`);
}
