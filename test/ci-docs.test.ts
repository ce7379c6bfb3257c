import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { verbTable } from '../lab/cli/verb-table.ts';
import { projectFolder } from '../lab/core/project.ts';

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly if?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly needs?: string;
  readonly strategy?: { readonly matrix: { readonly shard: readonly number[] } };
  readonly steps: readonly Step[];
}

const docs = readFileSync(join(projectFolder, 'docs', 'ci.md'), 'utf8');
const workflow = parse(/```yaml\n(.*?)```/s.exec(docs)?.[1] ?? '') as { readonly jobs: Readonly<Record<string, Job>> };
const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);
const { scripts } = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8')) as { scripts: Record<string, string> };

test('the workflow has jobs that depend on jobs that there are', () => {
  expect(steps.length).toBeGreaterThan(10);
  for (const { needs } of Object.values(workflow.jobs)) if (needs !== undefined) expect(workflow.jobs).toHaveProperty(needs);
});

test('its commands exist, with their options', async () => {
  const lines = steps.flatMap(({ run }) => (run === undefined ? [] : [run]));
  const commands = [...lines, ...[...docs.matchAll(/`(npm [^`]+)`/g)].map(([, command]) => command ?? '')];
  const npm = commands.filter((line) => line.includes('npm run '));
  expect(npm.length).toBeGreaterThan(4);
  for (const line of npm) {
    const [, script = '', rest = ''] = /npm run (?:-s )?([\w:]+)(?: -- (.*))?/.exec(line) ?? [];
    expect(scripts, line).toHaveProperty(script);
    if (!script.startsWith('lab:')) continue;
    const verb = verbTable.find(({ name }) => `lab:${name}` === script);
    const command = new Command();
    (await verb?.load())?.define(command, { signal: new AbortController().signal, takeOver: () => {}, onReaderGone: () => {} });
    const known = command.options.map(({ long }) => long);
    for (const [option] of rest.matchAll(/--[a-z-]+/g)) expect(known, line).toContain(option);
  }
});

test('every shard is one of as many as there are, and uploads what it recorded whatever happened', () => {
  const replay = workflow.jobs.replay;
  const shards = replay?.strategy?.matrix.shard ?? [];
  const line = replay?.steps.find(({ run }) => run?.includes('lab:replay'))?.run ?? '';
  expect(shards).toEqual(Array.from({ length: shards.length }, (_, n) => n + 1));
  expect(line).toContain(`--shard \${{ matrix.shard }}/${shards.length} `);
  const upload = replay?.steps.find(({ uses }) => uses?.startsWith('actions/upload-artifact'));
  expect(upload?.if).toBe('always()');
  expect(line).toContain(`--out ${String(upload?.with?.path)} `);
});
