/** `pglab record`: what is done by hand to a running lab becomes a scenario that replays it. */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import type { Command } from 'commander';
import { exitCodes, LabError, UsageError } from '../../core/problem.ts';
import { findEngine } from '../../engine/connect.ts';
import { checkName, findLab, type Lab } from '../../engine/lab.ts';
import { isGolden } from '../../engine/snapshot-labels.ts';
import { renderText } from '../../report/text.ts';
import { listen } from '../../run/hand-over/listen.ts';
import { dynamicDrift } from '../../run/lab-drift.ts';
import { type RecordedRun, recordLab } from '../../run/record-lab.ts';
import { planFile } from '../../run/scenario-files.ts';
import { watchDeeds } from '../../run/watch-deeds.ts';
import { renderProblems } from '../../scenario/code-frame.ts';
import { labObject, labSchema } from '../../topology/overlay.ts';
import { npmCommand, withName } from '../lab-options.ts';
import { paintFor } from '../paint.ts';
import { openPrompt } from '../prompt.ts';
import { RecordPrompt } from '../record-prompt.ts';
import type { Session, Verb } from '../session.ts';
import { writeReports } from '../write-reports.ts';

interface Options {
  readonly name: string;
  readonly out: string;
  readonly proves?: string;
  readonly source?: string;
  readonly runs: string;
}

export const record: Verb = {
  define: (command: Command, session: Session) => {
    withName(command)
      .requiredOption('--out <file>', 'the scenario file to write, such as scenarios/lost-standby.yaml')
      .option('--proves <sentence>', 'what it shows; a reminder is written otherwise')
      .option('--source <source>', 'where the question comes from: owner/repository#123, a https address')
      .option('--runs <folder>', 'where the run folder is made', join('.lab', 'runs'))
      .addHelpText(
        'after',
        `
What is typed at the prompt is carried out on the lab as a replay would, and recorded. After each step the log lines that are
out of the ordinary and the state of the cluster are offered as expectations. The file has the lab as it was asked for, every
step, the chosen expectations, and a mutant that leaves out what brought the first of them about. A replay starts with a fresh
lab: record on one that is as lab:up made it.
What is done to the lab meanwhile with lab:exec, lab:psql -c or a pipe, and lab:snapshot in other terminals is recorded as well,
and so are docker kill, stop, start, restart, pause and unpause of its hosts.
Type help at the prompt. From a pipe, each line is one command, and the end of the input is done.

Examples:
  npm run lab:record -- --out scenarios/lost-leader.yaml
  printf 'mark before\\nkill leader\\nexpect all\\n' | npm run lab:record -- --out scenarios/lost-leader.yaml`,
      )
      .action((options: Options) => run(options, session));
  },
};

async function run(options: Options, session: Session): Promise<void> {
  checkName(options.name);
  const name = scenarioName(options.out);
  const docker = await findEngine();
  const lab = await findLab(docker, options.name);
  const { data: asked } = labSchema.safeParse(lab.spec.asked);
  if (asked === undefined)
    throw new UsageError(`${lab.name} does not know what it was made from: an earlier version made it`, {
      hint: `${npmCommand('down', lab.name)}, ${npmCommand('up', lab.name)}`,
    });
  let begin: (talk: RecordPrompt) => void = () => {};
  const talking = new Promise<RecordPrompt>((resolve) => {
    begin = resolve;
  });
  const reception = await listen(lab.id, (visitor) => {
    talking.then((talk) => talk.admit(visitor)).catch(() => visitor.refuse('the recording ends'));
  });
  // Whoever still works in another terminal is not waited for then.
  session.signal.addEventListener('abort', () => reception.dismiss(), { once: true });
  session.takeOver('ended in the middle: nothing was written');
  const gone = new AbortController();
  const prompt = openPrompt(AbortSignal.any([session.signal, gone.signal]));
  let wanted = true;
  let recorded: RecordedRun | undefined;
  let unrecorded: readonly string[] = [];
  try {
    const frame = {
      name,
      file: options.out,
      proves: options.proves ?? 'What was recorded by hand happens again.',
      source: options.source ?? `recorded: by hand on ${new Date().toISOString().slice(0, 10)}, on a lab of ${lab.spec.preset}`,
      lab: labObject(asked),
    };
    recorded = await recordLab(
      docker,
      lab,
      { frame, out: options.runs, signal: session.signal, onGone: () => gone.abort() },
      async (recording) => {
        const talk = new RecordPrompt(recording, prompt, gone.signal);
        begin(talk);
        const deeds = watchDeeds(recording.run, (deed, exit) => talk.witness(deed, exit));
        introduce(lab, recording.run.observer.latest.main, await dynamicDrift(lab, asked));
        try {
          wanted = await talk.talk();
          reception.close();
          deeds.close();
          if (!wanted) reception.dismiss();
          await talk.settle();
        } finally {
          await deeds.stop();
        }
        if (!wanted) return;
        if (!gone.signal.aborted && isWriting(recording.steps())) await recording.carryOut({ workload: 'stop' });
        unrecorded = talk.unrecorded;
      },
    );
  } catch (error) {
    if (!session.signal.aborted) throw error;
    throw new LabError('interrupted: nothing was written; the lab is as you left it', { exitCode: exitCodes.interrupted });
  } finally {
    reception.dismiss();
    prompt.close();
  }
  if (!recorded || !wanted) {
    process.stdout.write(
      `nothing is written${recorded ? `; the history is in ${relative(process.cwd(), recorded.folder)}` : ': nothing was recorded'}\n`,
    );
    return;
  }
  await mkdir(dirname(options.out), { recursive: true });
  await writeFile(options.out, `${recorded.text}${unrecorded.map((command) => `# Not recorded: ${command}\n`).join('')}`);
  // The verdict is the live judge's, which saw everything.
  const blueprint = { hosts: [], secrets: lab.spec.secrets };
  await writeReports({ ...recorded, blueprint, seconds: recorded.verdict.seconds }, recorded.plan);
  report(options.out, recorded);
}

function report(file: string, { text, verdict, folder }: RecordedRun): void {
  const paint = paintFor(process.stdout);
  const { problems, advice } = planFile({ file, text });
  const lines = [
    '',
    `${renderText(verdict, { paint, source: text })}\n  ${paint.dim(relative(process.cwd(), folder))}`,
    ...(problems.length + advice.length > 0 ? [renderProblems([...problems, ...advice], { [file]: text })] : []),
    `wrote ${paint.bold(file)}; next: npm run lab:replay -- ${file}`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function scenarioName(file: string): string {
  const name = /^(?<name>[a-z0-9][a-z0-9-]*)\.ya?ml$/.exec(basename(file))?.groups?.name;
  if (name === undefined)
    throw new UsageError(`a scenario cannot be in a file named ${basename(file)}`, {
      hint: 'lower-case letters, digits and dashes, and .yaml',
    });
  if (existsSync(file)) throw new UsageError(`${file} is there already`, { hint: 'choose another name, or remove it' });
  return name;
}

function isWriting(steps: readonly { readonly workload?: unknown }[]): boolean {
  const last = steps.findLast(({ workload }) => workload !== undefined);
  return last !== undefined && last.workload !== 'stop';
}

/** A lab on which somebody worked before is not what a replay begins with. */
function introduce({ name, spec }: Lab, look: { readonly leader?: string } | undefined, drift: readonly string[]): void {
  const paint = paintFor(process.stdout);
  const [first] = spec.clusters[0]?.members ?? [];
  const frozen = spec.forkOf !== undefined && !isGolden(spec.forkOf);
  const why = [
    ...(frozen ? [`a fork of ${spec.forkOf}`] : []),
    ...(look?.leader === first ? [] : [`leader ${look?.leader ?? 'none'}`]),
    ...(drift.length > 0 ? [`changed in the dynamic configuration: ${drift.join(', ')}`] : []),
  ];
  process.stdout.write(
    `recording on ${paint.bold(name)}: type steps such as kill leader; help lists the rest, done writes the scenario\n` +
      `what is done with lab:exec and lab:psql in other terminals becomes steps as well, and so does docker kill pglab-${name}-HOST\n`,
  );
  if (why.length > 0)
    process.stdout.write(
      `${paint.yellow('!')} it is not as lab:up made it (${why.join(', ')}), and replays begin with a fresh one: ${npmCommand('down', name)}, ${npmCommand('up', name)}\n`,
    );
}
