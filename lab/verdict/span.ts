/** Stretches of time, from a moment on until just before another (ms; both may be infinite). */
export interface Span {
  readonly from: number;
  readonly until: number;
}

/** When both hold, in the order of time if the one and the other are. */
export function intersect(some: readonly Span[], others: readonly Span[]): readonly Span[] {
  return some.flatMap((one) =>
    others.flatMap((other) => {
      const both = { from: Math.max(one.from, other.from), until: Math.min(one.until, other.until) };
      return both.from < both.until ? [both] : [];
    }),
  );
}
