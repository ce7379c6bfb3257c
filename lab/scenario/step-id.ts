/** Ids tell where a step stands: `s7.2` is the second step of the recipe that `s7` calls. */

/** The id of the recipe step that a step is inside of, '' for the scenario's own: names are known in their own scope. */
export function scopeOf(step: string): string {
  const dot = step.lastIndexOf('.');
  return dot < 0 ? '' : step.slice(0, dot);
}

/** Of faults in force, those that `heal: NAME` in step `by` means: all of them, or what has that name, in its own scope before others. */
export function healedBy<F extends { readonly step: string; readonly name: string | undefined }>(
  faults: readonly F[],
  name: string,
  by: string,
): readonly F[] {
  if (name === 'all') return faults;
  const called = faults.filter((fault) => fault.name === name);
  const own = called.filter(({ step }) => scopeOf(step) === scopeOf(by));
  return own.length > 0 ? own : called;
}
