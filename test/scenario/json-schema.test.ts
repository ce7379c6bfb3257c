import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { scenarioJsonSchema } from '../../lab/scenario/json-schema.ts';
import { renderReference } from '../../lab/scenario/reference.ts';
import { verbNames, verbs } from '../../lab/scenario/verbs/verbs.ts';
import { schemaMistakes } from './json-schema-check.ts';

const folder = new URL('.', import.meta.url);
const schema = scenarioJsonSchema();
const mistakes = (value: unknown) => schemaMistakes(schema as Record<string, unknown>, value);
const accepts = (value: unknown) => mistakes(value).length === 0;
const files = (name: string) =>
  readdirSync(new URL(`${name}/`, folder))
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => `${name}/${file}`);
const read = (file: string): unknown => parse(readFileSync(new URL(file, folder), 'utf8'), { uniqueKeys: false, logLevel: 'silent' });
const own = readdirSync(new URL('../../scenarios/', folder), { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.yaml') && !file.startsWith('recipes/'),
);
const scenario = (...steps: unknown[]) => ({
  scenario: 'x',
  proves: 'Something.',
  sources: ['talk: Did it work?'],
  lab: 'three-nodes-repo-host',
  steps,
});

describe('the JSON schema', () => {
  it.each(files('good'))('accepts %s', (file) => {
    expect(mistakes(read(file))).toEqual([]);
  });

  it.each(own)('accepts what is replayed: %s', (file) => {
    expect(mistakes(parse(readFileSync(new URL(`../../scenarios/${file}`, folder), 'utf8')))).toEqual([]);
  });

  // The others are wrong in ways that only the planner sees: names, hosts, what follows what.
  it.each(['bad/misspelt.yaml', 'bad/types.yaml', 'bad/rules.yaml', 'bad/claims.yaml', 'bad/list.yaml'])('refuses %s', (file) => {
    expect(accepts(read(file))).toBe(false);
  });

  it('takes vars for any value of a lab, and for its keys', () => {
    const lab = {
      clusters: { main: { members: '${m}' } },
      dcs: '${d}',
      pgbackrest: { global: '${s}' },
      hosts: { '${h}': { versions: '${v}', disks: { '/x': '${size}' } } },
    };
    expect(mistakes({ ...scenario({ kill: 'pg1' }), lab })).toEqual([]);
    expect(accepts({ ...scenario({ kill: 'pg1' }), lab: { ready: 'soon' } })).toBe(false);
  });

  it('wants exactly one verb a step', () => {
    expect(accepts(scenario({ kill: 'pg1', as: 'death' }))).toBe(true);
    expect(accepts(scenario({ kill: 'pg1', stop: 'pg1' }))).toBe(false);
    expect(accepts(scenario({ as: 'nothing' }))).toBe(false);
    expect(accepts(scenario({ kil: 'pg1' }))).toBe(false);
  });

  it.each(verbNames)("accepts the reference's example of %s", (name) => {
    const [step] = parse(`- ${verbs[name].example.replaceAll('\n', '\n  ')}`) as unknown[];
    expect(mistakes(scenario(step))).toEqual([]);
  });

  it('describes every verb', () => {
    const { step } = schema.definitions as unknown as { step: { properties: Record<string, { description?: string }> } };
    for (const name of verbNames) expect(step.properties[name]?.description).toBeTruthy();
  });

  it('is fresh: npm run build && node dist/scripts/write-schema.js', () => {
    const written = readFileSync(new URL('../../scenarios/scenario.schema.json', folder), 'utf8');
    expect(JSON.parse(written)).toEqual(JSON.parse(JSON.stringify(schema)));
  });
});

describe('the reference', () => {
  it('is fresh: npm run build && node dist/scripts/write-scenario-docs.js', () => {
    expect(readFileSync(new URL('../../docs/scenario-reference.md', folder), 'utf8')).toBe(renderReference());
  });
});
