/** Faults that are in force, by the step that made them, so that `heal` and restarts find them again. */
import type { Host } from '../engine/lab.ts';
import { healedBy } from '../scenario/step-id.ts';
import type { Proof } from './proofs.ts';

export interface ActiveFault {
  readonly hosts: readonly Host[];
  /** Takes the fault back and returns the proof that it is gone, or why there is none. */
  readonly heal: () => Promise<Proof>;
  /** Puts the fault back on a host that was started again; absent where it survives a restart. */
  readonly reapply?: (host: Host) => Promise<void>;
}

/** Whose fault it is: a step's id, and what `heal` calls it by. */
interface Maker {
  readonly step: string;
  readonly name: string;
}

export class ActiveFaults {
  readonly #byStep = new Map<string, ActiveFault & Maker>();

  get names(): readonly string[] {
    return [...this.#byStep.values()].map(({ name }) => name);
  }

  add({ step, name }: Maker, fault: ActiveFault): void {
    this.#byStep.set(step, { ...fault, step, name });
  }

  /** Those that a `heal` in step `by` means, newest first. They are in force until they are removed. */
  meant(name: string, by: string): readonly (ActiveFault & Maker)[] {
    return healedBy([...this.#byStep.values()].reverse(), name, by);
  }

  remove({ step }: Pick<Maker, 'step'>): void {
    this.#byStep.delete(step);
  }

  async hostStarted(host: Host): Promise<void> {
    for (const fault of this.#byStep.values()) {
      if (fault.hosts.some((each) => each.name === host.name)) await fault.reapply?.(host);
    }
  }
}
