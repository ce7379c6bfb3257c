import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Event, LedgerRow } from '../../lab/core/event.ts';
import type { Plan } from '../../lab/scenario/plan.ts';
import { createJudge, judge } from '../../lab/verdict/judge.ts';

/** Runs on real labs, as `.lab/runs/` had them (without configs and logs). */
const folder = new URL('../histories/', import.meta.url);
const text = (name: string, file: string) => readFileSync(new URL(`${name}/${file}`, folder), 'utf8');
const lines = <T>(name: string, file: string): T[] =>
  text(name, file)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);

function recorded(name: string) {
  const plan = JSON.parse(text(name, 'plan.json')) as Plan;
  return { plan, history: lines<Event>(name, 'history.jsonl'), rows: lines<LedgerRow>(name, 'ledger.jsonl') };
}

/** What each showed. */
const shown: Readonly<Record<string, object>> = {
  'standby-rebuild-pgbackrest': { verdict: 'pass' },
  'pitr-keeps-its-target-remedy': { verdict: 'pass' },
  'pitr-keeps-its-target-mutant': {
    verdict: 'pass',
    because: { stepName: 'kept', reason: 'expectation-false' },
    mutant: { failedAt: { name: 'kept' } },
  },
  'standby-rebuild-fallback-mutant': { verdict: 'pass', because: { stepName: 'rebuilt' } },
  'watchdog-required-automatic': { verdict: 'fail', because: { stepName: 'elected', reason: 'expectation-false' } },
  'failover-then-backup-rewind': { verdict: 'unknown', because: { reason: 'unproven' } },
};

describe('recorded runs', () => {
  it('are all named here', () => {
    expect(readdirSync(folder).sort()).toEqual(Object.keys(shown).sort());
  });

  it.each(Object.entries(shown))('%s', (name, verdict) => {
    const { plan, history, rows } = recorded(name);
    expect(judge(plan, history, rows)).toMatchObject(verdict);
  });

  it.each(Object.keys(shown))('%s is judged the same live, rows coming as they settle', (name) => {
    const { plan, history, rows } = recorded(name);
    const live = createJudge(plan);
    const waiting = rows.toSorted((a, b) => (a.settled ?? 0) - (b.settled ?? 0));
    for (const event of history) {
      while (waiting[0] && (waiting[0].settled ?? 0) <= event.at) live.feedRow(waiting.shift() as LedgerRow);
      live.feed(event);
      live.active();
    }
    for (const row of waiting) live.feedRow(row);
    expect(live.end()).toEqual(judge(plan, history, rows));
  });

  it.each(Object.keys(shown))('%s passes in no part of its history', (name) => {
    const { plan, history, rows } = recorded(name);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: history.length - 1 }), (length) => {
        expect(judge(plan, history.slice(0, length), rows).verdict).not.toBe('pass');
      }),
      { numRuns: 15 },
    );
  });

  it('name the event that met each expected line', () => {
    const { plan, history, rows } = recorded('standby-rebuild-pgbackrest');
    const rebuilt = judge(plan, history, rows).steps.find((step) => step.name === 'rebuilt');
    const met = rebuilt?.clauses?.flatMap((clause) => clause.lines ?? []).filter((line) => line.role === 'expected') ?? [];
    expect(met.length).toBeGreaterThan(8);
    for (const line of met) expect(history[line.by?.seq ?? -1]).toMatchObject({ type: 'log', text: line.by?.text });
    const times = met.map((line) => line.by?.at ?? 0);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });
});
