/** RUN: a program and its arguments, in the one shape that pgbackrest, patronictl, sql and exec share. */
import { z } from 'zod';
import { text } from './schema-parts.ts';
import { selectorSchema } from './selector.ts';

/** Normalised RUN. `on`: a selector's text; absent: the verb's default. `stanza`: false adds none. `user`: default postgres. */
export interface RunArgs {
  readonly run: string;
  readonly on?: string;
  readonly stdin?: string;
  readonly stanza?: string | false;
  readonly user?: 'postgres' | 'root';
}

/** What a RUN of one verb alone has: only pgBackRest knows stanzas, and only a command of one's own can be root's. */
const own = {
  stanza: z.union([z.literal(false), text]).describe("the stanza, where it is not the cluster's own; false adds no --stanza"),
  user: z.enum(['postgres', 'root']).describe('as whom; default postgres'),
} as const;

/** `what` says what `run` is for this verb. */
export function runSchema(what: string, key?: keyof typeof own) {
  const fields = z.strictObject({
    on: selectorSchema.exactOptional().describe('where it runs; several hosts in parallel'),
    run: text.describe(what),
    stdin: z.string().exactOptional().describe('what it reads from its standard input'),
  });
  const known = key === undefined ? fields : fields.extend({ [key]: own[key].exactOptional() });
  return z
    .union([text, known])
    .transform((run): RunArgs => (typeof run === 'string' ? { run } : (run as RunArgs)))
    .describe(`${what}; or {on, run, stdin${key === undefined ? '' : `, ${key}`}}`);
}

export const runFields = {
  exit: 'the exit code, a number; of several hosts the largest',
  stdout: 'what it printed, without the last line feed',
  stderr: 'what it printed to stderr, without the last line feed',
} as const;

export function runTitle(program: string, args: RunArgs): string {
  const line = args.run.trim().split('\n')[0] ?? '';
  const short = line.length > 60 ? `${line.slice(0, 59)}…` : line === args.run.trim() ? line : `${line} …`;
  return `${program} ${short}${args.on === undefined ? '' : ` on ${args.on}`}${args.user === 'root' ? ' as root' : ''}`;
}
