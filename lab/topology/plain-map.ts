/** How configuration merges, everywhere in the lab: maps merge, lists and scalars replace, null deletes. */

/** What a YAML map is in memory. */
export interface PlainMap {
  readonly [key: string]: unknown;
}

export function isPlainMap(value: unknown): value is PlainMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * `base` with `changes` merged into it. Keys of `base` keep their place, new ones follow in the order of `changes`; a null in
 * `changes` deletes, and none is left in the result but those that `base` had. Neither argument is changed.
 */
export function mergeMap(base: PlainMap, changes: PlainMap): PlainMap {
  return mergeWith(base, changes, 'delete');
}

/**
 * One map that stands for `first` and then `second`: nulls stay in it, since they must still delete from whatever it is
 * merged into. (It cannot say "replace by a map" where `first` has a scalar or null and `second` a map: there it merges.)
 */
export function mergeChanges(first: PlainMap, second: PlainMap): PlainMap {
  return mergeWith(first, second, 'keep');
}

function mergeWith(base: PlainMap, changes: PlainMap, nulls: 'delete' | 'keep'): PlainMap {
  const merged = new Map(Object.entries(base));
  for (const [key, change] of Object.entries(changes)) {
    if (change === undefined) continue;
    if (change === null && nulls === 'delete') {
      merged.delete(key);
    } else if (isPlainMap(change)) {
      const old = merged.get(key);
      merged.set(key, mergeWith(isPlainMap(old) ? old : {}, change, nulls));
    } else {
      merged.set(key, change);
    }
  }
  return Object.fromEntries(merged);
}
