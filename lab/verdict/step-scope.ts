/** Ids tell where a step stands: `s7.2` is the second step of the recipe that `s7` calls. */

/** The id of the recipe step that a step is inside of, '' for the scenario's own. */
export function scopeOf(step: string): string {
  const dot = step.lastIndexOf('.');
  return dot < 0 ? '' : step.slice(0, dot);
}
