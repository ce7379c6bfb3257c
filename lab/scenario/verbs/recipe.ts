import { z } from 'zod';
import { anyValue, mistake, nameText } from '../schema-parts.ts';
import { verb } from '../verb.ts';

export const recipe = verb({
  schema: z
    .record(nameText, z.union([z.null(), z.record(z.string(), anyValue)]))
    .refine(
      (recipe) => Object.keys(recipe).length === 1,
      mistake('a recipe step names one recipe', 'recipe: { reset-cluster: { first: pg1 } }'),
    )
    .transform((recipe) => {
      const [name = '', params] = Object.entries(recipe)[0] ?? [];
      return { name, params: params ?? {} };
    })
    .describe('{NAME: PARAMS} of a recipe: built in, or scenarios/recipes/NAME.yaml'),
  summary: 'Carries out a named list of steps. Its names are its own; selectors in its parameters are resolved when it is called.',
  example: 'recipe: { reset-cluster: { first: pg1 } }\nas: reset',
  title: (args) => `recipe ${args.name}`,
});
