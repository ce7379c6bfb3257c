import { nameText } from '../schema-parts.ts';
import { verb } from '../verb.ts';

export const heal = verb({
  schema: nameText.transform((fault) => ({ fault })).describe('the name of a step that made a fault, or all'),
  summary: 'Undoes a named fault, or all of them: freeze, cut, fill, slow, clock.',
  example: 'heal: split',
  title: (args) => `heal ${args.fault}`,
  effect: { does: 'Takes back what the fault put there.', proof: "The same proof as the fault's, inverted." },
});
