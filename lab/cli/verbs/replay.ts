/** `pglab replay`: replays scenarios, each variant on a lab of its own, side by side, and says what became of them. */
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type Command, Option } from 'commander';
import { exitCodes, LabError, type Problem, UsageError } from '../../core/problem.ts';
import type { Docker } from '../../engine/connect.ts';
import { findEngine } from '../../engine/connect.ts';
import type { PoolLabel } from '../../engine/labels.ts';
import { renderText } from '../../report/text.ts';
import { type Admit, atOnce, createAdmission } from '../../run/admission.ts';
import { readBundledScenario } from '../../run/bundle/bundled-scenario.ts';
import { type GoldenUse, goldenUse, goldenUses } from '../../run/golden.ts';
import { type Replayed, removeOrphans, replayScenario } from '../../run/replay-scenario.ts';
import { type PlannedFile, planFile, readScenarioFiles, scenarioNames } from '../../run/scenario-files.ts';
import { expectedSeconds } from '../../scenario/expected-time.ts';
import type { Plan } from '../../scenario/plan.ts';
import type { SourceText } from '../../scenario/yaml-source.ts';
import { besideEachOther } from '../../verdict/contrast.ts';
import { showImages } from '../image-progress.ts';
import { type FinishedRun, makeRoomFor, writeJointReports } from '../joint-reports.ts';
import { npmCommand } from '../lab-options.ts';
import { paintFor } from '../paint.ts';
import { type Progress, showProgress } from '../progress.ts';
import { refillInBackground } from '../refill.ts';
import type { Session, Verb } from '../session.ts';
import { table } from '../table.ts';
import { verdictCode } from '../verdict-code.ts';
import { writeReports } from '../write-reports.ts';

interface Options {
  readonly all?: true;
  readonly list?: true;
  readonly variant?: string[];
  readonly keep?: true;
  readonly fresh?: true;
  readonly jobs: string;
  readonly out: string;
  readonly junit?: string;
  readonly shard?: string;
  readonly strict?: true;
  readonly json?: true;
}

/** One variant of one file. */
interface Job {
  readonly plan: Plan;
  readonly source: string;
  readonly recipes: Readonly<Record<string, string>>;
  readonly golden: GoldenUse;
}

export const replay: Verb = {
  define: (command: Command, session: Session) => {
    command
      .argument('[scenario...]', 'names (--list shows them), paths of scenario files or of folders of them, or bundles')
      .option('--all', 'every scenario of the project')
      .option('--list', 'list scenarios and their variants; replay nothing')
      .option('--variant <name...>', 'only these variants')
      .option('--keep', 'leave the labs up, and say how to enter them')
      .option('--fresh', 'bring every lab up from nothing, not as a fork of its golden lab')
      .addOption(
        new Option('--jobs <n>', 'how many labs run side by side at most; auto: as many as the machine has room for').default('auto'),
      )
      .option('--out <folder>', 'where run folders are made', join('.lab', 'runs'))
      .option('--junit <file>', 'one JUnit file of all results (each run folder has its own as well)')
      .option('--shard <i/n>', 'only the i-th of n equal parts, for CI machines side by side')
      .option('--strict', 'an unsupported scenario counts as unknown, not as skipped')
      .option('--json', 'results as JSON on stdout, progress on stderr')
      .addHelpText(
        'after',
        `
Examples:
  npm run lab:replay -- standby-rebuild
  npm run lab:replay -- standby-rebuild --variant mutant --keep
  npm run lab:replay -- --all --jobs 4
  npm run lab:replay -- --all --shard 1/4 --junit junit.xml
  npm run lab:replay -- 20261122-211824-standby-rebuild-pgbackrest.tar.gz
  npm run -s lab:replay -- --list --json`,
      )
      .action((names: string[], options: Options) => (options.list ? list(names, options) : run(names, options, session)));
  },
};

/** Every mistake of every file, before anything is started. Of a bundle, the variant that was recorded. */
async function plans(names: readonly string[], options: Options): Promise<Omit<Job, 'golden'>[]> {
  const problems: Problem[] = [];
  const take = (source: SourceText, { plans, problems: mistakes, recipes }: PlannedFile) => {
    problems.push(...mistakes);
    return plans.map((plan) => ({ plan, source: source.text, recipes }));
  };
  const bundles = new Map(await Promise.all(names.map(async (name) => [name, await readBundledScenario(name)] as const)));
  const files = readScenarioFiles(names.filter((name) => bundles.get(name) === undefined));
  const jobs = [
    ...files.flatMap((source) => {
      const planned = planFile(source, options.variant);
      if (planned.advice.length > 0 && planned.problems.length === 0)
        process.stderr.write(`${source.file} could be better: npm run lab:lint -- ${source.file} says where\n`);
      return take(source, planned);
    }),
    ...[...bundles.values()].flatMap((bundle) =>
      bundle ? take(bundle.source, planFile(bundle.source, options.variant ?? [bundle.variant], bundle.recipes)) : [],
    ),
  ];
  if (problems.length > 0) throw new UsageError('this cannot be replayed', { problems });
  return jobs;
}

async function list(names: readonly string[], options: Options): Promise<void> {
  const found = (await plans(names.length > 0 ? names : scenarioNames(), options)).map(({ plan }) => plan);
  const scenarios = [...new Set(found.map((plan) => plan.scenario))].map((scenario) => {
    const own = found.filter((plan) => plan.scenario === scenario);
    return {
      scenario,
      proves: own[0]?.proves ?? '',
      variants: own.map((plan) => ({ variant: plan.variant, ...(plan.mustFail ? { mustFail: plan.mustFail.name } : {}) })),
    };
  });
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ scenarios }, null, 2)}\n`);
    return;
  }
  const paint = paintFor(process.stdout);
  for (const { scenario, proves, variants } of scenarios) {
    process.stdout.write(`${paint.bold(scenario)}  ${paint.dim(variants.map(({ variant }) => variant).join(', '))}\n  ${proves}\n`);
  }
}

/** The i-th of n parts; every n-th job, so that a scenario's slow variants do not all go to one machine. */
function shardOf<T>(jobs: readonly T[], shard: string | undefined): readonly T[] {
  if (shard === undefined) return jobs;
  const [, part, parts] = /^(\d+)\/(\d+)$/.exec(shard)?.map(Number) ?? [];
  if (part === undefined || parts === undefined || part < 1 || part > parts)
    throw new UsageError(`--shard takes a part and how many there are, such as 1/4, not ${JSON.stringify(shard)}`);
  return jobs.filter((_, n) => n % parts === part - 1);
}

async function run(names: readonly string[], options: Options, session: Session): Promise<void> {
  if (options.all && names.length > 0) throw new UsageError('--all and names exclude each other');
  if (!options.all && names.length === 0)
    throw new UsageError('no scenario was named', {
      hint: `${options.variant ? 'names stand before --variant; ' : ''}--list shows them, --all replays them all`,
    });
  const width = widthOf(options.jobs);
  const planned = shardOf(await plans(options.all ? scenarioNames() : names, options), options.shard);
  const use = goldenUse(options);
  const uses = use === 'make' ? goldenUses(planned.map(({ plan }) => plan.lab)) : [];
  const jobs = planned.map((job, n): Job => ({ ...job, golden: uses[n] ?? use }));
  // In the order in which they were asked for, whichever ended first.
  const jobOf = ({ verdict: { scenario, variant } }: FinishedRun) =>
    jobs.findIndex(({ plan }) => plan.scenario === scenario && plan.variant === variant);
  if (options.junit !== undefined) await makeRoomFor(options.junit);
  const docker = await findEngine();
  // Runs that go on side by side have no one phase that ends with the next.
  const progress = showProgress(process.stderr, jobs.length > 1 ? 'lines' : 'live');
  session.takeOver(`${npmCommand('down', 'lab', '--all')} removes what is left`);
  for (const name of await removeOrphans(docker)) progress.note(`removed ${name}, the lab of a replay that was killed`);
  const runs: FinishedRun[] = [];
  let ended: readonly FinishedRun[] = [];
  const queue = [...jobs].sort((a, b) => expectedSeconds(b.plan) - expectedSeconds(a.plan));
  const several = jobs.length > 1;
  const refills = new Map<string, PoolLabel>();
  const onRefill = (refill: PoolLabel) => void refills.set(refill.spec, refill);
  const stop = new AbortController();
  const signal = AbortSignal.any([session.signal, stop.signal]);
  const batch: Batch = { docker, options, signal, progress, several, admit: several ? createAdmission(docker) : atOnce, onRefill };
  const work = async () => {
    for (let job = queue.shift(); job && !signal.aborted; job = queue.shift()) {
      runs.push(await replayJob(job, batch));
    }
  };
  const workers = Array.from({ length: Math.min(width, jobs.length) }, work);
  try {
    await Promise.all(workers);
    progress.end('done');
  } catch (error) {
    // The process ends with this: every other run's lab is to be gone by then.
    stop.abort(error);
    await Promise.allSettled(workers);
    progress.end('failed');
    if (!session.signal.aborted) throw error;
    const labs = options.keep
      ? `what there is of its labs is kept: ${npmCommand('status', 'lab', '--all')}`
      : 'the labs of this replay are removed';
    throw new LabError(`interrupted; ${labs}`, { exitCode: exitCodes.interrupted });
  } finally {
    ended = besideEachOther(runs).toSorted((a, b) => jobOf(a) - jobOf(b));
    // Whatever has ended by then is told, also when the rest was interrupted.
    for (const { what, path } of await writeJointReports(ended, options))
      process.stderr.write(`${what}: ${relative(process.cwd(), path)}\n`);
  }
  for (const refill of refills.values()) refillInBackground(refill);
  const withoutContrast = ended.filter(({ verdict }) => verdict.because?.reason === 'no-contrast');
  if (withoutContrast.length > 0)
    (options.json ? process.stderr : process.stdout).write('\nbeside the variants that they change, these mutants show nothing:\n');
  for (const run of withoutContrast) tell({ ...run, source: jobs[jobOf(run)]?.source ?? '' }, options);
  const results = ended.map(({ verdict: { scenario, variant, verdict }, seconds, folder }) => ({
    scenario,
    variant,
    verdict,
    seconds,
    folder,
  }));
  if (options.json) process.stdout.write(`${JSON.stringify({ results }, null, 2)}\n`);
  else if (several) process.stdout.write(`\n${summary(ended)}\n`);
  process.exitCode = verdictCode(
    ended.map(({ verdict }) => verdict),
    options.strict === true,
  );
}

/** `auto` leaves it to the machine: each lab waits for room. */
function widthOf(jobs: string): number {
  if (jobs === 'auto') return Number.POSITIVE_INFINITY;
  const width = Number(jobs);
  if (Number.isInteger(width) && width >= 1) return width;
  throw new UsageError(`--jobs takes auto or a whole number from 1 on, not ${JSON.stringify(jobs)}`);
}

/** What the jobs of one command share. */
interface Batch {
  readonly docker: Docker;
  readonly options: Options;
  /** Aborts when the command is interrupted, and when one of the runs cannot go on. */
  readonly signal: AbortSignal;
  readonly progress: Progress;
  readonly several: boolean;
  readonly admit: Admit;
  readonly onRefill: (refill: PoolLabel) => void;
}

async function replayJob(job: Job, batch: Batch): Promise<FinishedRun> {
  const { docker, options, signal, progress, several, admit } = batch;
  const { plan } = job;
  const who = `${plan.scenario} (${plan.variant})`;
  const own = (text: string) => (several ? `${who}: ${text}` : text);
  let [lab, begun] = ['', ''];
  const replayed = await replayScenario(docker, plan, job.source, {
    recipes: job.recipes,
    out: options.out,
    bind: '127.0.0.1',
    golden: job.golden,
    admit,
    keep: options.keep === true,
    signal,
    onRefill: batch.onRefill,
    onImages: showImages(progress),
    onRun: (name, folder) => {
      [lab, begun] = [name, folder];
    },
    onPhase: (phase) => progress.phase(own(phase)),
    onStep: (_, title) => progress.phase(own(title)),
  }).catch((error: unknown) => {
    if (existsSync(begun)) progress.note(own(`recorded until then: ${relative(process.cwd(), begun)}`));
    throw error;
  });
  // First: there may be no room for the reports.
  tell({ ...replayed, source: job.source }, options);
  const finished = await writeReports(replayed, plan);
  if (options.keep)
    process.stderr.write(`the lab is kept: ${npmCommand('status', lab)}, ${npmCommand('psql', lab)}, ${npmCommand('down', lab)}\n`);
  return finished;
}

/** With `--json` for people who look on, who need to know of nothing that passed. */
function tell({ verdict, folder, source }: Pick<Replayed, 'verdict' | 'folder'> & Pick<Job, 'source'>, { json }: Options): void {
  const text = renderText(verdict, { paint: paintFor(json ? process.stderr : process.stdout), source });
  if (!json) process.stdout.write(`${text}\n  ${paintFor(process.stdout).dim(relative(process.cwd(), folder))}\n`);
  else if (verdict.verdict !== 'pass') process.stderr.write(`${text}\n`);
}

function summary(runs: readonly FinishedRun[]): string {
  const paint = paintFor(process.stdout);
  const word = { pass: paint.green('pass'), fail: paint.red('fail'), unknown: paint.yellow('unknown') };
  const rows = runs.map(({ verdict: { scenario, variant, verdict }, seconds }) => [
    scenario,
    variant,
    word[verdict],
    `${seconds.toFixed(1)} s`,
  ]);
  return table(
    [{ title: 'scenario' }, { title: 'variant' }, { title: 'verdict' }, { title: 'took, with its lab', align: 'right' }],
    rows,
  ).join('\n');
}
