/** The parts of a scenario file around its steps. Steps are `unknown` here: they are checked verb by verb, for better words. */
import { z } from 'zod';
import { labSchema } from '../topology/overlay.ts';
import { allowSchema } from './always-forbidden.ts';
import { lineSchema } from './line-pattern.ts';
import { anyValue, durationText, mistake, nameText, text } from './schema-parts.ts';
import { whenSchema } from './version-range.ts';

/** What a machine may lack. A scenario that needs what is missing ends as unknown, reason `unsupported`. */
export const capabilities = ['latency', 'clock', 'nfs', 'watchdog', 's3', 'azure'] as const;

const sqlstateSchema = z
  .string()
  .regex(
    /^[0-9A-Z]{5}$/,
    mistake(
      'not a SQLSTATE',
      'five digits or capital letters such as "57P01"; an exit code stands without quotes, true means any failure, and no ${...} can stand here',
    ),
  );

export const modifierSchema = z.strictObject({
  as: nameText.exactOptional().describe('a name for the step, by which ${name.field}, since, heal and must-fail refer to it'),
  fails: z
    .union(
      [
        z.literal(true),
        z.number().int().min(1).max(255),
        sqlstateSchema,
        z
          .array(z.union([z.number().int().min(0).max(255), sqlstateSchema]))
          .min(1)
          .refine((codes) => codes.some((code) => code !== 0), 'a list of 0 alone says that it succeeds, which is what is expected anyway'),
      ],
      {
        error: mistake(
          'fails says how the step fails',
          'an exit code from 1 to 255, a SQLSTATE in quotes such as "57P01", a list of these (with 0: it may also succeed), or true for any failure',
        ),
      },
    )
    .exactOptional()
    .describe('the step must fail so: an exit code, a SQLSTATE, a list of these, or true; with 0 in the list it may also succeed'),
  within: durationText
    .exactOptional()
    .describe(
      'how long it may take: a step that is done later fails; default 30s for expect, 10m for a program, 60s for sql and for rows, else as long as it takes',
    ),
  for: durationText
    .exactOptional()
    .describe('expect only: once all clauses hold, they must go on holding for so long, which comes on top of within'),
  when: whenSchema.exactOptional(),
  background: z
    .boolean()
    .exactOptional()
    .describe(
      'goes on while the next steps run; join it with expect: {value: {"${name.exit}": 0}}; its exit counts as any step\'s, when it ends',
    ),
});
export type ModifierName = keyof typeof modifierSchema.shape;
export const modifierNames = Object.keys(modifierSchema.shape) as readonly ModifierName[];

const sourceHint = `owner/repository#123, a https address, "talk: the slide's title", or "recorded: when and where"`;
const sourceText = z
  .string()
  .regex(/^([\w.-]+\/[\w.-]+#\d+|https?:\/\/\S+|(talk|recorded): \S.*)$/, mistake('not a source', sourceHint))
  .describe(sourceHint);

const varsSchema = z
  .record(nameText, anyValue)
  .describe('names for values; a value may refer to others with ${...} and is evaluated when used');
const stepsSchema = z.array(z.unknown()).describe('what happens, one verb a step');
/** Checked after vars are filled in, against the topology's own schema. */
const labSource = z
  .union([z.string(), z.record(z.string(), anyValue)])
  .describe((labSchema.description ?? '') || "a preset's name, or {preset, ready, clusters, ...} with changes of configuration");

export const variantSchema = z
  .strictObject({
    lab: labSource.exactOptional().describe('changes to the lab'),
    vars: varsSchema.exactOptional(),
    extends: nameText.exactOptional().describe("another variant, whose lab, vars and steps come before this one's"),
    steps: stepsSchema.exactOptional().describe('steps after the shared ones'),
    'must-fail': nameText.exactOptional().describe('a mutant: it passes only if the first failure is this named step'),
  })
  .describe('one way to run the scenario');

export const scenarioSchema = z.strictObject({
  scenario: z
    .string()
    .regex(
      /^[a-z0-9][a-z0-9-]*$/,
      mistake('not a name for a scenario', 'lower-case letters, digits and dashes, the same as the file without .yaml'),
    )
    .describe("the scenario's name: what it proves, as the file is named"),
  proves: text.describe('one sentence: what is true if it passes'),
  sources: z.array(sourceText).min(1, mistake('a scenario has a source', sourceHint)).describe('where the question comes from'),
  lab: labSource,
  vars: varsSchema.exactOptional(),
  steps: stepsSchema,
  variants: z
    .record(nameText, z.union([variantSchema, z.null()]))
    .exactOptional()
    .describe("ways to run it: shared steps, then the variant's own; default one, called default"),
  needs: z
    .array(z.enum(capabilities))
    .exactOptional()
    .describe('what the machine must be able to do; missing: unknown, reason unsupported'),
  allow: allowSchema.exactOptional(),
  forbid: z
    .array(lineSchema)
    .exactOptional()
    .describe(
      'lines that must not be logged in the whole run: earlier lines are looked at as well, once what ${...} refers to has a value',
    ),
});

const recipeParamSchema = z.strictObject({
  about: text.describe('what it is for'),
  default: anyValue.exactOptional().describe('without one the parameter must be given'),
  'one-of': z.array(anyValue).min(1).exactOptional().describe('the values it may have'),
  selector: z.boolean().exactOptional().describe('hosts, resolved when the recipe is called'),
});

export const recipeSchema = z.strictObject({
  recipe: nameText.describe("the recipe's name, as the file is named"),
  about: text.describe('what it sets up'),
  params: z.record(nameText, recipeParamSchema).exactOptional().describe('by name: what a call may say'),
  steps: stepsSchema,
});
