/** Commands that are interrupted, killed, or get in each other's way: one line says so, and nothing is left behind. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { projectFolder } from '../../lab/core/project.ts';
import { listLabs } from '../../lab/engine/lab.ts';
import { labelKeys, type Owner } from '../../lab/engine/labels.ts';
import * as programs from './pglab.ts';
import { docker, remainsOf, says, sweep, until } from './pglab.ts';

const name = 'cli-cut';
const up = ['up', '--fresh', '--name', name, '--preset', 'one-node'];
const fork = up.filter((word) => word !== '--fresh');
/** Of the lab itself: a golden lab that is made for it first says so too. */
const comingUp = /(?<!golden lab: )waiting for pg1 to lead/;

afterEach(() => sweep(name));

/** Pids of the programs that the test has started. */
const started = new Set<number | undefined>();

function pglab(...args: string[]) {
  const program = programs.pglab(...args);
  started.add(program.pid);
  return program;
}

/** Through npm, whose child is the program: its lab tells who that is. */
function npmUp() {
  return programs.npm('lab:up', '--', ...up.slice(1));
}
async function comesUp(program: ReturnType<typeof npmUp>): Promise<void> {
  await says(program, comingUp);
  const lab = (await listLabs(docker)).find((each) => each.name === name);
  expect(lab).toBeDefined();
  started.add(lab?.owner.pid);
}

/** Runs a test's body, and sees that the engine has no hosts, helpers or networks of its programs after it. Others make labs meanwhile. */
async function leavingNothing(body: () => Promise<void>): Promise<void> {
  started.clear();
  await body();
  expect(await remainsOf(name)).toEqual([]);
  const filters = { label: [labelKeys.owner] };
  const [containers, networks] = await Promise.all([docker.listContainers({ all: true, filters }), docker.listNetworks({ filters })]);
  const isOurs = (labels: Readonly<Record<string, string>> = {}) =>
    started.has((JSON.parse(labels[labelKeys.owner] ?? '{}') as Partial<Owner>).pid ?? 0);
  expect(containers.filter(({ Labels }) => isOurs(Labels)).map(({ Names }) => Names[0])).toEqual([]);
  expect(networks.filter(({ Labels }) => isOurs(Labels)).map(({ Name }) => Name)).toEqual([]);
}

describe('up is interrupted', () => {
  test.each([
    { signal: 'SIGINT', at: /starting 3 hosts/ },
    { signal: 'SIGTERM', at: comingUp },
    { signal: 'SIGHUP', at: /taking the first full backup/ },
  ] as const)('by $signal, $at', ({ signal, at }) =>
    leavingNothing(async () => {
      const program = pglab(...up);
      await says(program, at);
      program.kill(signal);
      const { exitCode, stdout, stderr } = await program;
      expect({ exitCode, stdout }).toEqual({ exitCode: 130, stdout: '' });
      expect(stderr).toMatch(/interrupted: nothing is left of cli-cut$/);
    }),
  );

  test('by Ctrl-C in a terminal, which reaches npm and node', () =>
    leavingNothing(async () => {
      const program = npmUp();
      await comesUp(program);
      process.kill(-(program.pid ?? 0), 'SIGINT');
      const { exitCode, stderr } = await program;
      expect(exitCode).toBe(130);
      expect(stderr).toContain('interrupted: nothing is left of cli-cut');
    }));

  test('by SIGTERM to npm alone', () =>
    leavingNothing(async () => {
      const program = npmUp();
      await comesUp(program);
      process.kill(program.pid ?? 0, 'SIGTERM');
      const { stderr } = await program;
      await until(async () => (await remainsOf(name)).length === 0);
      expect(stderr).toContain('interrupted: nothing is left of cli-cut');
    }));

  test('twice at once: that is one press', () =>
    leavingNothing(async () => {
      const program = pglab(...up);
      await says(program, comingUp);
      // Both are there when it goes on, however late the second is sent. Two that are the same would be one to the kernel.
      for (const signal of ['SIGSTOP', 'SIGINT', 'SIGTERM', 'SIGCONT'] as const) program.kill(signal);
      const { exitCode, stderr } = await program;
      expect(exitCode).toBe(130);
      expect(stderr).toContain('interrupted: nothing is left of cli-cut');
    }));
});

describe('a replay of several is interrupted', () => {
  let out: string;
  beforeEach(async () => {
    out = await mkdtemp(join(tmpdir(), 'pglab-cut-'));
    const variants = 'variants: { one: {}, other: { vars: { rows: 2 } } }';
    const steps = 'steps: [{ workload: start }, { workload: { rows: 100000 } }]';
    await writeFile(
      join(out, 'cut.yaml'),
      `scenario: cut\nproves: x\nsources: ["talk: x"]\nlab: one-node\nvars: { rows: 1 }\n${steps}\n${variants}\n`,
    );
  });
  afterEach(() => rm(out, { recursive: true }));
  const replay = () => pglab('replay', join(out, 'cut.yaml'), '--fresh', '--jobs', '2', '--out', join(out, 'runs'));
  const runs = () => readdir(join(out, 'runs'));

  test('before a run has begun: no lab and no run folder is left', () =>
    leavingNothing(async () => {
      const program = replay();
      await says(program, comingUp);
      program.kill('SIGINT');
      const { exitCode, stdout, stderr } = await program;
      expect({ exitCode, stdout }).toEqual({ exitCode: 130, stdout: '' });
      expect(stderr).toMatch(/interrupted; the labs of this replay are removed$/);
      expect(await remainsOf(`run-${program.pid}`)).toEqual([]);
      expect(await runs()).toEqual([]);
    }));

  test('in the midst of one and the beginning of another: no lab is left, and what was recorded is told', () =>
    leavingNothing(async () => {
      const program = replay();
      await says(program, /100000 more rows/);
      program.kill('SIGTERM');
      const { exitCode, stderr } = await program;
      expect(exitCode).toBe(130);
      expect(await remainsOf(`run-${program.pid}`)).toEqual([]);
      const told = [...stderr.matchAll(/recorded until then: (\S+)/g)].map(([, folder]) => basename(folder ?? ''));
      expect(told.length).toBeGreaterThan(0);
      expect(told.toSorted()).toEqual((await runs()).toSorted());
      const judged = await pglab('judge', join(out, 'runs', told[0] ?? ''));
      expect(judged.exitCode).toBe(3);
      expect(judged.stdout).toContain('? interrupted');
    }));
});

test('a second press, later than that, ends the command at once and says what removes the rest', async () => {
  // It tells itself when the second press is another one: test/cli/interruption.test.ts has the border.
  const script = `import { watchInterruptions } from './dist/lab/cli/interruption.js';
    const session = watchInterruptions();
    session.takeOver('left as it is; npm run lab:down removes what there is');
    session.signal.addEventListener('abort', () => {
      const pressed = performance.now();
      setInterval(() => performance.now() - pressed > 500 && console.error('still cleaning up'), 100);
    });
    setInterval(() => {}, 1000);
    console.error('ready');`;
  const program = execa('node', ['--input-type=module', '-e', script], { cwd: projectFolder, reject: false });
  await says(program, /ready/);
  program.kill('SIGINT');
  await says(program, /still cleaning up/);
  program.kill('SIGINT');
  const { exitCode, stderr } = await program;
  expect(exitCode).toBe(130);
  expect(stderr).toContain('left as it is; npm run lab:down removes what there is');
});

test('a command with something to finish goes on where nobody reads its output any more, and its exit code is its own', async () => {
  const script = `import { watchInterruptions } from './dist/lab/cli/interruption.js';
    watchInterruptions().takeOver('left as it is');
    const telling = setInterval(() => console.log('more'), 10);
    setTimeout(() => { clearInterval(telling); console.error('finished'); process.exitCode = 1; }, 500);`;
  const program = execa('node', ['--input-type=module', '-e', script], { cwd: projectFolder, reject: false });
  program.stdout?.destroy();
  const { exitCode, stderr } = await program;
  expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: 'finished' });
});

test.each([['from nothing', up] as const, ['as a fork', fork] as const])(
  'an up that is killed %s leaves a half-made lab, which status shows and the next up replaces',
  (_, up) =>
    leavingNothing(async () => {
      const killed = pglab(...up);
      await says(killed, comingUp);
      killed.kill('SIGKILL');
      await killed;
      const { stdout: found } = await pglab('status', '--name', name);
      expect(found).toContain('half-made: its lab:up was killed');
      const next = await pglab(...up);
      expect(next.stderr).toContain('removing cli-cut, left half-made by a command that was killed');
      expect(next.exitCode, next.stderr).toBe(0);
      expect((await pglab('down', '--name', name)).exitCode).toBe(0);
    }),
);

test('two of one name at once: one comes up, the other says so and harms nothing', () =>
  leavingNothing(async () => {
    const results = await Promise.all([pglab(...up, '--json'), pglab(...up, '--json')]);
    const [winner, loser] = results.toSorted((a, b) => (a.exitCode ?? 0) - (b.exitCode ?? 0));
    expect([winner?.exitCode, loser?.exitCode]).toEqual([0, 2]);
    expect(loser?.stderr).toMatch(/error: a lab named cli-cut is (being brought up by process \d+|already up)/);
    const { stdout } = await pglab('status', '--name', name, '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      standing: 'up',
      leader: 'pg1',
      hosts: [{ host: 'running' }, { host: 'running' }, { host: 'running' }],
    });
    expect((await pglab('down', '--name', name)).exitCode).toBe(0);
  }));

test('a down of the same name while it comes up: up says so', () =>
  leavingNothing(async () => {
    const program = pglab(...up);
    await says(program, comingUp);
    expect((await pglab('down', '--name', name)).exitCode).toBe(0);
    const { exitCode, stderr } = await program;
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/error: somebody removed \S.* while the lab came up\nhint: a lab:down of the same name does that$/);
  }));

describe('a host dies while the lab comes up', () => {
  test('up says which, with its last words, and removes the rest', () =>
    leavingNothing(async () => {
      const program = pglab(...up);
      await says(program, comingUp);
      await until(async () => (await lastWords()).length > 0);
      await docker.getContainer(`pglab-${name}-pg1`).kill();
      const { exitCode, stderr } = await program;
      expect(exitCode).toBe(3);
      expect(stderr).toMatch(/error: host pg1 died while the lab came up \(exit code 137\)\n {2}pg1 {2}\S/);
    }));

  test('--keep leaves it for a look', async () => {
    const program = pglab(...up, '--keep');
    await says(program, comingUp);
    await docker.getContainer(`pglab-${name}-pg1`).kill();
    const { exitCode, stderr } = await program;
    expect(exitCode).toBe(3);
    // Killed so early, it may have printed nothing: that is said as well.
    expect(stderr).toMatch(/error: host pg1 died while the lab came up \(exit code 137\)\n {2}pg1 +\S/);
    expect(stderr).toContain(
      'kept as it is: npm run lab:logs -- --name cli-cut shows what happened, npm run lab:down -- --name cli-cut removes it',
    );
    expect(await remainsOf(name)).toHaveLength(3);
    const { stdout } = await pglab('status', '--name', name);
    expect(stdout).toMatch(/pg1 +host down/);
    expect((await pglab('down', '--name', name)).exitCode).toBe(0);
  });

  async function lastWords(): Promise<string> {
    return (await docker.getContainer(`pglab-${name}-pg1`).logs({ stdout: true, stderr: true, follow: false })).toString();
  }
});

test('a host that somebody removes while a scenario is replayed: its verdict is unknown, names it, and is judged so again', () =>
  leavingNothing(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pglab-removed-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, 'removed.yaml');
    const steps = '  - expect: { cluster: { leader: pg1 } }\n    for: 10s\n';
    const head = 'scenario: removed\nproves: a test\nsources: ["talk: a test"]\nlab: one-node\n';
    await writeFile(file, `${head}steps:\n${steps}variants: { plain: {} }\n`);
    const program = pglab('replay', file, '--out', join(folder, 'runs'), '--json');
    await says(program, /expect leader/);
    const lab = (await listLabs(docker)).find(({ owner }) => owner.pid === program.pid);
    await docker.getContainer(lab?.hosts.find((host) => host.name === 'repo')?.container ?? '').remove({ force: true });
    const { exitCode, stdout, stderr } = await program;
    expect(exitCode).toBe(3);
    expect(stderr).toContain('host repo was removed, and by no step');
    const { results } = JSON.parse(stdout) as { results: { folder: string }[] };
    const again = await pglab('judge', results[0]?.folder ?? '');
    expect(again.exitCode).toBe(3);
    expect(again.stdout).toContain('host repo was removed, and by no step');
  }));
