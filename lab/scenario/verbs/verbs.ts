/** All verbs of the language, in the order of the reference. A verb without an entry does not compile. */
import type { z } from 'zod';
import type { Verb } from '../verb.ts';
import { clock } from './clock.ts';
import { configure } from './configure.ts';
import { crash } from './crash.ts';
import { cut } from './cut.ts';
import { exec } from './exec.ts';
import { expect } from './expect.ts';
import { fill } from './fill.ts';
import { fork } from './fork.ts';
import { freeze } from './freeze.ts';
import { heal } from './heal.ts';
import { kill } from './kill.ts';
import { mark } from './mark.ts';
import { patronictl } from './patronictl.ts';
import { pgbackrest } from './pgbackrest.ts';
import { recipe } from './recipe.ts';
import { restart } from './restart.ts';
import { slow } from './slow.ts';
import { snapshot } from './snapshot.ts';
import { sql } from './sql.ts';
import { start } from './start.ts';
import { stop } from './stop.ts';
import { wipe } from './wipe.ts';
import { workload } from './workload.ts';

export const verbNames = [
  'pgbackrest',
  'patronictl',
  'sql',
  'exec',
  'configure',
  'start',
  'stop',
  'restart',
  'wipe',
  'kill',
  'crash',
  'freeze',
  'cut',
  'fill',
  'slow',
  'clock',
  'heal',
  'workload',
  'mark',
  'snapshot',
  'fork',
  'expect',
  'recipe',
] as const;
export type VerbName = (typeof verbNames)[number];

export const verbs = {
  pgbackrest,
  patronictl,
  sql,
  exec,
  configure,
  start,
  stop,
  restart,
  wipe,
  kill,
  crash,
  freeze,
  cut,
  fill,
  slow,
  clock,
  heal,
  workload,
  mark,
  snapshot,
  fork,
  expect,
  recipe,
  // biome-ignore lint/suspicious/noExplicitAny: each entry's own type is kept; this only says that none is missing.
} as const satisfies { readonly [V in VerbName]: Verb<any> };

/** A step of these has its own argument for a name, and no `as`. */
export function namesItself<S extends { readonly verb: VerbName }>(step: S): step is Extract<S, { readonly verb: 'mark' | 'snapshot' }> {
  return step.verb === 'mark' || step.verb === 'snapshot';
}

/** Its steps run a program that exits: they can fail as told, and go on in the background. */
export function runsProgram(verb: VerbName): boolean {
  return (verbs[verb] as { runs?: true }).runs === true;
}

/** Arguments of every verb as its schema puts them out. */
export type VerbArgs = { readonly [V in VerbName]: z.output<(typeof verbs)[V]['schema']> };

/** Whether `heal` undoes it. */
export function isHealed(verb: VerbName): boolean {
  return (verbs[verb] as unknown as Verb<never>).effect?.healed === true;
}
