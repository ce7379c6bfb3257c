/** Hears from the engine what is done to a lab's hosts, by whomever, while a recorder is at work. */
import { setTimeout as delay } from 'node:timers/promises';
import { seconds } from '../core/duration.ts';
import { LabError } from '../core/problem.ts';
import type { Docker } from '../engine/connect.ts';
import { isBeingRemoved } from '../engine/lab.ts';
import { hostChanges } from '../engine/watch.ts';
import type { Deed } from '../scenario/deed.ts';
import { DeedReader } from './deed-reader.ts';
import { stopPatience } from './effects/hosts.ts';
import type { ObservedRun } from './observe-run.ts';

/** `exit` resolves when the host has ended, at once where it does not; as in `Witnessed`. */
type OnDeed = (deed: Deed, exit: Promise<number>) => Promise<void>;

interface DeedWatch {
  /** Nothing new is told any more; how something ends still is. */
  readonly close: () => void;
  readonly stop: () => Promise<void>;
}

/** Until it is stopped, or the run ends. */
export function watchDeeds({ docker, lab, recorder, signal }: ObservedRun, onDeed: OnDeed): DeedWatch {
  const stopping = new AbortController();
  let open = true;
  const reader = new DeedReader();
  const ends = new Map<string, (exit: number) => void>();
  const until = AbortSignal.any([signal, stopping.signal]);
  // What is wrong with the engine ends the run by its hosts' streams, and the run's end is for its prompt to say.
  const tell = (deed: Deed, exit: Promise<number>) => void onDeed(deed, exit).catch(() => {});

  function endOf(host: string): Promise<number> {
    const ended = new Promise<number>((resolve) => ends.set(host, resolve));
    const late = delay(seconds(stopPatience), undefined, { signal: until, ref: false }).then(() => {
      throw new LabError(`${host} did not stop within ${stopPatience} s`);
    });
    const exit = Promise.race([ended, late]);
    exit.catch(() => {});
    return exit;
  }

  async function watch(): Promise<void> {
    for await (const change of hostChanges(docker, lab.id, until, recorder.now() / 1000)) {
      const told = reader.read(change);
      if (!told) continue;
      if ('ended' in told) ends.get(told.ended)?.(told.exit);
      else if (!open) continue;
      else if (told.deed.kind === 'stop') tell(told.deed, endOf(told.deed.host));
      // Whoever removes a host kills it first.
      else if (told.deed.kind !== 'kill' || !(await isGoing(docker, lab.hosts, told.deed.host)))
        tell(told.deed, Promise.resolve(told.deed.exit ?? 0));
    }
  }
  const watching = watch().catch(() => {});
  return {
    close: () => {
      open = false;
    },
    stop: () => {
      stopping.abort();
      return watching;
    },
  };
}

async function isGoing(docker: Docker, hosts: ObservedRun['lab']['hosts'], name: string): Promise<boolean> {
  const host = hosts.find((each) => each.name === name);
  return host !== undefined && isBeingRemoved(docker, host);
}
