/** Durations as people write them in scenarios and as code uses them. */

/** A span of time in milliseconds. */
export type Millis = number & { readonly __brand: 'Millis' };

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
/** One number and one unit, e.g. `200ms`, `30s`, `1.5m`. */
export const durationPattern = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/;

export function millis(value: number): Millis {
  return value as Millis;
}

export function seconds(value: number): Millis {
  return millis(value * 1000);
}

/** Throws RangeError where the text is not a number and a unit. */
export function parseDuration(text: string): Millis {
  const match = durationPattern.exec(text);
  if (!match) throw new RangeError(`not a duration: ${JSON.stringify(text)}; write a number and ms, s, m or h, such as 30s`);
  return millis(Number(match[1]) * units[match[2] as keyof typeof units]);
}

/** `850 ms`, `12.3 s`, `2 m 05 s`, `3 h 07 m`. */
export function formatDuration(duration: number): string {
  if (duration < 1000) return `${Math.round(duration)} ms`;
  if (duration < 120_000) return `${(duration / 1000).toFixed(1)} s`;
  const [whole, large, small] = duration < 7_200_000 ? [Math.round(duration / 1000), 'm', 's'] : [Math.round(duration / 60_000), 'h', 'm'];
  return `${Math.floor(whole / 60)} ${large} ${String(whole % 60).padStart(2, '0')} ${small}`;
}
