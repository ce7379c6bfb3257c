/** A wait between two looks that a reason to look cuts short. */

/** So long (ms) after a reason the wait ends: things happen in bursts, and what caused a log line is often not over yet. */
const soon = 150;

export class Pause {
  #wanted = false;
  #hurry: (() => void) | undefined;

  /** Resolves after `ms`, soon after a reason that came meanwhile or since the last wait, or at once when the signal aborts. */
  of(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        this.#hurry = undefined;
        resolve();
      };
      let timer = setTimeout(end, this.#wanted ? Math.min(soon, ms) : ms);
      this.#wanted = false;
      this.#hurry = () => {
        clearTimeout(timer);
        timer = setTimeout(end, soon);
        this.#hurry = undefined;
      };
      signal.addEventListener('abort', end);
    });
  }

  cutShort(): void {
    if (this.#hurry) this.#hurry();
    else this.#wanted = true;
  }
}
