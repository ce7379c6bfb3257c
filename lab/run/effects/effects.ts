/** The effects of all verbs. A verb without one does not compile. */
import { clock } from './clock.ts';
import { configure } from './configure.ts';
import { crash } from './crash.ts';
import { cut } from './cut.ts';
import type { Effects } from './effect.ts';
import { fill } from './fill.ts';
import { freeze } from './freeze.ts';
import { heal } from './heal.ts';
import { kill, restart, start, stop } from './hosts.ts';
import { exec, patronictl, pgbackrest } from './programs.ts';
import { slow } from './slow.ts';
import { fork, snapshot } from './snapshot.ts';
import { sql } from './sql.ts';
import { wipe } from './wipe.ts';
import { mark, workload } from './workload.ts';

export const effects: Effects = {
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
};
