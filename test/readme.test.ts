import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { verbTable } from '../lab/cli/verb-table.ts';
import { projectFolder } from '../lab/core/project.ts';
import { planFile } from '../lab/run/scenario-files.ts';

const readme = readFileSync(join(projectFolder, 'README.md'), 'utf8');

test("the README's scenario is right, and lint has nothing to add but the file's name", () => {
  const text = /```yaml\n(.*?)```/s.exec(readme)?.[1] ?? '';
  const planned = planFile({ file: 'reinit-from-backup.yaml', text });
  expect(planned.problems).toEqual([]);
  expect(planned.advice).toEqual([]);
  expect(planned.plans.map((plan) => plan.variant)).toEqual(['remedy', 'mutant']);
});

test('every npm script that the README names is there, and so is its verb', () => {
  const { scripts } = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
  const named = [...new Set([...readme.matchAll(/npm run (?:-s )?([\w:]+)/g)].map(([, name]) => name ?? ''))];
  expect(named.length).toBeGreaterThan(8);
  for (const name of named) {
    expect(scripts, name).toHaveProperty(name);
    if (name.startsWith('lab:')) expect(verbTable.map((verb) => `lab:${verb.name}`)).toContain(name);
  }
});
