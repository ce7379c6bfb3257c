/** lab:watch as people see it: in a terminal, in a pipe, and when the lab goes away under it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { findLab } from '../../lab/engine/lab.ts';
import { followLab } from '../../lab/run/live/follow-lab.ts';
import { docker, npm, pglab, sweep, until } from './pglab.ts';
import { openTerminal, type Terminal } from './terminal.ts';

const name = 'cli-watch';
const table = /MEMBER +ROLE +STATE[\s\S]*pg1 +leader +running +\d/;

beforeAll(async () => {
  await sweep(name);
  const folder = await mkdtemp(join(tmpdir(), 'pglab-watch-'));
  const overlay = join(folder, 'overlay.yaml');
  // An etcd that is frozen for some 2.5 s makes a leader demote itself; this one is to be there for the next test.
  await writeFile(overlay, 'dcs: { failsafe_mode: true }\n');
  const { exitCode, stderr } = await pglab('up', '--name', name, '--preset', 'one-node', '--overlay', overlay);
  await rm(folder, { recursive: true });
  expect(exitCode, stderr).toBe(0);
});
afterAll(() => sweep(name));

const host = (of: string) => docker.getContainer(`pglab-${name}-${of}`);

describe('in a terminal', () => {
  let terminal: Terminal;
  let before: Awaited<ReturnType<Terminal['modes']>>;
  beforeAll(async () => {
    terminal = await openTerminal();
    before = await terminal.modes();
  });
  afterAll(() => terminal.close());

  const watch = async () => {
    await terminal.type(`clear; node dist/lab/cli/main.js watch --name ${name}; echo ended with $?`);
    await terminal.shows(table);
  };
  const isClean = async () => {
    expect(await terminal.modes()).toEqual(before);
    expect(await terminal.screen()).not.toMatch(table);
  };

  test('shows the lab and its news, keeps to the terminal’s size, and leaves no trace after Ctrl-C', async () => {
    await watch();
    expect(await terminal.modes()).toMatchObject({ alternateScreen: true, cursor: false });
    const shown = await terminal.shows(/^\d\d:\d\d:\d\d pg1 +(patroni|postgres) /m);
    expect(shown).toMatch(/etcd +etcd1 healthy\nbackups +\d{8}-\d{6}F full/);
    await host('etcd1').pause();
    await terminal.shows(/host etcd1 is frozen/);
    await host('etcd1').unpause();
    await terminal.shows(/etcd +etcd1 healthy/);
    await terminal.resize(70, 5);
    await terminal.shows(/^cli-watch .*\n\nMEMBER.*\npg1 +leader.*\n*$/);
    await terminal.resize(100, 30);
    await terminal.shows(/backups +\d{8}-\d{6}F full/);
    await terminal.press('C-c');
    await terminal.shows(/ended with 130/);
    await isClean();
  });

  test('ends with q, and well', async () => {
    await watch();
    await terminal.press('q');
    await terminal.shows(/ended with 0/);
    await isClean();
  });

  test('leaves no trace when SIGTERM ends it', async () => {
    await watch();
    process.kill(await terminal.program(), 'SIGTERM');
    await terminal.shows(/ended with 130/);
    await isClean();
  });
});

describe('in a pipe', () => {
  test('has a line for each change', async () => {
    const program = npm('-s', 'lab:watch', '--', '--name', name);
    const json = pglab('watch', '--name', name, '--json');
    const [text, objects] = [collect(program), collect(json)];
    await until(async () => text().includes('backup') && objects().includes('backup'));
    expect(text()).toMatch(/^\d\d:\d\d:\d\d pg1 leader, running, timeline \d\n\d\d:\d\d:\d\d backup \d{8}-\d{6}F full\n$/);
    await host('etcd1').pause();
    const tells = (...lines: string[]) => until(async () => lines.every((line) => text().includes(line)));
    await tells('etcd1 host frozen\n', 'etcd1 etcd healthy -> unreachable\n');
    await until(async () => objects().includes('unreachable'));
    await host('etcd1').unpause();
    await tells('etcd1 host running\n', 'etcd1 etcd unreachable -> healthy\n');
    expect(
      objects()
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toContainEqual({
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      what: 'etcd',
      name: 'etcd1',
      before: { health: 'healthy' },
      after: { health: 'unreachable' },
    });
    for (const each of [program, json]) each.kill('SIGINT');
    expect((await json).exitCode).toBe(130);
  });

  test('what happens to a host while the lab is asked how it is: told as well', async () => {
    const lab = await findLab(docker, name);
    await host('etcd1').pause();
    await host('etcd1').unpause();
    const told: string[] = [];
    const quit = new AbortController();
    const watching = followLab(docker, lab, {
      versions: {},
      since: Date.now(),
      signal: quit.signal,
      onEvent: (event) => event.type === 'log' && event.program === 'lab' && told.push(`${event.host} ${event.text}`),
    });
    await until(async () => told.length === 2);
    quit.abort();
    expect(await watching).toBe('stopped');
    expect(told).toEqual(['etcd1 host frozen', 'etcd1 host unfrozen']);
  });

  test('notices a backup that somebody takes', async () => {
    const program = pglab('watch', '--name', name);
    const text = collect(program);
    await until(async () => text().includes('backup'));
    const { exitCode, stdout } = await pglab('exec', '--name', name, 'repo', 'pgbackrest', '--stanza=demo', '--type=incr', 'backup');
    expect(exitCode, stdout).toBe(0);
    await until(async () => /backup \d{8}-\d{6}F_\d{8}-\d{6}I incr/.test(text()), 10_000);
    program.kill('SIGTERM');
    await program;
  });

  test('ends at the first change that nobody reads any more', async () => {
    const program = pglab('watch', '--name', name);
    const text = collect(program);
    await until(async () => text().includes('backup'));
    program.stdout?.destroy();
    await host('etcd1').pause();
    expect(await program).toMatchObject({ exitCode: 0, stderr: '' });
    await host('etcd1').unpause();
  });
});

test('in the browser: serves the timeline and the events of the lab until it is interrupted', async () => {
  const program = pglab('watch', '--name', name, '--web');
  const text = collect(program);
  await until(async () => /^http:\/\/127\.0\.0\.1:\d+\/\n/.test(text()));
  const address = text().trim();
  expect(await (await fetch(address)).text()).toContain(`<title>${name}, live</title>`);
  const { body } = await fetch(new URL('/events', address));
  const events = collect({ stdout: body && Readable.fromWeb(body as ReadableStream).on('error', () => {}) });
  await until(async () => events().includes('"leader":"pg1"'));
  await host('etcd1').pause();
  await until(async () => events().includes('"text":"host frozen"'));
  await host('etcd1').unpause();
  program.kill('SIGINT');
  expect((await program).exitCode).toBe(130);
  expect((await pglab('watch', '--name', name, '--web', '--json')).exitCode).toBe(2);
});

test('says so when the lab is removed, and gives the terminal back', async () => {
  const terminal = await openTerminal();
  onTestFinished(() => terminal.close());
  const before = await terminal.modes();
  const program = pglab('watch', '--name', name);
  const piped = collect(program);
  await terminal.type(`node dist/lab/cli/main.js watch --name ${name}; echo ended with $?`);
  await terminal.shows(table);
  await until(async () => piped() !== '');
  expect((await pglab('down', '--name', name)).exitCode).toBe(0);
  expect(await terminal.shows(/ended with 3/)).toMatch(
    /error: lab cli-watch is gone: somebody removed it\nhint: npm run lab:up -- --name cli-watch/,
  );
  expect(await terminal.modes()).toEqual(before);
  const { exitCode, stderr } = await program;
  expect({ exitCode, stderr }).toEqual({ exitCode: 3, stderr: expect.stringContaining('lab cli-watch is gone') });
});

function collect({ stdout }: { readonly stdout: Readable | null }): () => string {
  let text = '';
  stdout?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  return () => text;
}
