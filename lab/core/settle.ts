/** Waits for all of them, whatever becomes of one, then throws what the first that failed did: nothing goes on behind the caller's back. */
export async function settle<T>(work: readonly Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(work);
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}
