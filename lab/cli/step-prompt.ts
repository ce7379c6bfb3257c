/** The prompt of `pglab step`: shows where a run stands, and turns what is typed into the next move, or does it at once where it is a look. */
import { renderFinding } from '../report/text.ts';
import { planTyped } from '../run/scenario-files.ts';
import type { Move, Standing } from '../run/step-through.ts';
import { runByHand, type StepRunner } from '../run/steps.ts';
import type { Plan, PlannedStep } from '../scenario/plan.ts';
import { readTypedStep } from '../scenario/typed-step.ts';
import { type Paint, paintFor } from './paint.ts';
import type { Prompt } from './prompt.ts';
import { describeCommands, describeLab } from './prompt-answers.ts';
import { showResult } from './show-result.ts';

export interface StepPrompt {
  readonly prompt: Prompt;
  readonly plan: Plan;
  /** The scenario file's text. */
  readonly source: string;
}

const commands: readonly (readonly [string, string])[] = [
  ['next', 'carry out the next step; so does Enter. After a failed step: go on without it'],
  ['until NAME', 'carry out all steps up to that one; a name alone does the same'],
  ['run', 'carry out all that are left, until one fails'],
  ['again', 'try the last step again'],
  ['skip', 'pass over the next step'],
  ['show, rest', 'the step at the cursor as it is written; all steps, and where the cursor is'],
  ['status', 'how the cluster is'],
  ['exec pg1 COMMAND, psql SQL, kill pg1, ...', 'do something by hand: a step as typed for lab:record'],
  ['quit, quit keep', 'end here; keep leaves the lab up'],
];

/** Answers what a stepped run asks. A scripted prompt that ends quits. */
export async function askForMove({ prompt, plan, source }: StepPrompt, standing: Standing): Promise<Move> {
  const paint = paintFor(process.stdout);
  const { run, steps, at, failed } = standing;
  for (const finding of standing.found) say(renderFinding(run.judge.end(), finding, { paint, source }));
  say(failed ? failedHead(steps[at] as PlannedStep, paint) : cursorHead(standing, source, paint));
  for (;;) {
    const line = await prompt.ask('step> ');
    if (line === undefined) return { do: 'quit', keep: false };
    const move = readMove(line, standing);
    if (typeof move === 'object') return move;
    if (move !== undefined) say(move);
    else await look(line, { prompt, plan, source }, standing, paint);
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function failedHead(step: PlannedStep, paint: Paint): string {
  return `${paint.red('failed')} ${paint.bold(nameOf(step))}: repair it by hand and try it ${paint.bold('again')}, go on with ${paint.bold('next')}, or ${paint.bold('quit')}`;
}

function cursorHead({ steps, at }: Standing, source: string, paint: Paint): string {
  const step = steps[at];
  if (!step) return `${paint.bold('that was the last step')}: Enter ends the run and judges it`;
  return `${paint.bold(`${at + 1}/${steps.length}`)}\n${paint.dim(written(step, source))}`;
}

function nameOf(step: PlannedStep): string {
  return step.name ?? step.title;
}

/** The step's own lines of the file. A block of YAML ends where the next one begins. */
function written({ span: { start, end } }: PlannedStep, source: string): string {
  const next = end.line > start.line && end.column <= start.column;
  return source
    .split('\n')
    .slice(start.line - 1, next ? end.line - 1 : end.line)
    .join('\n')
    .trimEnd();
}

/** A move, or what is wrong with the one that was typed; undefined where it is none. */
function readMove(line: string, { steps, at, failed, again }: Standing): Move | string | undefined {
  const [word = '', ...rest] = line.split(/\s+/);
  const name = word === 'until' ? rest.join(' ') : line;
  const goal = steps.findIndex((step) => step.name === name || step.id === name);
  if (line === '') return failed ? 'the step failed: again, next, or quit (help lists what can be typed)' : { do: 'next' };
  if (goal >= 0 && (goal > at || word === 'until')) return goal > at ? { do: 'until', goal } : `${name} is not ahead`;
  if (word === 'until')
    return `no step is named ${JSON.stringify(name)}: ${steps
      .slice(at + 1)
      .flatMap((step) => step.name ?? [])
      .join(', ')}`;
  if (line === 'next') return { do: 'next' };
  if (line === 'run') return { do: 'until', goal: steps.length };
  if (line === 'again') return again ? { do: 'again' } : 'no step has ended that could be tried again';
  if (line === 'skip') return at < steps.length ? { do: 'skip' } : 'there is no step left';
  if (line === 'quit' || line === 'quit keep') return { do: 'quit', keep: line === 'quit keep' };
  return undefined;
}

async function look(line: string, { plan, source }: StepPrompt, { run, steps, at }: Standing, paint: Paint): Promise<void> {
  const step = steps[at] ?? (steps.at(-1) as PlannedStep);
  if (line === 'help' || line === '?') say(describeCommands(commands, paint));
  else if (line === 'show') say(written(step, source));
  else if (line === 'rest')
    say(
      steps
        .map(
          (one, index) =>
            `${index === at ? '>' : ' '} ${String(index + 1).padStart(2)}  ${one.title}${one.name ? paint.dim(`  ${one.name}`) : ''}`,
        )
        .join('\n'),
    );
  else if (line === 'status') say(await describeLab(run, paint));
  else await byHand(run, plan, step, line);
}

async function byHand(run: StepRunner, plan: Plan, before: PlannedStep, line: string): Promise<void> {
  const typed = readTypedStep(line);
  if (!typed.ok) return say(`${typed.message}\n  ${typed.hint}; help lists what can be typed`);
  const { step, problem } = planTyped(plan, typed.step, run.bindings().scopes['']?.values ?? {});
  if (!step) return say(problem);
  say(showResult(await runByHand(run, step, before), paintFor(process.stdout)));
}
