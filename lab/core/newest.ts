/**
 * The newest answer to each question, where answers come in another order than they were asked for: a host that keeps silent for a
 * second is found to be silent after somebody else has heard from it.
 */
export class Newest<T> {
  readonly #answers = new Map<string, { readonly began: number; readonly answer: T }>();

  /** Takes an answer that was asked for then, any clock's ms; false where one is known that was asked for later. */
  take(question: string, began: number, answer: T): boolean {
    const known = this.#answers.get(question);
    if (known && known.began > began) return false;
    this.#answers.set(question, { began, answer });
    return true;
  }

  get(question: string): T | undefined {
    return this.#answers.get(question)?.answer;
  }

  all(): Readonly<Record<string, T>> {
    return Object.fromEntries([...this.#answers].map(([question, { answer }]) => [question, answer]));
  }
}
