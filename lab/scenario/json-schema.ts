/** The JSON Schema of scenario files, for editors: completion and mistakes while typing. Made from the schemas that `parse.ts` checks with. */
import { z } from 'zod';
import { labSchema } from '../topology/overlay.ts';
import { modifierSchema, scenarioSchema, variantSchema } from './scenario-schema.ts';
import { anyValue } from './schema-parts.ts';
import { type VerbName, verbNames, verbs } from './verbs/verbs.ts';

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** A step: exactly one verb, and modifiers. What verb and modifier say together is `lint.ts`'s. */
const stepSchema = z
  .strictObject({
    ...(Object.fromEntries(verbNames.map((name) => [name, verbSchema(name)])) as Record<VerbName, z.ZodType>),
    ...modifierSchema.shape,
  })
  .meta({ id: 'step', description: 'one verb, and modifiers: as, within, for, when, fails, background' });

function verbSchema(name: VerbName): z.ZodType {
  const { schema, summary }: { readonly schema: z.ZodType; readonly summary: string } = verbs[name];
  return schema.exactOptional().describe(summary);
}

const lab = labSchema.meta({ id: 'lab', description: "a preset's name, or {preset, ready, clusters, ...} with changes of configuration" });
const steps = z.array(stepSchema);

const document = scenarioSchema.extend({
  lab,
  steps: steps.describe('what happens, one verb a step; every variant begins with these'),
  variants: z
    .record(
      z.string(),
      z.union([
        variantSchema.extend({
          lab: lab.exactOptional().describe('changes to the lab'),
          steps: steps.exactOptional().describe('steps after the shared ones'),
        }),
        z.null(),
      ]),
    )
    .exactOptional()
    .describe("ways to run it: shared steps, then the variant's own"),
});

/** Draft 7, which YAML language servers know best. */
export function scenarioJsonSchema(): JsonSchema {
  const { definitions, ...rest } = partJsonSchema(document);
  const { lab: plain, ...others } = definitions as { readonly lab: JsonSchema };
  return {
    title: 'A scenario of pglab',
    ...rest,
    definitions: { lab: orReference(plain), ...others },
    description: 'See docs/scenario-reference.md.',
  };
}

const reference = { type: 'string', pattern: '\\$\\{' } as const;

/** A lab's values may be vars: the schema that checks it sees them filled in. */
function orReference(schema: JsonSchema): JsonSchema {
  const { type, enum: words, pattern, ...rest } = schema;
  const inner = Object.fromEntries(
    Object.entries(rest).map(([keyword, rule]) => {
      if (keyword === 'anyOf') return [keyword, (rule as JsonSchema[]).map(orReference)];
      if (keyword === 'items' || (keyword === 'additionalProperties' && typeof rule === 'object'))
        return [keyword, orReference(rule as JsonSchema)];
      if (keyword === 'propertyNames') return [keyword, { anyOf: [rule, reference] }];
      if (keyword !== 'properties') return [keyword, rule];
      return [
        keyword,
        Object.fromEntries(Object.entries(rule as Record<string, JsonSchema>).map(([name, one]) => [name, orReference(one)])),
      ];
    }),
  );
  const own = { ...(type && { type }), ...(words && { enum: words }), ...(pattern && { pattern }) };
  if (words || pattern) return { ...inner, anyOf: [own, reference] };
  if (type !== 'object' && type !== 'array') return { ...inner, ...own };
  const { description, ...shape }: JsonSchema = inner;
  return { ...(description && { description }), anyOf: [{ ...shape, ...own }, reference] };
}

/** What may be written for a part of the language, before it is normalised. */
export function partJsonSchema(part: z.ZodType): JsonSchema {
  return z.toJSONSchema(part, {
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const schema: unknown = zodSchema;
      if (schema === stepSchema) jsonSchema.oneOf = verbNames.map((name) => ({ required: [name] }));
      // zod spells out what JSON is; here "anything" is enough.
      if (schema === anyValue) for (const key of Object.keys(jsonSchema)) delete jsonSchema[key as keyof typeof jsonSchema];
    },
  });
}
