#!/usr/bin/env node
/** The program `pglab`: finds the verb, runs it, and turns whatever was thrown into one message and the documented exit code. */
import { Command, CommanderError } from 'commander';
import { exitCodes, UsageError } from '../core/problem.ts';
import { programVersion } from '../core/project.ts';
import { watchInterruptions } from './interruption.ts';
import { refuseSwallowed } from './npm-options.ts';
import { type Paint, paintFor } from './paint.ts';
import type { Session } from './session.ts';
import { verbTable } from './verb-table.ts';

await main(process.argv);

async function main(argv: readonly string[]): Promise<void> {
  const session = watchInterruptions();
  let code: number;
  try {
    const program = await defineProgram(argv, session);
    await program.parseAsync(known(argv));
    code = Number(process.exitCode ?? exitCodes.pass);
  } catch (error) {
    code = await explain(error, argv);
  }
  // Connections that are kept open must not keep the process: what was written is flushed, then it ends.
  await Promise.all([process.stdout, process.stderr].map((stream) => new Promise((resolve) => stream.write('', resolve))));
  process.exit(code);
}

async function defineProgram(argv: readonly string[], session: Session): Promise<Command> {
  const program = new Command('pglab');
  program
    .description('A local lab for Patroni + pgBackRest on Docker.')
    .option('--debug', 'show stack traces')
    .version(programVersion(), '--version')
    .enablePositionalOptions()
    .exitOverride()
    .configureHelp({ showGlobalOptions: false })
    .configureOutput({ outputError: () => {}, getOutHasColors: () => paintFor(process.stdout).isColorSupported })
    .addHelpText('after', '\nEach verb is also an npm script: `npm run lab:up`, `npm run lab:psql -- leader`, ...');
  const wanted = wantedVerb(argv);
  for (const { name, summary, load } of verbTable) {
    const command = program.command(name).description(summary);
    if (name !== wanted) continue;
    (await load()).define(command, session);
    command.option('--debug', 'show stack traces');
    refuseSwallowed(command, argv, process.env);
  }
  return program;
}

/** A verb that does not exist has no help: asked for it, commander would show its own, and say nothing of the verb. */
function known(argv: readonly string[]): string[] {
  const wanted = wantedVerb(argv);
  if (wanted === undefined || verbTable.some(({ name }) => name === wanted)) return [...argv];
  return [...argv.slice(0, 2), wanted];
}

/** The first word that is no option: the verb, or `help` and then the verb. */
function wantedVerb(argv: readonly string[]): string | undefined {
  const words = argv.slice(2).filter((word) => !word.startsWith('-'));
  return words[0] === 'help' ? words[1] : words[0];
}

async function explain(error: unknown, argv: readonly string[]): Promise<number> {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return exitCodes.pass;
    if (error.code === 'commander.help') return exitCodes.usage;
    return print(usageError(error), argv);
  }
  return print(error, argv);
}

async function print(error: unknown, argv: readonly string[]): Promise<number> {
  const { describeError } = await import('./print-error.ts');
  const paint: Paint = paintFor(process.stderr);
  const { text, exitCode } = describeError(error, { paint, debug: asksForDebug(argv) });
  process.stderr.write(text);
  return exitCode;
}

/** commander says `error: unknown command 'upp'` and `(Did you mean up?)` below it. */
function usageError(error: CommanderError): UsageError {
  const [message = '', suggestion] = error.message.replace(/^error: /, '').split('\n');
  const help = 'pglab --help lists verbs; pglab VERB --help, their options';
  const hint = suggestion?.replace(/^\(Did you mean (.*)\?\)$/, 'did you mean $1?') ?? help;
  return new UsageError(message, { hint: error.code === 'commander.excessArguments' ? `which lab is said with --name; ${hint}` : hint });
}

/** Only before the words that `psql` and `exec` pass on. */
function asksForDebug(argv: readonly string[]): boolean {
  const own = argv.indexOf('--');
  return argv.slice(2, own < 0 ? undefined : own).includes('--debug');
}
