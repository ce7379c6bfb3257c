import { describe, expect, it } from 'vitest';
import { hostReference, withReferences } from '../../lab/scenario/host-reference.ts';
import { readScenario } from '../../lab/scenario/plan-scenario.ts';
import { joinOf, nameFor, unjoined, writeRecorded } from '../../lab/scenario/recorded-scenario.ts';
import type { RawStep } from '../../lab/scenario/typed-step.ts';
import { catalogue } from '../topology/catalogue.ts';

const frame = {
  name: 'lost-leader',
  proves: 'A standby takes over: always.',
  source: 'recorded: by hand on 2026-11-24, on a lab of three-nodes-repo-host',
  lab: { preset: 'three-nodes-repo-host', dcs: { ttl: 30 } },
} as const;

const led: RawStep = { expect: { cluster: { leader: { not: '${kill.on}' } } }, within: '60s', as: 'after-kill' };
const steps: readonly RawStep[] = [{ mark: 'before' }, { kill: 'leader', as: 'kill' }, led, { start: '${kill.on}', as: 'start' }];

const lint = (of: readonly RawStep[]) => {
  const text = writeRecorded({ ...frame, steps: of });
  const { plans, problems, advice } = readScenario({ file: 'lost-leader.yaml', text }, { catalogue });
  return { text, plans, mistakes: [...problems, ...advice].map(({ message }) => message) };
};

describe('a recorded scenario', () => {
  it('is one that lint has nothing against, whose mutant leaves out what was done and keeps its name', () => {
    const { plans, mistakes } = lint(steps);
    expect(mistakes).toEqual([]);
    expect(plans.map(({ variant, mustFail }) => [variant, mustFail?.name])).toEqual([
      ['recorded', undefined],
      ['mutant', 'after-kill'],
    ]);
    expect(plans.map((plan) => plan.steps.map(({ verb, name }) => `${verb} ${name}`))).toEqual([
      ['mark before', 'kill kill', 'expect after-kill', 'start start'],
      ['mark before', 'exec kill', 'expect after-kill', 'start start'],
    ]);
  });

  it('reads as people write it', async () => {
    await expect(lint(steps).text).toMatchFileSnapshot('recorded/lost-leader.txt');
  });

  it('stands in for what records more than where it ran, and undoes nothing that was not done', () => {
    const backup = [
      { pgbackrest: 'backup --type=full', as: 'backup' },
      { expect: { repo: { backups: 2 } }, as: 'two' },
      { sql: 'select 1 -- ${backup.label}' },
    ];
    expect(lint(backup).mistakes).toEqual([]);
    const cut = [
      { cut: { from: 'leader', to: 'etcd' }, as: 'cut' },
      { ...led, expect: { cluster: { leader: { not: '${cut.on}' } } } },
      { heal: 'cut' },
    ];
    expect(lint(cut).mistakes).toEqual([]);
    expect(lint(cut).plans[1]?.steps.map(({ verb }) => verb)).toEqual(['exec', 'expect']);
  });

  it('has no mutant where what would be left out does nothing, and leaves out what was done before it', () => {
    const noticed = { expect: { cluster: { leader: 'pg1' } }, as: 'seen' };
    const harmless: RawStep = { sql: 'select 1', as: 'sql' };
    expect(lint([harmless, noticed]).plans.map(({ variant }) => variant)).toEqual(['recorded']);
    const { plans } = lint([{ kill: 'leader', as: 'kill' }, harmless, noticed]);
    expect(plans[1]?.steps.map(({ verb }) => verb)).toEqual(['exec', 'sql', 'expect']);
  });

  it('that starts a host leaves it down in the mutant, and asks nothing of it', () => {
    const led = { expect: { log: { on: '${start.on}', since: 'start', lines: [{ postgres: 'database system is ready' }] } }, as: 'back' };
    const { plans, mistakes } = lint([{ kill: 'pg1' }, { start: 'pg1', as: 'start' }, led]);
    expect(mistakes).toEqual([]);
    expect(plans[1]?.steps.map(({ verb, name }) => `${verb} ${name}`)).toEqual(['kill undefined', 'exec start', 'expect back']);
    expect(plans[1]?.steps[1]).toMatchObject({ args: { on: 'etcd1', run: 'true' } });
    // The line is looked for where the host would have started, and not where the stand-in ran.
    expect(plans[1]?.steps[2]).toMatchObject({ args: { clauses: [{ claim: { on: 'pg1' } }] } });
  });

  it('waits for what went on in the background, which ends as it did', () => {
    const behind: RawStep = { pgbackrest: 'backup --type=full', as: 'backup', background: true };
    const join = joinOf([{ name: 'backup', exit: 0, took: 25 }]);
    expect(join).toEqual({ expect: { value: { '${backup.exit}': 0 } }, within: '80s' });
    expect(unjoined([behind, { sql: 'select 1' }])).toEqual(['backup']);
    expect(unjoined([behind, { sql: 'select 1' }, join])).toEqual([]);
    const noticed: RawStep = { expect: { repo: { backups: 2 } }, as: 'two' };
    expect(lint([behind, { sql: 'select 1', as: 'sql' }, join, noticed]).mistakes).toEqual([]);
  });

  it('that expects nothing has no mutant, and says what is missing', () => {
    const { text, mistakes } = lint([{ kill: 'leader', as: 'kill' }]);
    expect(text).toContain('add an expect with `as`, and a variant with must-fail');
    expect(mistakes.length).toBe(2);
  });

  it.each([
    [{ kill: 'leader' }, 'kill-2'],
    [{ pgbackrest: '--log-level-console=info backup' }, 'backup'],
    [{ patronictl: { on: 'pg1', run: 'reinit demo pg2' } }, 'reinit'],
    [{ exec: { on: 'pg1', run: 'ls' } }, 'exec'],
    [{ kill: 'leader', as: 'mine' }, undefined],
    [{ workload: 'start' }, undefined],
  ])('names %j', (step, name) => {
    expect(nameFor(step, ['kill'])).toBe(name);
  });
});

describe('hosts in a recording', () => {
  const facts = { clusters: { main: ['pg1', 'pg2', 'pg3'], alone: ['s1'] }, repo: ['repo'] };
  const names = { vars: {}, values: { cluster: 'demo', before: { leader: 'pg1', replica: 'pg2' }, kill: { on: 'pg1' } } };

  it('are called by what they were last', () => {
    expect(['pg1', 'pg2', 'pg3', 's1', 'repo'].map((host) => hostReference(host, names, facts))).toEqual([
      '${kill.on}',
      '${before.replica}',
      undefined,
      undefined,
      'repo',
    ]);
  });

  it('that are typed become references, where they are words of their own', () => {
    const typed = (step: RawStep) => withReferences(step, names, facts, 'demo');
    expect(typed({ start: 'pg1' })).toEqual({ start: '${kill.on}' });
    expect(typed({ patronictl: 'reinit demo pg2 --force' })).toEqual({ patronictl: 'reinit ${cluster} ${before.replica} --force' });
    expect(typed({ exec: { on: 'pg3', run: 'ls /var/pg1 pg1-old x.pg1' } })).toEqual({
      exec: { on: 'pg3', run: 'ls /var/pg1 pg1-old x.pg1' },
    });
    expect(typed({ stop: 'pg2', as: 'pg1' })).toEqual({ stop: '${before.replica}', as: 'pg1' });
    expect(typed({ expect: { cluster: { leader: { not: '${kill.on}' } } } })).toEqual({
      expect: { cluster: { leader: { not: '${kill.on}' } } },
    });
  });
});
