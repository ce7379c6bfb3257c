/** Faults that are in force, by the name or id of the step that made them, so that `heal` and restarts find them again. */
import type { Host } from '../engine/lab.ts';

export interface ActiveFault {
  readonly step: string;
  readonly hosts: readonly Host[];
  /** Takes the fault back and returns the proof that it is gone, or why there is none. */
  readonly heal: () => Promise<FaultProof>;
  /** Puts the fault back on a host that was started again; absent where it survives a restart. */
  readonly reapply?: (host: Host) => Promise<void>;
}

export interface FaultProof {
  readonly proven: boolean;
  /** What was seen, one sentence. */
  readonly seen: string;
}

export class ActiveFaults {
  readonly #byName = new Map<string, ActiveFault>();

  get names(): readonly string[] {
    return [...this.#byName.keys()];
  }

  add(name: string, fault: ActiveFault): void {
    this.#byName.set(name, fault);
  }

  /** The named fault, or every one for `all`, newest first; they are no longer in force for whoever asks again. */
  take(name: string): ActiveFault[] {
    const taken = name === 'all' ? [...this.#byName.values()].reverse() : [this.#byName.get(name)].flatMap((fault) => fault ?? []);
    for (const [key, fault] of this.#byName) if (taken.includes(fault)) this.#byName.delete(key);
    return taken;
  }

  async hostStarted(host: Host): Promise<void> {
    for (const fault of this.#byName.values()) {
      if (fault.hosts.some((each) => each.name === host.name)) await fault.reapply?.(host);
    }
  }
}
