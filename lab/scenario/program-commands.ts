/** The commands of pgBackRest and patronictl, and which of them ask before they act. Knows command lines only, nothing of what they do. */
import { didYouMean } from '../topology/topology-problem.ts';

/**
 * pgBackRest's command reference, 2.45 to 2.60, and the internal ones, which its help does not list; patronictl's documentation,
 * Patroni 3.0 to 4.1.
 */
const commands = {
  pgbackrest: (
    'backup restore info check verify expire start stop stanza-create stanza-upgrade stanza-delete annotate archive-push archive-get ' +
    'repo-ls repo-get manifest server server-ping help version repo-create repo-put repo-rm'
  ).split(' '),
  patronictl: (
    'list switchover failover reinit restart reload pause resume edit-config show-config history topology query dsn flush remove version ' +
    'demote-cluster promote-cluster'
  ).split(' '),
} satisfies Readonly<Record<string, readonly string[]>>;

type Program = keyof typeof commands;

/** `patroni/ctl.py`: these ask "Are you sure", and take --force for a yes. */
const askUnlessForced: readonly string[] = ['switchover', 'failover', 'reinit', 'restart', 'reload'];

/** The command of a command line: its first word, or the first after options whose end is sure. undefined where it could be another one. */
function commandOf(run: string): string | undefined {
  const word = run
    .trim()
    .split(/\s+/)
    .find((each) => !/^--[\w-]+=[\w/.:-]*$/.test(each));
  return word !== undefined && /^\w[\w-]*$/.test(word) ? word : undefined;
}

/** What is wrong with a command line whose command the program does not have. */
export function unknownCommand(program: Program, run: string): { readonly message: string; readonly hint: string } | undefined {
  const command = commandOf(run);
  if (command === undefined || commands[program].includes(command)) return undefined;
  return { message: `${program} has no command "${command}"`, hint: didYouMean(command, commands[program]) };
}

/** What a patronictl without anybody to answer it waits for. */
export function unansweredQuestion(run: string): { readonly message: string; readonly hint: string } | undefined {
  const command = commandOf(run);
  // A shell's `<` answers as well.
  if (command === undefined || /(^|\s)--help(\s|$)|</.test(run)) return undefined;
  const message = `patronictl ${command} asks for confirmation`;
  if (command === 'remove') return { message, hint: 'answer with stdin: "${cluster}\\nYes I am aware\\n"' };
  if (!askUnlessForced.includes(command) || /(^|\s)--force(\s|$)/.test(run)) return undefined;
  return { message, hint: 'add --force, or answer with stdin' };
}

/** The step that such a word stands for. */
export function stepOfCommand(word: string): string | undefined {
  if (commands.patronictl.includes(word)) return `patronictl: ${word} \${cluster}${askUnlessForced.includes(word) ? ' --force' : ''}`;
  if (word === 'restore') return 'pgbackrest: { on: HOST, run: restore }';
  return commands.pgbackrest.includes(word) ? `pgbackrest: ${word}` : undefined;
}
