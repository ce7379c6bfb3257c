/** Asks several hosts the same question again and again; one that keeps silent holds up nobody else's answer. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Host } from '../../engine/lab.ts';
import type { HostName } from '../../topology/blueprint.ts';
import { isRunning, type Live } from './live.ts';

/** So long (ms) the others wait for a host. What it says later is there when they are asked the next time. */
const patience = 250;

export class Panel<T> {
  readonly #live: Live;
  readonly #hosts: readonly Host[];
  readonly #question: (host: Host) => Promise<T>;
  readonly #silence: T;
  readonly #answers = new Map<HostName, T>();
  readonly #asking = new Map<HostName, Promise<void>>();

  /** `question` never rejects, and answers `silence` in the end where a host does not; one that is down or frozen is not asked. */
  constructor(live: Live, hosts: readonly Host[], question: (host: Host) => Promise<T>, silence: T) {
    this.#live = live;
    this.#hosts = hosts;
    this.#question = question;
    this.#silence = silence;
  }

  /** The last answers, by host in the panel's order. The first that a host gives is waited for: nothing is known of it before. */
  async ask(): Promise<ReadonlyMap<HostName, T>> {
    const late = new AbortController();
    const asked = this.#hosts.map((host) => ({ answer: this.#askHost(host), known: this.#answers.has(host.name) }));
    await Promise.all(asked.map(({ answer, known }) => (known ? undefined : answer)));
    await Promise.race([Promise.all(asked.map(({ answer }) => answer)), delay(patience, undefined, { signal: late.signal })]);
    late.abort();
    return new Map(this.#hosts.map(({ name }) => [name, this.#answers.get(name) as T]));
  }

  #askHost(host: Host): Promise<void> | undefined {
    if (!isRunning(this.#live, host.name)) {
      this.#answers.set(host.name, this.#silence);
      return undefined;
    }
    const asking = this.#asking.get(host.name) ?? this.#takeAnswer(host);
    this.#asking.set(host.name, asking);
    return asking;
  }

  async #takeAnswer(host: Host): Promise<void> {
    this.#answers.set(host.name, await this.#question(host));
    this.#asking.delete(host.name);
  }
}
