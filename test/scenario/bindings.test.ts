import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Event, EventBody } from '../../lab/core/event.ts';
import { parseLsn } from '../../lab/core/lsn.ts';
import { bind, namesAt, startBindings } from '../../lab/scenario/bindings.ts';
import { expand } from '../../lab/scenario/expand.ts';
import { readScenario } from '../../lab/scenario/plan-scenario.ts';
import { catalogue } from '../topology/catalogue.ts';

const file = new URL('good/pitr-keeps-its-target.yaml', import.meta.url);
const [plan] = readScenario({ file: 'pitr-keeps-its-target.yaml', text: readFileSync(file, 'utf8') }, { catalogue }, ['remedy']).plans;
if (!plan) throw new Error('the scenario has no plan');
const steps = plan.steps;
const idOf = (name: string) => steps.find((step) => step.name === name)?.id ?? '';
const stamp = (body: EventBody, seq: number): Event => ({ ...body, seq, at: 1000 + seq });

const bodies: EventBody[] = [
  {
    type: 'step-ended',
    step: idOf('full'),
    result: { outcome: 'done', exit: 0, stdout: 'ok\n', fields: { label: '20261122-1F', on: 'repo' } },
  },
  {
    type: 'mark',
    name: 'cut',
    lsn: parseLsn('0/60027B0'),
    xid: '745',
    time: '2026-11-22 20:00:00+00',
    timeline: 1,
    wal: '000000010000000000000006',
    systemId: '75',
    row: 101,
    ancestry: [],
  },
  { type: 'step-ended', step: idOf('cut'), result: { outcome: 'done', fields: { leader: 'pg2' } } },
  { type: 'step-started', step: idOf('reset'), title: 'recipe', resolved: { pg1: ['pg1'], members: ['pg1', 'pg2', 'pg3'] } },
];
const bindings = bodies.map(stamp).reduce(bind, startBindings(plan));

describe('bindings', () => {
  const at = (id: string, value: string) => expand(value, namesAt(bindings, id));

  it('fills in what steps and marks recorded', () => {
    expect(at('s1', '${full.label} ${full.stdout} ${full.exit}')).toEqual({ ok: true, value: '20261122-1F ok 0' });
    expect(at('s1', '${cut.lsn} ${cut.leader} ${cut.system-id}')).toEqual({ ok: true, value: '0/60027B0 pg2 75' });
    expect(at('s1', '${how}')).toEqual({ ok: true, value: '--type=lsn --target="0/60027B0"' });
    expect(at('s1', '${cluster}')).toEqual({ ok: true, value: 'demo' });
    expect(at('s1', '${past.lsn}')).toMatchObject({ ok: false, unbound: { why: 'unknown-name' } });
  });

  it("gives a recipe's steps its parameters, and nothing of the scenario's", () => {
    const inside = `${idOf('reset')}.1`;
    expect(at(inside, '${members}')).toEqual({ ok: true, value: ['pg1', 'pg2', 'pg3'] });
    expect(at(inside, '${first} ${cluster} ${forget}')).toEqual({ ok: true, value: 'pg1 demo after' });
    expect(at(inside, '${cut.lsn}')).toMatchObject({ ok: false });
  });
});
