/** Offers from a run on a real lab (test/histories): what `reinit` brought about, as somebody who recorded it would have been shown. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../lab/core/event.ts';
import { type Cause, expectationOf, type LineOffer, offersOf } from '../../lab/report/offers.ts';
import { bind, startBindings } from '../../lab/scenario/bindings.ts';
import type { Names } from '../../lab/scenario/expand.ts';
import type { Plan, PlannedStep } from '../../lab/scenario/plan.ts';
import { failedOver, healthy, planOf, Run } from '../verdict/a-run.ts';

function recorded(name: string, step: string): Cause {
  const text = (file: string) => readFileSync(new URL(`../histories/${name}/${file}`, import.meta.url), 'utf8');
  const plan = JSON.parse(text('plan.json')) as Plan;
  const all = text('history.jsonl')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Event);
  const found = plan.steps.find((one) => one.name === step);
  if (!found) throw new Error(`no step ${step}`);
  const next = all.find((event) => event.type === 'step-started' && Number(event.step.slice(1)) > Number(found.id.slice(1)) + 1);
  const history = all.slice(0, next?.seq);
  return causeIn(plan, found, history);
}

function causeIn(plan: Plan, step: PlannedStep, history: readonly Event[]): Cause {
  const began = history.findIndex((event) => event.type === 'step-started' && event.step === step.id);
  const namesBy = (events: readonly Event[]) => events.reduce(bind, startBindings(plan)).scopes[''] as Names;
  return { step, history, before: namesBy(history.slice(0, began)), names: namesBy(history) };
}

/** A run in which pg1 is killed and pg2 takes over. */
function killed(): Cause {
  const plan = planOf('- mark: before\n- kill: leader\n  as: kill\n- expect: { cluster: { leader: { not: pg1 } } }');
  const run = new Run(plan).log('pg2', 'patroni', 'no action. I am (pg2), a secondary', { level: 'INFO', at: 1 });
  run.log('pg3', 'postgres', 'archive command failed with exit code 82', { level: 'WARNING', at: 2 }).at(3).cluster(healthy);
  run.add({ type: 'step-started', step: 's1', title: 'mark before', resolved: {} });
  run
    .end('s1', { fields: { leader: 'pg1', replica: 'pg2', timeline: 1 } })
    .at(4)
    .start('s2', { leader: ['pg1'] });
  run.end('s2', { fields: { on: 'pg1', timeline: 1 } });
  run.log('pg1', 'lab', 'host stopped', { at: 4.1 });
  run.log('pg3', 'postgres', 'archive command failed with exit code 83', { level: 'WARNING', at: 5 });
  run.log('pg3', 'patroni', 'Request failed to pg1: GET http://pg1:8008/patroni', { level: 'WARNING', at: 6 });
  run.log('pg2', 'postgres', 'selected new timeline ID: 2', { at: 24.2 });
  run.log('pg2', 'patroni', 'promoted self to leader by acquiring session lock', { at: 24 });
  run.log('pg3', 'postgres', 'disk of pg2 is odd, 12 times', { level: 'ERROR', at: 25 }).at(26).cluster(failedOver);
  return causeIn(plan, plan.steps[1] as PlannedStep, run.events);
}

describe('offers', () => {
  it('are the lines that tell what happened, each once, in the order of time, without what differs from run to run', () => {
    const lines = offersOf(recorded('standby-rebuild-pgbackrest', 'rebuild')).filter((offer): offer is LineOffer => offer.kind === 'line');
    const patterns = lines.map(({ program, pattern }) => `${program}: ${pattern}`);
    for (const expected of [
      'patroni: Leaving data directory uncleaned',
      'pgbackrest: restore command begin',
      'pgbackrest: restore command end: completed successfully (',
      'patroni: replica has been created using pgbackrest',
      'postgres: starting backup recovery with redo LSN',
      'postgres: started streaming WAL from primary at',
    ])
      expect(patterns).toContain(expected);
    expect(new Set(lines.map(({ host, program, pattern }) => `${host} ${program} ${pattern}`)).size).toBe(lines.length);
    expect(lines.map(({ at }) => at)).toEqual(lines.map(({ at }) => at).toSorted((a, b) => a - b));
    expect(patterns.filter((pattern) => /\d{8}-\d{6}F|[0-9A-F]{24}|\d+\/[0-9A-F]{5,}|exec-id/.test(pattern))).toEqual([]);
    expect([...new Set(lines.map(({ on }) => on))]).toContain('${damage.on}');
  });

  it('leave out what was said before, what hosts say of one that is down, and what is always said', () => {
    expect(offersOf(killed()).map(({ shown }) => shown)).toEqual([
      'pg1  lab: host stopped',
      'pg2  patroni: promoted self to leader by acquiring session lock',
      'pg2  postgres: selected new timeline ID: 2',
      'pg3  postgres: disk of pg2 is odd, 12 times',
      'pg2 leads, no longer pg1',
      'timeline 2, above 1',
      'all other replicas stream',
    ]);
  });

  it('name hosts by what they were: who takes over is luck', () => {
    const cause = killed();
    expect(expectationOf(offersOf(cause), cause, 'after-kill')).toEqual({
      expect: {
        log: [
          { on: '${kill.on}', since: 'kill', lines: [{ lab: 'host stopped' }] },
          { on: 'members but ${kill.on}', since: 'kill', lines: [{ patroni: 'promoted self to leader by acquiring session lock' }] },
          { on: 'members but ${kill.on}', since: 'kill', lines: [{ postgres: 'selected new timeline ID:' }] },
          { on: 'members but ${kill.on}', since: 'kill', lines: [{ postgres: '/disk of.*is odd,.*times/' }] },
        ],
        cluster: {
          leader: { not: '${kill.on}' },
          timeline: { above: '${before.timeline}' },
          members: { 'replicas but ${kill.on}': 'streaming' },
        },
      },
      within: '70s',
      as: 'after-kill',
    });
  });
});
