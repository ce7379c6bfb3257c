/** `pglab step`: one variant of a scenario on a lab of its own, its steps carried out as the person at the prompt says. */
import { join, relative } from 'node:path';
import type { Command } from 'commander';
import { exitCodes, LabError, UsageError } from '../../core/problem.ts';
import { findEngine } from '../../engine/connect.ts';
import { renderText } from '../../report/text.ts';
import { atOnce } from '../../run/admission.ts';
import { goldenUse } from '../../run/golden.ts';
import { removeOrphans, replayScenario } from '../../run/replay-scenario.ts';
import { planFile, readScenarioFile } from '../../run/scenario-files.ts';
import { stepThrough } from '../../run/step-through.ts';
import type { Plan } from '../../scenario/plan.ts';
import { didYouMean } from '../../topology/topology-problem.ts';
import { showImages } from '../image-progress.ts';
import { npmCommand } from '../lab-options.ts';
import { paintFor } from '../paint.ts';
import { type Progress, showProgress } from '../progress.ts';
import { openPrompt } from '../prompt.ts';
import { refillInBackground } from '../refill.ts';
import type { Session, Verb } from '../session.ts';
import { askForMove } from '../step-prompt.ts';
import { verdictCode } from '../verdict-code.ts';
import { writeReports } from '../write-reports.ts';

interface Options {
  readonly variant?: string;
  readonly until?: string;
  readonly keep?: true;
  readonly fresh?: true;
  readonly out: string;
}

export const step: Verb = {
  define: (command: Command, session: Session) => {
    command
      .argument('<scenario>', 'a name (lab:replay -- --list shows them) or the path of a scenario file')
      .option('--variant <name>', 'the variant to step through; default the first')
      .option('--until <step>', 'carry out the steps before this one (its name) without asking')
      .option('--keep', 'leave the lab up, and say how to enter it')
      .option('--fresh', 'bring the lab up from nothing, not as a fork of its golden lab')
      .option('--out <folder>', 'where the run folder is made', join('.lab', 'runs'))
      .addHelpText(
        'after',
        `
The lab stays up while steps are carried out one at a time; each is shown before. A step that failed keeps the cursor: repair
what is wrong, here or from another terminal, and try it again, or go on. Everything is recorded and judged as in a replay;
a run in which a step was tried again, passed over, or something else was done by hand never passes.
Type help at the prompt. From a pipe, each line is one command, and the end of the input quits.

Examples:
  npm run lab:step -- standby-rebuild
  npm run lab:step -- standby-rebuild --variant mutant --until rebuilt
  printf 'run\\nstatus\\nquit keep\\n' | npm run lab:step -- standby-rebuild`,
      )
      .action((name: string, options: Options) => run(name, options, session));
  },
};

async function run(name: string, options: Options, session: Session): Promise<void> {
  const file = readScenarioFile(name);
  const { plans, problems } = planFile(file, options.variant === undefined ? undefined : [options.variant]);
  const [plan] = plans;
  if (!plan) throw new UsageError('this cannot be replayed', { problems });
  const goal = indexOf(options.until, plan);
  const docker = await findEngine();
  session.takeOver(`${npmCommand('down', 'lab', '--all')} removes what is left`);
  const prompt = openPrompt(session.signal);
  let progress: Progress | undefined = showProgress(process.stderr);
  const phase = (text: string) => {
    progress ??= showProgress(process.stderr);
    progress.phase(text);
  };
  const settle = (outcome: 'done' | 'failed') => {
    progress?.end(outcome);
    progress = undefined;
  };
  for (const orphan of await removeOrphans(docker)) progress.note(`removed ${orphan}, the lab of a replay that was killed`);
  let lab = '';
  let keep = options.keep === true;
  try {
    const replayed = await replayScenario(docker, plan, file.text, {
      out: options.out,
      bind: '127.0.0.1',
      golden: goldenUse(options),
      admit: atOnce,
      keep,
      signal: session.signal,
      onRefill: refillInBackground,
      onImages: showImages(progress),
      onRun: (made) => {
        lab = made;
      },
      onPhase: phase,
      onStep: (_, title) => phase(title),
      drive: stepThrough(async (standing) => {
        settle(standing.failed ? 'failed' : 'done');
        if (standing.at === goal && goal === 0) introduce(plan, lab);
        const move = await askForMove({ prompt, plan, source: file.text }, standing);
        keep ||= move.do === 'quit' && move.keep;
        if (move.do === 'quit' && !keep) phase('removing the lab');
        return move;
      }, goal),
    });
    settle('done');
    await writeReports(replayed, plan);
    const paint = paintFor(process.stdout);
    process.stdout.write(
      `${renderText(replayed.verdict, { paint, source: file.text })}\n  ${paint.dim(relative(process.cwd(), replayed.folder))}\n`,
    );
    if (keep) process.stdout.write(`the lab is kept:\n${enter(lab)}\n`);
    process.exitCode = verdictCode([replayed.verdict]);
  } catch (error) {
    settle('failed');
    if (!session.signal.aborted) throw error;
    throw new LabError(
      keep ? `interrupted; the lab is kept: ${npmCommand('status', lab)}, ${npmCommand('down', lab)}` : 'interrupted; the lab is removed',
      {
        exitCode: exitCodes.interrupted,
      },
    );
  } finally {
    prompt.close();
  }
}

function indexOf(name: string | undefined, plan: Plan): number {
  if (name === undefined) return 0;
  const index = plan.steps.findIndex((one) => one.name === name);
  if (index >= 0) return index;
  const names = plan.steps.flatMap((one) => one.name ?? []);
  throw new UsageError(`no step of ${plan.scenario} (${plan.variant}) is named ${JSON.stringify(name)}`, {
    hint: names.length > 0 ? didYouMean(name, names) : 'none of its steps has a name: step through them one at a time',
  });
}

function introduce(plan: Plan, lab: string): void {
  const paint = paintFor(process.stdout);
  process.stdout.write(
    `${paint.bold(`${plan.scenario} (${plan.variant})`)}  ${plan.steps.length} steps; Enter carries out the one that is shown, help lists the rest\n${paint.dim(`from another terminal:\n${enter(lab)}`)}\n`,
  );
}

function enter(lab: string): string {
  return [
    npmCommand('status', lab),
    npmCommand('psql', lab),
    npmCommand('exec', lab, 'leader'),
    npmCommand('logs', lab, '--follow'),
    npmCommand('down', lab),
  ]
    .map((command) => `  ${command}`)
    .join('\n');
}
