/** LINE: which log entries are meant. Knows log events and patterns; order and windows are the judge's. */
import { z } from 'zod';
import { type LogEvent, type Program, programs } from '../core/event.ts';
import type { Expanded, Names } from './expand.ts';
import { compilePattern, type Pattern, patternSchema } from './pattern.ts';
import { selectorSchema } from './selector.ts';
import { testSchema, type ValueTest } from './value-test.ts';
import { whenSchema } from './version-range.ts';

/** Whose line it is; `any` program's. */
const linePrograms = [...programs, 'any'] as const;
type LineProgram = Program | 'any';

const programFields = Object.fromEntries(linePrograms.map((program) => [program, patternSchema.exactOptional()])) as Record<
  LineProgram,
  z.ZodExactOptional<typeof patternSchema>
>;

/** A LINE as written, taken apart. `on` is a selector's text. */
export interface Line {
  readonly program: LineProgram;
  readonly pattern: Pattern;
  readonly on?: string;
  /** How many such lines there should be; without it, one or more. */
  readonly times?: ValueTest;
  readonly when?: z.output<typeof whenSchema>;
}

export const lineSchema = z
  .strictObject({
    ...programFields,
    on: selectorSchema.exactOptional().describe('only lines of these hosts; no roles, which change while lines are read'),
    times: testSchema.exactOptional().describe('how many such lines there should be in the window; default at least one'),
    when: whenSchema.exactOptional(),
  })
  .transform((line, context): Line => {
    const named = linePrograms.filter((program) => line[program] !== undefined);
    const [program] = named;
    const pattern = program === undefined ? undefined : line[program];
    if (program === undefined || pattern === undefined || named.length > 1) {
      context.addIssue({
        code: 'custom',
        message: `a line is one program's pattern: exactly one of ${linePrograms.join(', ')}\nsuch as {patroni: promoted self to leader}`,
      });
      return z.NEVER;
    }
    return {
      program,
      pattern,
      ...(line.on === undefined ? {} : { on: line.on }),
      ...(line.times === undefined ? {} : { times: line.times }),
      ...(line.when === undefined ? {} : { when: line.when }),
    };
  })
  .meta({ id: 'line', description: "one program's log line: {patroni|postgres|pgbackrest|etcd|lab|other|any: PATTERN, on, times, when}" });

export interface CompiledLine {
  /** `patroni: promoted self to leader`, with values, for messages. */
  readonly shown: string;
  /** Program and text only; whose host it is and when it was logged are the caller's to check. */
  readonly matches: (event: Pick<LogEvent, 'program' | 'level' | 'text'>) => boolean;
}

/** Fills in a line's references. The pattern is tried against the message and behind its level, with one blank or PostgreSQL's two between. */
export function compileLine(line: Pick<Line, 'program' | 'pattern'>, names: Names): Expanded<CompiledLine> {
  const pattern = compilePattern(line.pattern, names);
  if (!pattern.ok) return pattern;
  const { matches, shown } = pattern.value;
  return {
    ok: true,
    value: {
      shown: `${line.program}: ${shown}`,
      matches: (event) =>
        (line.program === 'any' || line.program === event.program) &&
        (matches(event.text) ||
          (event.level !== undefined && [': ', ':  '].some((between) => matches(`${event.level}${between}${event.text}`)))),
    },
  };
}
