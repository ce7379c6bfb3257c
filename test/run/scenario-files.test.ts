import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { planTyped, readScenarioFiles, scenarioNames } from '../../lab/run/scenario-files.ts';
import { planOf } from '../verdict/a-run.ts';

test('a scenario that is named twice, by name and by path, is one scenario', () => {
  const named = [
    'standby-rebuild',
    'issues/pgbackrest-270',
    'scenarios/standby-rebuild.yaml',
    'pgbackrest-270',
    './scenarios/standby-rebuild.yaml',
  ];
  expect(readScenarioFiles(named).map(({ file }) => file)).toEqual([
    'scenarios/standby-rebuild.yaml',
    'scenarios/issues/pgbackrest-270.yaml',
  ]);
});

test('a folder is every scenario in it, and one without any is a mistake', () => {
  const all = scenarioNames().map((name) => `scenarios/${name}.yaml`);
  expect(
    readScenarioFiles(['scenarios'])
      .map(({ file }) => file)
      .sort(),
  ).toEqual(all.sort());
  const issues = all.filter((file) => file.includes('/issues/'));
  expect(readScenarioFiles(['scenarios/issues/', 'scenarios/issues']).map(({ file }) => file)).toEqual(issues);
  expect(() => readScenarioFiles(['docs'])).toThrow('there is no scenario in docs');
});

test('the copy that a run keeps is not another scenario', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pglab-folders-'));
  try {
    for (const [file, text] of Object.entries({
      'mine.yaml': 'scenario: mine',
      'yours.yml': 'scenario: yours',
      'runs/1-mine/scenario.yaml': '',
      'runs/1-mine/history.jsonl': '',
    })) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), text);
    }
    expect(readScenarioFiles([folder]).map(({ file }) => basename(file))).toEqual(['mine.yaml', 'yours.yml']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a folder that is called as a scenario of the project does not hide it', () => {
  const here = process.cwd();
  const elsewhere = mkdtempSync(join(tmpdir(), 'pglab-folders-'));
  try {
    mkdirSync(join(elsewhere, 'standby-rebuild'));
    process.chdir(elsewhere);
    expect(readScenarioFiles(['standby-rebuild']).map(({ file }) => basename(file))).toEqual(['standby-rebuild.yaml']);
  } finally {
    process.chdir(here);
    rmSync(elsewhere, { recursive: true });
  }
});

test("the scenario's own faults can be healed by hand, and what is done by hand has a name of its own each time", () => {
  const plan = planOf('- freeze: pg2\n  as: frozen\n- stop: pg3\n  as: down');
  const values = { frozen: { on: 'pg2' } };
  const typed = [planTyped(plan, { heal: 'frozen' }, values), planTyped(plan, { freeze: '${frozen.on}' }, values)];
  expect(typed).toMatchObject([{ step: { verb: 'heal', args: { fault: 'frozen' } } }, { step: { verb: 'freeze' } }]);
  expect(typed[0]?.step?.id).not.toBe(typed[1]?.step?.id);
  expect(planTyped(plan, { heal: 'down' }, values).problem).toContain('no fault before this is named down');
});

test.each(['standby-rebuild/mutant', 'standby-rebuild:mutant', 'standby-rebuild (mutant)'])('%s is a variant', (name) => {
  expect(() => readScenarioFiles([name])).toThrow(
    expect.objectContaining({ hint: expect.stringContaining('standby-rebuild --variant mutant') }),
  );
});
