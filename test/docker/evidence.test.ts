import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pglab, pglabWith } from './pglab.ts';

/** A passphrase for the repository, a failure whose cause is known, and two variants. */
const scenario = `scenario: evidence
proves: A backup can be taken.
sources: ["talk: a test"]
lab:
  preset: one-node
  ready: cluster
  pgbackrest: { global: { repo1-cipher-type: aes-256-cbc, repo1-cipher-pass: "\${pass}" } }
vars: { pass: "Spl1t the difference" }
steps:
  - exec: { on: pg1, run: "cat /etc/pgbackrest/pgbackrest.conf /etc/pgbackrest/cert/host.key" }
  - pgbackrest: "\${what}"
    as: backup
variants:
  info: { vars: { what: info } }
  backup: { vars: { what: backup --type=full } }
`;

let out: string;
const noEngine = { DOCKER_HOST: 'unix:///nonexistent' };

beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'pglab-evidence-'));
  await writeFile(join(out, 'evidence.yaml'), scenario);
});
afterAll(() => rm(out, { recursive: true }));

test('a replay leaves reports for a thread and for CI, and a bundle of it is judged and replayed elsewhere, without its secrets', async () => {
  const junit = join(out, 'junit.xml');
  const summary = join(out, 'summary.md');
  const runs = join(out, 'runs');
  const ran = await pglabWith(
    { GITHUB_STEP_SUMMARY: summary },
    ...['replay', join(out, 'evidence.yaml'), '--fresh', '--out', runs, '--junit', junit, '--json'],
  );
  expect(ran.exitCode, ran.stderr).toBe(1);
  const { results } = JSON.parse(ran.stdout) as { results: { variant: string; verdict: string; folder: string }[] };
  const folder = results.find(({ variant }) => variant === 'backup')?.folder ?? '';
  expect(results.map(({ verdict }) => verdict).sort()).toEqual(['fail', 'pass']);
  const why = 'why: there is no stanza in /var/lib/pgbackrest/backup/demo: stanza-create was not run';
  const [report, all, told] = await Promise.all([
    readFile(join(folder, 'report.md'), 'utf8'),
    readFile(junit, 'utf8'),
    readFile(summary, 'utf8'),
  ]);
  for (const text of [ran.stderr, report, all, told]) expect(text).toContain(why);
  expect(all).toContain('tests="2" failures="1"');
  expect(report).toContain('repo$ pgbackrest --stanza=demo backup --type=full');
  const thread = (await readdir(runs)).find((name) => name.endsWith('-evidence.md'));
  expect(await readFile(join(runs, thread ?? ''), 'utf8')).toMatch(/\| info \| pass \|[^\n]*\n\| ❌ \| backup \| fail \|/);

  const bundle = join(out, 'evidence.tar.gz');
  const bundled = await pglabWith(noEngine, 'bundle', folder, '--out', bundle);
  expect(bundled.stdout).toMatch(/evidence\.tar\.gz: evidence \(backup\), \d+ files, \d+ kB/);
  const judged = await pglabWith(noEngine, 'judge', bundle);
  expect(judged.exitCode, judged.stderr).toBe(1);
  expect(judged.stdout).toContain(why);
  expect((await pglabWith(noEngine, 'judge', '--markdown', bundle)).stdout).toMatch(/^### ❌ evidence \(backup\): fail\n/);
  const again = await pglab('replay', bundle, '--fresh', '--out', join(out, 'again'), '--json');
  expect(again.exitCode, again.stderr).toBe(1);
  expect(JSON.parse(again.stdout)).toMatchObject({ results: [{ scenario: 'evidence', variant: 'backup', verdict: 'fail' }] });
  for (const name of await readdir(join(out, 'again'), { recursive: true })) {
    const text = await readFile(join(out, 'again', name), 'utf8').catch(() => '');
    expect(text, name).not.toMatch(/Spl1t|BEGIN [A-Z ]*PRIVATE KEY-----\\n[^<]/);
  }
});

/** pgBackRest refuses the first backup, so that there is no golden lab to fork; the other scenario needs nothing of it. */
const withoutLab = `scenario: without-lab
proves: Nothing, its lab never comes up.
sources: ["talk: a test"]
lab: { preset: one-node, ready: backup, pgbackrest: { global: { compress-level: 99 } } }
steps:
  - workload: start
variants: { one: {}, other: {} }
`;
const bareHosts = `scenario: bare-hosts
proves: A host can be asked.
sources: ["talk: a test"]
lab: { preset: one-node, ready: hosts }
steps:
  - exec: { on: pg1, run: "true" }
`;

test('a scenario whose lab cannot be made is unknown and says why, and does not end the replay of the others', async () => {
  const [folder, runs] = [join(out, 'two'), join(out, 'two-runs')];
  await mkdir(folder);
  await Promise.all([writeFile(join(folder, 'without-lab.yaml'), withoutLab), writeFile(join(folder, 'bare-hosts.yaml'), bareHosts)]);
  const ran = await pglab(
    'replay',
    join(folder, 'without-lab.yaml'),
    join(folder, 'bare-hosts.yaml'),
    '--jobs',
    '1',
    '--out',
    runs,
    '--json',
  );
  const { results } = JSON.parse(ran.stdout) as { results: { variant: string; verdict: string; folder: string }[] };
  expect(results).toMatchObject([
    { variant: 'one', verdict: 'unknown' },
    { variant: 'other', verdict: 'unknown' },
    { scenario: 'bare-hosts', verdict: 'pass' },
  ]);
  expect(ran.exitCode).toBe(3);
  expect(ran.stderr).toMatch(/^UNKNOWN without-lab \(one\): the lab did not come up: pgbackrest backup on repo exited 32 {2}/m);
  expect(ran.stderr).toContain("'99' is out of range for 'compress-level' option");
  const runFolder = results[0]?.folder ?? '';
  expect(await readFile(join(runFolder, 'report.md'), 'utf8')).toContain("'99' is out of range for 'compress-level' option");
  // What its hosts said before they were removed.
  expect(await readFile(join(runFolder, 'logs', 'pg1.log'), 'utf8')).toContain('initialized a new cluster');
  // A folder that stands after --html is what to draw.
  expect((await pglabWith(noEngine, 'judge', '--html', runFolder)).stderr).toBe(`the timeline is in ${join(runFolder, 'report.html')}`);
});

test('what is no bundle is said to be none, without an engine', async () => {
  const something = join(out, 'something.tar.gz');
  await writeFile(something, 'Hello.');
  for (const verb of ['judge', 'replay']) {
    const { exitCode, stderr } = await pglabWith(noEngine, verb, something, ...(verb === 'replay' ? ['--out', join(out, 'none')] : []));
    expect(stderr).toMatch(/^error: .*something\.tar\.gz is not a bundle, or was cut off/);
    expect(exitCode).toBe(2);
  }
  expect(existsSync(join(out, 'none'))).toBe(false);
});
