/** Reads the engine's events as what somebody did to a host: one deed is several of them (signals, the end, the start). Pure. */
import type { HostChange } from '../engine/watch.ts';
import type { Deed } from '../scenario/deed.ts';

/** A deed; or how one that went on for a while ended. */
export type Told = { readonly deed: Deed } | { readonly ended: string; readonly exit: number };

const signals = { INT: 2, KILL: 9, USR1: 10, USR2: 12, TERM: 15 } as const;

/** How a host is being ended, and since when. */
interface Ending {
  readonly by: number;
  readonly at: number;
}

/**
 * `docker stop` is TERM, and KILL where that takes too long; `docker restart` is that and a start; what is stopped while it is
 * paused is unpaused on the way. The lab's own USR1 and USR2 mean nothing here (images/base, "init").
 */
export class DeedReader {
  readonly #endings = new Map<string, Ending>();

  read({ host, change, at, signal = 0, exit = -1 }: HostChange): Told | undefined {
    const ending = this.#endings.get(host);
    const deed = (kind: Deed['kind'], more: Partial<Deed> = {}): Told => ({ deed: { kind, host, at, ...more } });
    switch (change) {
      case 'kill': {
        const stops = signal === signals.TERM || signal === signals.INT;
        // Podman does not say which it was.
        if (signal === 0 || signal === signals.USR1 || signal === signals.USR2) return undefined;
        // Whoever is on the way out is not told anew; only the signals that end a host take another's place.
        if (ending && (isStop(ending) || ending.by === signals.KILL)) return undefined;
        this.#endings.set(host, { by: signal, at });
        return stops ? deed('stop') : undefined;
      }
      case 'die':
        this.#endings.delete(host);
        if (!ending) return deed('end', { exit });
        if (isStop(ending)) return { ended: host, exit };
        return ending.by === signals.KILL ? deed('kill', { at: ending.at, exit }) : deed('end', { exit, signal: ending.by });
      case 'start':
      case 'pause':
        return deed(change);
      case 'unpause':
        return ending ? undefined : deed('unpause');
      case 'destroy':
        this.#endings.delete(host);
        return deed('remove');
    }
  }
}

function isStop({ by }: Ending): boolean {
  return by === signals.TERM || by === signals.INT;
}
