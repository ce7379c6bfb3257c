/**
 * The few building blocks that every schema of the language is made of. Knows zod and nothing of any verb; messages are
 * written for the author of a scenario, and `parse.ts` adds the place.
 */
import { z } from 'zod';

/** A message with what to write instead, as one string: zod carries no more than that. */
export function mistake(message: string, hint: string): string {
  return `${message}\n${hint}`;
}

/** Text with a `${...}` in it, in the place of something that is not text: its value is only known when the step runs. */
export const templateText = z
  .string()
  .regex(/\$\{/, { error: 'a ${...} reference', abort: true })
  .describe('a ${name} or ${name.field} reference');

/** The thing itself, or a `${...}` that will be it. */
export function templated<S extends z.ZodType>(schema: S): z.ZodUnion<[S, typeof templateText]> {
  return z.union([schema, templateText]);
}

/** Text that is not empty. */
export const text = z.string().min(1, 'must not be empty');

/** Any value of the language: what vars and parameters hold. */
export const anyValue: z.ZodType<z.core.util.JSONType> = z.json().meta({ id: 'value' });

const namePattern = /^[a-z_][a-z0-9_-]*$/i;
/** A name that `${...}` can refer to. */
export const nameText = z
  .string()
  .regex(namePattern, mistake('not a name', 'names start with a letter and go on with letters, digits, "-" and "_"'));

/** For `refine`: of a map that need not have any of its keys. */
export const saysSomething = [(claim: object): boolean => Object.keys(claim).length > 0, 'an empty map claims nothing'] as const;

/** `30s`, `200ms`, `2m`. */
export const durationText = z
  .string({
    error: (issue) =>
      issue.code === 'invalid_type' ? mistake('not a duration', 'write a number and ms, s, m or h, such as 30s') : undefined,
  })
  .regex(/^(\d+(?:\.\d+)?(ms|s|m|h)|.*\$\{.*)$/, mistake('not a duration', 'write a number and ms, s, m or h, such as 30s'))
  .describe('a duration: a number and ms, s, m or h, such as 30s');
