/** A lab, and steps carried out on it by hand: one effect at a time, without a scenario around it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureImages, imageKey } from '../../lab/engine/images.ts';
import { type Host, type Lab, removeLab } from '../../lab/engine/lab.ts';
import { ActiveFaults } from '../../lab/run/active-faults.ts';
import { bringUp } from '../../lab/run/bring-up.ts';
import { hostNamed } from '../../lab/run/coming-up.ts';
import { draftLab } from '../../lab/run/draft-lab.ts';
import type { Done, StepContext } from '../../lab/run/effects/effect.ts';
import { effects } from '../../lab/run/effects/effects.ts';
import { followHosts } from '../../lab/run/host-streams.ts';
import { Recorder } from '../../lab/run/recorder.ts';
import type { VerbName } from '../../lab/scenario/verbs/verbs.ts';
import { verbs } from '../../lab/scenario/verbs/verbs.ts';
import type { LabSpec } from '../../lab/topology/overlay.ts';
import { docker } from './pglab.ts';

export interface FaultLab {
  readonly lab: Lab;
  readonly host: (name: string) => Host;
  /** Carries out one step, its arguments as a scenario would write them. Hosts are named, one or several with commas. */
  readonly does: (verb: Exclude<VerbName, 'expect' | 'recipe' | 'workload' | 'mark'>, args: unknown, name?: string) => Promise<Done>;
  readonly remove: () => Promise<void>;
}

export async function faultLab(name: string, spec: LabSpec): Promise<FaultLab> {
  const blueprint = await draftLab(spec);
  const tags = await ensureImages(
    docker,
    blueprint.hosts.map(({ image }) => image),
  );
  const images = Object.fromEntries(blueprint.hosts.map(({ name: host, image }) => [host, tags.get(imageKey(image)) ?? '']));
  const lab = await bringUp(docker, blueprint, {
    name,
    purpose: 'replay',
    images,
    bind: '127.0.0.1',
    report: () => undefined,
    keep: false,
  });
  const folder = await mkdtemp(join(tmpdir(), 'pglab-faults-'));
  const files = { history: join(folder, 'history.jsonl'), ledger: join(folder, 'ledger.jsonl') };
  const recorder = new Recorder(files, 0, (text) => text, { feed: () => undefined, feedRow: () => undefined });
  const streams = followHosts(docker, lab, recorder, (error) => console.error(error));
  const faults = new ActiveFaults();
  const host = (wanted: string) => hostNamed(lab, wanted);
  let steps = 0;
  return {
    lab,
    host,
    does: async (verb, args, as) => {
      steps += 1;
      const step = `s${steps}`;
      const ctx = {
        docker,
        lab,
        recorder,
        streams,
        faults,
        step,
        name: as ?? step,
        signal: new AbortController().signal,
        hosts: (selector: string) => selector.split(/, */).map(host),
      } as unknown as StepContext;
      return (effects[verb].run as (ctx: StepContext, args: unknown) => Promise<Done>)(ctx, verbs[verb].schema.parse(args));
    },
    remove: async () => {
      await streams.stop();
      await recorder.close();
      await removeLab(docker, lab.id);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
