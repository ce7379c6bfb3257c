/** Options that several verbs share, and what they stand for. */
import type { Command } from 'commander';
import { type Problem, UsageError } from '../core/problem.ts';
import type { Blueprint } from '../topology/blueprint.ts';
import type { LabObject } from '../topology/overlay.ts';
import type { TopologyProblem } from '../topology/topology-problem.ts';

export const defaultName = 'lab';

export function withName(command: Command): Command {
  return command.option('--name <name>', 'the lab, where there are several', defaultName);
}

/** `npm run lab:psql` and what else to type, for a lab that may not have the default name. */
export function npmCommand(verb: string, lab: string, rest = ''): string {
  const own = lab === defaultName ? '' : `--name ${lab}`;
  const words = [own, rest].filter((part) => part !== '').join(' ');
  return `npm run lab:${verb}${words === '' ? '' : ` -- ${words}`}`;
}

export interface LabChoice {
  readonly preset?: string;
  readonly profile?: string;
  readonly train?: string;
  readonly ready?: string;
  readonly overlay?: string;
}

export function withLabChoice(command: Command): Command {
  return command
    .option('--preset <preset>', 'three-nodes-repo-host (default), two-nodes-shared-repo, one-node')
    .option('--profile <profile>', "Patroni's timing: fast (default) or talk")
    .option('--train <train>', 'Debian release of the images: forky (default), trixie, bookworm')
    .option('--ready <state>', 'how far to bring it up: hosts, cluster, stanza, backup (default)')
    .option('--overlay <file>', 'YAML file with changes to the lab, as under `lab:` in a scenario');
}

/** What the options and the overlay file say, checked word by word, and where a mistake in it stands. Throws UsageError. */
export async function readChoice(
  choice: LabChoice,
): Promise<{ readonly spec: LabObject; readonly locate: (problem: TopologyProblem) => Problem }> {
  const [{ presetNames }, { profileNames }, { readyStates }, { didYouMean }] = await Promise.all([
    import('../topology/presets/index.ts'),
    import('../topology/timing-profiles.ts'),
    import('../topology/blueprint.ts'),
    import('../topology/topology-problem.ts'),
  ]);
  const oneOf = <T extends string>(what: string, word: string | undefined, known: readonly T[]): T | undefined => {
    if (word === undefined || known.includes(word as T)) return word as T | undefined;
    throw new UsageError(`unknown ${what} ${JSON.stringify(word)}`, { hint: didYouMean(word, known) });
  };
  const preset = oneOf('preset', choice.preset, presetNames);
  const profile = oneOf('profile', choice.profile, profileNames);
  const ready = oneOf('state to be ready in', choice.ready, readyStates);
  if (choice.train !== undefined) {
    const { readTrains } = await import('../engine/trains.ts');
    oneOf('train', choice.train, Object.keys(readTrains().trains));
  }
  const file = choice.overlay === undefined ? undefined : await (await import('./overlay-file.ts')).readOverlayFile(choice.overlay);
  for (const { message, file: name, span, hint } of file?.advice ?? [])
    process.stderr.write(`warning: ${name}:${span?.start.line}: ${message}${hint === undefined ? '' : `; ${hint}`}\n`);
  const spec: LabObject = {
    ...file?.lab,
    ...(preset === undefined ? {} : { preset }),
    ...(profile === undefined ? {} : { profile }),
    ...(choice.train === undefined ? {} : { train: choice.train }),
    ready: ready ?? file?.lab.ready ?? 'backup',
  };
  return { spec, locate: file?.locate ?? (({ message, hint }) => ({ message, ...(hint === undefined ? {} : { hint }) })) };
}

/** The blueprint of a choice, with placeholders for passwords and certificates. Throws UsageError with every mistake. */
export async function outlineChoice(choice: LabChoice): Promise<Blueprint> {
  const { spec, locate } = await readChoice(choice);
  const [{ draft, placeholders }, { readTrains }] = await Promise.all([import('../topology/draft.ts'), import('../engine/trains.ts')]);
  const { blueprint, problems } = draft(spec, readTrains(), placeholders(spec));
  if (blueprint) return blueprint;
  throw new UsageError('this lab cannot be made', { problems: problems.map(locate) });
}
