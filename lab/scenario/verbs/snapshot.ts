import { nameText } from '../schema-parts.ts';
import { verb } from '../verb.ts';

export const snapshot = verb({
  schema: nameText.transform((name) => ({ name })).describe('the name of the snapshot'),
  summary: 'Keeps the whole lab as it is at this moment, to be gone back to with `fork` as often as one likes.',
  example: 'snapshot: disaster',
  title: (args) => `snapshot ${args.name}`,
  effect: {
    does: 'Pauses every host at once, keeps each as an image, and lets them go on. Faults have to be healed first. It goes with the run.',
    proof: "The engine has every host's image.",
  },
});
