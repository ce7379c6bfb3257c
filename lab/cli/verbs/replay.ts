/** `pglab replay`: replays scenarios, each variant on a lab of its own, side by side, and says what became of them. */
import { writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { type Command, Option } from 'commander';
import { exitCodes, LabError, type Problem, UsageError } from '../../core/problem.ts';
import { redactor } from '../../core/redact.ts';
import type { Docker } from '../../engine/connect.ts';
import { findEngine } from '../../engine/connect.ts';
import { renderJunit } from '../../report/junit.ts';
import { renderMarkdown } from '../../report/markdown.ts';
import { renderText } from '../../report/text.ts';
import { type Admit, atOnce, createAdmission } from '../../run/admission.ts';
import { type GoldenUse, goldenUses } from '../../run/golden.ts';
import type { Refill } from '../../run/pool.ts';
import { type Replayed, removeOrphans, replayScenario } from '../../run/replay-scenario.ts';
import { planFile, readScenarioFiles, scenarioNames } from '../../run/scenario-files.ts';
import { expectedSeconds } from '../../scenario/expected-time.ts';
import type { Plan } from '../../scenario/plan.ts';
import type { Verdict } from '../../verdict/verdict.ts';
import { showImages } from '../image-progress.ts';
import { npmCommand } from '../lab-options.ts';
import { paintFor } from '../paint.ts';
import { type Progress, showProgress } from '../progress.ts';
import { refillInBackground } from '../refill.ts';
import type { Session, Verb } from '../session.ts';
import { table } from '../table.ts';
import { renderTimeline, timelineFile } from '../timeline.ts';
import { verdictCode } from '../verdict-code.ts';

interface Options {
  readonly all?: true;
  readonly list?: true;
  readonly variant?: string[];
  readonly keep?: true;
  readonly fresh?: true;
  readonly jobs: string;
  readonly out: string;
  readonly strict?: true;
  readonly json?: true;
}

/** One variant of one file. */
interface Job {
  readonly plan: Plan;
  readonly source: string;
  readonly golden: GoldenUse;
}

interface Result {
  readonly scenario: string;
  readonly variant: string;
  readonly verdict: 'pass' | 'fail' | 'unknown';
  readonly seconds: number;
  readonly folder: string;
}

export const replay: Verb = {
  define: (command: Command, session: Session) => {
    command
      .argument('[scenario...]', 'names (--list shows them) or paths of scenario files')
      .option('--all', 'every scenario of the project')
      .option('--list', 'list scenarios and their variants; replay nothing')
      .option('--variant <name...>', 'only these variants')
      .option('--keep', 'leave the labs up, and say how to enter them')
      .option('--fresh', 'bring every lab up from nothing, not as a fork of its golden lab')
      .addOption(
        new Option('--jobs <n>', 'how many labs run side by side at most; auto: as many as the machine has room for').default('auto'),
      )
      .option('--out <folder>', 'where run folders are made', join('.lab', 'runs'))
      .option('--strict', 'an unsupported scenario counts as unknown, not as skipped')
      .option('--json', 'results as JSON on stdout, progress on stderr')
      .addHelpText(
        'after',
        `
Examples:
  npm run lab:replay -- standby-rebuild
  npm run lab:replay -- standby-rebuild --variant mutant --keep
  npm run lab:replay -- --all --jobs 4
  npm run -s lab:replay -- --list --json`,
      )
      .action((names: string[], options: Options) => (options.list ? list(names, options) : run(names, options, session)));
  },
};

/** Every mistake of every file, before anything is started. */
function plans(names: readonly string[], options: Options): Omit<Job, 'golden'>[] {
  const problems: Problem[] = [];
  const jobs = readScenarioFiles(names).flatMap((source) => {
    const planned = planFile(source, options.variant);
    problems.push(...planned.problems);
    return planned.plans.map((plan) => ({ plan, source: source.text }));
  });
  if (problems.length > 0) throw new UsageError('this cannot be replayed', { problems });
  return jobs;
}

function list(names: readonly string[], options: Options): void {
  const found = plans(names.length > 0 ? names : scenarioNames(), options).map(({ plan }) => plan);
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

async function run(names: readonly string[], options: Options, session: Session): Promise<void> {
  if (options.all && names.length > 0) throw new UsageError('--all and names exclude each other');
  if (!options.all && names.length === 0)
    throw new UsageError('no scenario was named', { hint: '--list shows them, --all replays them all' });
  const width = widthOf(options.jobs);
  const planned = plans(options.all ? scenarioNames() : names, options);
  const uses = options.fresh ? undefined : goldenUses(planned.map(({ plan }) => plan.lab));
  const jobs = planned.map((job, n): Job => ({ ...job, golden: uses?.[n] ?? 'never' }));
  const docker = await findEngine();
  const progress = showProgress(process.stderr);
  session.takeOver(`${npmCommand('down', 'lab', '--all')} removes what is left`);
  for (const name of await removeOrphans(docker)) progress.note(`removed ${name}, the lab of a replay that was killed`);
  const results: Result[] = [];
  const verdicts: Verdict[] = [];
  const queue = [...jobs].sort((a, b) => expectedSeconds(b.plan) - expectedSeconds(a.plan));
  const several = jobs.length > 1;
  const refills = new Map<string, Refill>();
  const onRefill = (refill: Refill) => void refills.set(refill.spec, refill);
  const batch: Batch = { docker, options, session, progress, several, admit: several ? createAdmission() : atOnce, onRefill };
  const work = async () => {
    for (let job = queue.shift(); job && !session.signal.aborted; job = queue.shift()) {
      const { result, verdict } = await replayJob(job, batch);
      results.push(result);
      verdicts.push(verdict);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(width, jobs.length) }, work));
    progress.end('done');
  } catch (error) {
    progress.end('failed');
    if (!session.signal.aborted) throw error;
    throw new LabError('interrupted; the labs of this replay are removed', { exitCode: exitCodes.interrupted });
  }
  for (const refill of refills.values()) refillInBackground(refill);
  // In the order in which they were asked for, whichever ended first.
  const rank = (result: Result) => jobs.findIndex(({ plan }) => plan.scenario === result.scenario && plan.variant === result.variant);
  results.sort((a, b) => rank(a) - rank(b));
  if (options.json) process.stdout.write(`${JSON.stringify({ results }, null, 2)}\n`);
  else if (several) process.stdout.write(`\n${summary(results)}\n`);
  process.exitCode = verdictCode(verdicts, options.strict === true);
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
  readonly session: Session;
  readonly progress: Progress;
  readonly several: boolean;
  readonly admit: Admit;
  readonly onRefill: (refill: Refill) => void;
}

async function replayJob(job: Job, batch: Batch): Promise<{ result: Result; verdict: Verdict }> {
  const { docker, options, session, progress, several, admit } = batch;
  const { plan } = job;
  const who = `${plan.scenario} (${plan.variant})`;
  const own = (text: string) => (several ? `${who}: ${text}` : text);
  let lab = '';
  const replayed = await replayScenario(docker, plan, job.source, {
    out: options.out,
    bind: '127.0.0.1',
    golden: job.golden,
    admit,
    keep: options.keep === true,
    signal: session.signal,
    onRefill: batch.onRefill,
    onImages: showImages(progress),
    onLab: (name) => {
      lab = name;
    },
    onPhase: (phase) => progress.phase(own(phase)),
    onStep: (_, title) => progress.phase(own(title)),
  });
  await writeReports(replayed, job);
  const { verdict, folder, seconds } = replayed;
  const text = renderText(verdict, { paint: paintFor(options.json ? process.stderr : process.stdout), source: job.source });
  if (!options.json) process.stdout.write(`${text}\n  ${paintFor(process.stdout).dim(relative(process.cwd(), folder))}\n`);
  else if (verdict.verdict !== 'pass') process.stderr.write(`${text}\n`);
  if (options.keep)
    process.stderr.write(`the lab is kept: ${npmCommand('status', lab)}, ${npmCommand('psql', lab)}, ${npmCommand('down', lab)}\n`);
  return { result: { scenario: plan.scenario, variant: plan.variant, verdict: verdict.verdict, seconds, folder }, verdict };
}

async function writeReports({ verdict, folder, blueprint }: Replayed, job: Job): Promise<void> {
  const redact = redactor({ ...blueprint.secrets });
  await writeFile(join(folder, 'report.md'), redact(renderMarkdown(verdict, { source: job.source })));
  await writeFile(join(folder, 'junit.xml'), redact(renderJunit([verdict])));
  await writeFile(join(folder, timelineFile), redact(renderTimeline(folder)));
}

function summary(results: readonly Result[]): string {
  const paint = paintFor(process.stdout);
  const word = { pass: paint.green('pass'), fail: paint.red('fail'), unknown: paint.yellow('unknown') };
  const rows = results.map(({ scenario, variant, verdict, seconds }) => [scenario, variant, word[verdict], `${seconds.toFixed(1)} s`]);
  return table([{ title: 'scenario' }, { title: 'variant' }, { title: 'verdict' }, { title: 'took', align: 'right' }], rows).join('\n');
}
