/**
 * Measures the lab against its targets, and `lab:up` against the same lab driven by hand with the docker client, repetition
 * by repetition. Reports; a missed target is no failure.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeImages } from '../lab/cli/image-progress.ts';
import { paintFor } from '../lab/cli/paint.ts';
import { describeError } from '../lab/cli/print-error.ts';
import { table } from '../lab/cli/table.ts';
import { exitCodes, LabError, UsageError } from '../lab/core/problem.ts';
import { projectFolder } from '../lab/core/project.ts';
import { type Docker, findEngine } from '../lab/engine/connect.ts';
import { hostImages, imageKey } from '../lab/engine/images.ts';
import { draftLab } from '../lab/run/draft-lab.ts';
import type { ImageSpec } from '../lab/topology/blueprint.ts';
import type { Bench } from './bench/bench.ts';
import { type Figure, figureTable, longParts, median, type PartName, partNames, type Samples, summarize } from './bench/figures.ts';
import { describeMachine, type Machine } from './bench/machine.ts';
import { sweep } from './bench/our-labs.ts';
import { type Repetition, repeatOnce } from './bench/repetition.ts';

const usage = `Usage: npm run bench [-- OPTIONS]

Measures the lab: bring-up from nothing and forked against the same lab driven by hand, the pool, snapshots, short
commands, idle labs, four labs side by side, setup, failover, the lab's own share of CPU, and every scenario. Progress goes to stderr, the table to
stdout. Everything it makes is named bench-* and removed.

  --repeat N    repetitions (default 3)
  --only NAME   one part: ${partNames.join(', ')}; may be given several times;
                ${longParts.join(' and ')} take minutes and are left out unless named
  --doc         writes the table and the machine into docs/performance.md
  --json FILE   the figures, every sample and the machine as JSON
  --debug       stack traces

Nothing else should run on the machine meanwhile: CPU is counted machine-wide.
`;

interface Options {
  readonly repeat: number;
  readonly chosen: ReadonlySet<PartName>;
  readonly json: string | undefined;
  readonly doc: boolean;
}

interface Results {
  readonly started: string;
  readonly seconds: number;
  readonly repeat: number;
  readonly machine: Machine;
  /** Cores that others kept busy, before each measured piece of work. */
  readonly background: readonly number[];
  readonly figures: readonly Figure[];
  /** Medians: seconds of each phase of `lab:up`, CPU seconds of each of its hosts. */
  readonly profile: { readonly phases: Readonly<Record<string, number>>; readonly hosts: Readonly<Record<string, number>> };
}

const interruption = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  let first = 0;
  process.on(name, () => {
    // npm and the terminal may both deliver one Ctrl-C.
    if (first === 0) first = performance.now();
    else if (performance.now() - first > 500) process.exit(exitCodes.interrupted);
    interruption.abort(new LabError('interrupted: nothing is left of the bench', { exitCode: exitCodes.interrupted }));
  });
}

await main().catch((error: unknown) => {
  const shown = interruption.signal.aborted ? interruption.signal.reason : error;
  const { text, exitCode } = describeError(shown, { paint: paintFor(process.stderr), debug: process.argv.includes('--debug') });
  process.stderr.write(text);
  process.exitCode = exitCode;
});

async function main(): Promise<void> {
  const options = readOptions();
  if (!options) {
    process.stdout.write(usage);
    return;
  }
  const docker = await findEngine();
  await sweep(docker);
  let results: Results;
  try {
    results = await runAll(docker, options);
  } finally {
    await sweepWell(docker);
  }
  print(results);
  if (options.doc) await writeInto(join(projectFolder, 'docs', 'performance.md'), results);
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(results, null, 2)}\n`);
}

function readOptions(): Options | undefined {
  const { help, repeat, only, json, doc } = parseOptions();
  if (help) return undefined;
  const count = Number(repeat ?? 3);
  if (!Number.isInteger(count) || count < 1) throw new UsageError(`--repeat takes a number from 1, not ${JSON.stringify(repeat)}`);
  const unknown = only?.find((name) => !(partNames as readonly string[]).includes(name));
  if (unknown !== undefined) throw new UsageError(`nothing to measure is named ${JSON.stringify(unknown)}`, { hint: partNames.join(', ') });
  return {
    repeat: count,
    chosen: new Set((only as PartName[] | undefined) ?? partNames.filter((part) => !longParts.includes(part))),
    json,
    doc: doc === true,
  };
}

function parseOptions() {
  try {
    return parseArgs({
      options: {
        repeat: { type: 'string' },
        only: { type: 'string', multiple: true },
        json: { type: 'string' },
        doc: { type: 'boolean' },
        debug: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message.split('. ')[0] ?? '', { hint: 'npm run bench -- --help' });
  }
}

async function runAll(docker: Docker, { repeat, chosen }: Options): Promise<Results> {
  const { signal } = interruption;
  const begun = new Date();
  // What is measured starts from images that are there.
  const tags = await makeImages(docker, hostImages(), process.stderr, { signal: interruption.signal });
  const machine = describeMachine((await docker.version()).Version);
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const bench: Bench = {
    docker,
    chosen,
    signal,
    say: (line) => say(`  ${line}`),
    imageOf: ({ image }) => tags.get(imageKey(image)) ?? '',
    draw: () => draftLab({ ready: 'backup' }),
  };
  const repetitions: Repetition[] = [];
  for (let n = 1; n <= repeat; n += 1) {
    say(`repetition ${n} of ${repeat}`);
    repetitions.push(await repeatOnce(bench));
  }
  const sizes = chosen.has('setup') ? await imageSizes(docker, tags) : {};
  return {
    started: begun.toISOString(),
    seconds: (Date.now() - begun.getTime()) / 1000,
    repeat,
    machine,
    background: repetitions.flatMap(({ background }) => background),
    figures: summarize([...repetitions.map(({ samples }) => samples), sizes]),
    profile: { phases: medians(repetitions.map(({ phases }) => phases)), hosts: medians(repetitions.map(({ hosts }) => hosts)) },
  };
}

async function imageSizes(docker: Docker, tags: ReadonlyMap<string, string>): Promise<Samples> {
  const size = async ({ kind, ...rest }: ImageSpec) => {
    const { Size } = await docker.getImage(tags.get(imageKey({ kind, ...rest })) ?? '').inspect();
    return [`${kind}Image`, [Size / 1e6]] as const;
  };
  return Object.fromEntries(await Promise.all(hostImages().map(size)));
}

function medians(records: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const keys = [...new Set(records.flatMap((record) => Object.keys(record)))];
  return Object.fromEntries(keys.map((key) => [key, median(records.flatMap((record) => record[key] ?? []))]));
}

/** Twice where a command was cut short: the engine may still have been making what it was asked for. */
async function sweepWell(docker: Docker): Promise<void> {
  await sweep(docker);
  if (!interruption.signal.aborted) return;
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  await sweep(docker);
}

/** Between its two marks; what else the document says stays. */
async function writeInto(file: string, results: Results): Promise<void> {
  const [before, , after] = (await readFile(file, 'utf8')).split(/(<!-- figures -->[\s\S]*<!-- end of figures -->)/);
  const lines = [`${describe(results)}, ${results.started.slice(0, 10)}.`, '', '```', ...figureTable(results.figures), '```'];
  await writeFile(file, `${before}<!-- figures -->\n${lines.join('\n')}\n<!-- end of figures -->${after}`);
}

function describe({ machine, repeat, seconds }: Results): string {
  const gigabytes = (machine.memory / 1e9).toFixed(1);
  return `${machine.cpus} x ${machine.model}, ${gigabytes} GB, Linux ${machine.kernel}, Docker ${machine.engine}, node ${machine.node}; ${repeat} repetitions in ${seconds.toFixed(0)} s`;
}

function print(results: Results): void {
  const { figures, profile, background } = results;
  const paint = paintFor(process.stdout);
  const out = (lines: readonly string[]) => process.stdout.write(`${lines.join('\n')}\n`);
  out([describe(results), '', ...figureTable(figures, (text, met) => (met ? paint.green(text) : paint.red(text)))]);
  const rows = (record: Readonly<Record<string, number>>) => Object.entries(record).map(([what, value]) => [what, value.toFixed(2)]);
  if (Object.keys(profile.phases).length > 0) {
    out(['', ...table([{ title: 'lab:up, phase' }, { title: 's', align: 'right' }], rows(profile.phases))]);
    out(['', ...table([{ title: 'lab:up, host' }, { title: 'CPU s', align: 'right' }], rows(profile.hosts))]);
  }
  const others = background.length === 0 ? 0 : Math.max(...background);
  if (others > 0.2)
    out(['', paint.yellow(`others kept up to ${others.toFixed(1)} cores busy: take times, CPU and their ratios again on a quiet machine`)]);
}
