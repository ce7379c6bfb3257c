import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { renderProblems, sortProblems } from '../../lab/scenario/code-frame.ts';
import { allSteps, type Plan } from '../../lab/scenario/plan.ts';
import { type Planned, readScenario } from '../../lab/scenario/plan-scenario.ts';
import { catalogue } from '../topology/catalogue.ts';

const folder = new URL('.', import.meta.url);

function read(path: string): { planned: Planned; shown: string } {
  const text = readFileSync(new URL(path, folder), 'utf8');
  const planned = readScenario({ file: path.split('/').at(-1) ?? path, text }, { catalogue });
  const shown = [
    renderProblems(planned.problems, planned.sources),
    ...(planned.advice.length > 0 ? [`--- advice ---\n${renderProblems(planned.advice, planned.sources)}`] : []),
  ];
  return { planned, shown: `${shown.filter((part) => part !== '').join('\n\n')}\n` };
}

describe('good scenarios', () => {
  for (const name of readdirSync(new URL('good/', folder)).filter((file) => file.endsWith('.yaml'))) {
    it(`${name} plans without a word`, () => {
      const { planned } = read(`good/${name}`);
      expect(renderProblems(sortProblems([...planned.problems, ...planned.advice]), planned.sources)).toBe('');
      expect(planned.plans.length).toBeGreaterThan(0);
      // A run folder keeps the plan as JSON, and is judged from it.
      expect(JSON.parse(JSON.stringify(planned.plans))).toEqual(planned.plans);
    });
  }
});

describe('bad scenarios', () => {
  for (const name of readdirSync(new URL('bad/', folder)).filter((file) => file.endsWith('.yaml'))) {
    it(`${name} is told what is wrong with it`, async () => {
      const { planned, shown } = read(`bad/${name}`);
      expect(planned.problems.length + planned.advice.length).toBeGreaterThan(0);
      if (planned.problems.length > 0) expect(planned.plans).toEqual([]);
      await expect(shown).toMatchFileSnapshot(`bad/${name.replace('.yaml', '.txt')}`);
    });
  }
});

describe('plans', () => {
  const plan = (file: string, variant: string): Plan => {
    const found = read(`good/${file}`).planned.plans.find((one) => one.variant === variant);
    if (!found) throw new Error(`no variant ${variant}`);
    return found;
  };

  it('gives a mutant the steps of the variant it extends, and the step it must fail at', () => {
    const remedy = plan('pitr-keeps-its-target.yaml', 'remedy');
    const mutant = plan('pitr-keeps-its-target.yaml', 'mutant');
    expect(mutant.steps).toEqual(remedy.steps);
    expect(mutant.vars).toEqual({ ...remedy.vars, keep: false });
    expect(mutant.steps.find((step) => step.id === mutant.mustFail?.step)?.name).toBe('kept');
  });

  it('leaves out what is for other variants', () => {
    const titles = (variant: string) => plan('split-off-leader.yaml', variant).steps.map((step) => step.title);
    expect(titles('synchronous')).toContain('expect sync streaming');
    expect(titles('asynchronous')).not.toContain('expect sync streaming');
    expect(titles('asynchronous').filter((title) => title === 'workload: 20 more rows')).toHaveLength(1);
    expect(titles('mutant')).not.toContain('workload: 20 more rows');
  });

  it('fills vars into the lab, with their types', () => {
    expect(plan('split-off-leader.yaml', 'synchronous').lab.dcs).toMatchObject({ synchronous_mode: true });
    expect(plan('split-off-leader.yaml', 'mutant').lab.dcs).toMatchObject({ synchronous_mode: false });
  });

  it("plans a recipe's steps below the step that calls it", () => {
    const reset = plan('pitr-keeps-its-target.yaml', 'remedy').steps.find((step) => step.name === 'reset');
    const inside = reset?.verb === 'recipe' ? reset.args.steps : [];
    expect(inside.map((step) => [step.id, step.title, step.file])).toEqual([
      [`${reset?.id}.1`, 'stop patroni on ${members}', 'recipe:reset-cluster'],
      [`${reset?.id}.2`, 'wipe ${members}', 'recipe:reset-cluster'],
      [`${reset?.id}.3`, 'start patroni on ${first}', 'recipe:reset-cluster'],
      [`${reset?.id}.4`, 'patronictl remove ${cluster} on ${first}', 'recipe:reset-cluster'],
    ]);
  });

  it('gives every clause its place', () => {
    const kept = plan('pitr-keeps-its-target.yaml', 'remedy').steps.find((step) => step.name === 'kept');
    const clauses = kept?.verb === 'expect' ? kept.args.clauses : [];
    expect(clauses.map((clause) => [clause.kind, clause.span.start.line])).toEqual([
      ['log', 38],
      ['cluster', 44],
      ['ledger', 45],
    ]);
    const log = clauses[0];
    expect(log?.kind === 'log' && log.claim.lines.map((line) => line.span.start.line)).toEqual([42, 43]);
  });

  it('has unique ids', () => {
    for (const { plans } of [read('good/pitr-keeps-its-target.yaml').planned, read('good/restore-test.yaml').planned]) {
      for (const one of plans) {
        const ids = allSteps(one.steps).map((step) => step.id);
        expect(new Set(ids).size).toBe(ids.length);
      }
    }
  });
});
