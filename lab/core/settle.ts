/** Waits for all of them, whatever becomes of one, then throws what the first that failed did: nothing goes on behind the caller's back. */
export async function settle(work: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(work)) if (result.status === 'rejected') throw result.reason;
}
