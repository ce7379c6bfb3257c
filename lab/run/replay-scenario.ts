/** From a plan to a judged run on a lab of its own: passwords and certificates made, images there, a folder, a free name. */
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { Docker } from '../engine/connect.ts';
import type { ImageProgress } from '../engine/images.ts';
import { listLabs, removeLab, standing, strayNetworks } from '../engine/lab.ts';
import { runName } from '../engine/labels.ts';
import type { Plan } from '../scenario/plan.ts';
import type { Blueprint } from '../topology/blueprint.ts';
import type { Verdict } from '../verdict/verdict.ts';
import type { Admit } from './admission.ts';
import type { BringUp } from './bring-up.ts';
import { draftLab } from './draft-lab.ts';
import { type GoldenUse, originOf } from './golden.ts';
import { isUsersMistake, type Replay, replay, type Wanted } from './replay.ts';
import { makeRunFolder, writeLogs } from './run-folder.ts';
import { runRedactor } from './run-redactor.ts';
import { removeSnapshotsOf } from './snapshot-lab.ts';

/** `keep`: under the name that `onRun` is told. */
export interface ReplayOptions extends Wanted {
  /** Run folders are made in here. */
  readonly out: string;
  readonly bind: string;
  readonly golden: GoldenUse;
  readonly admit: Admit;
  readonly onImages: (progress: ImageProgress) => void;
  /** Before the lab is brought up. The folder is gone again where the run ends before it begins. */
  readonly onRun: (lab: string, folder: string) => void;
  readonly onPhase: (phase: string) => void;
}

export interface Replayed {
  readonly verdict: Verdict;
  readonly folder: string;
  readonly blueprint: Blueprint;
  /** From its turn on. */
  readonly seconds: number;
}

/** Throws what `replay` throws. */
export async function replayScenario(docker: Docker, plan: Plan, source: string, options: ReplayOptions): Promise<Replayed> {
  const { out, bind, golden, admit, onImages, onRun, onPhase, ...wanted } = options;
  const { signal } = wanted;
  const endTurn = await admit(signal, () => onPhase('waiting for room beside other labs'));
  const started = performance.now();
  try {
    const folder = await makeRunFolder(out, plan, new Date());
    const onFailed: BringUp['onFailed'] = (lab, blueprint) => writeLogs(folder, docker, lab, runRedactor(plan, blueprint).text);
    const start = await originOf(docker, plan.lab, { golden, bind, signal, onImages, onPhase, onFailed }).then(
      (origin) => ({ origin }),
      (error: unknown) => withoutOrigin(plan, folder, error, signal),
    );
    const name = runName(randomBytes(4).toString('hex'));
    onRun(name, folder);
    const verdict = await replay(docker, {
      ...wanted,
      plan,
      source,
      ...start,
      folder,
      bringUp: {
        name,
        // A lab that is to be kept, or may be, belongs to the person from the start: labels cannot be changed.
        purpose: wanted.keep || wanted.drive ? 'hands' : 'replay',
        bind,
        report: onPhase,
        onFailed,
      },
      onUp: endTurn,
    });
    return { verdict, folder, blueprint: start.origin.blueprint, seconds: Math.round((performance.now() - started) / 100) / 10 };
  } finally {
    await endTurn();
  }
}

/**
 * Images that cannot be built and a golden lab that does not come up are that scenario's trouble, and a verdict: others may have
 * better luck. What is known of the lab is written down.
 */
async function withoutOrigin(plan: Plan, folder: string, failed: unknown, signal: AbortSignal): Promise<Pick<Replay, 'origin' | 'failed'>> {
  if (signal.aborted || isUsersMistake(failed)) {
    await rm(folder, { recursive: true });
    throw failed;
  }
  return { origin: { blueprint: await draftLab(plan.lab), images: {} }, failed };
}

/** Removes labs of replays whose process is no more; returns their names. */
export async function removeOrphans(docker: Docker): Promise<string[]> {
  const [labs, strays] = await Promise.all([listLabs(docker), strayNetworks(docker)]);
  const orphans = (await Promise.all(labs.map(async (lab) => ((await standing(docker, lab)) === 'orphaned' ? [lab] : [])))).flat();
  await Promise.all([
    ...orphans.map((lab) => removeLab(docker, lab.id).then(() => removeSnapshotsOf(docker, lab))),
    ...strays.map((id) => removeLab(docker, id)),
  ]);
  return orphans.map((lab) => lab.name);
}
