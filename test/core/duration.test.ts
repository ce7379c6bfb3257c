import { describe, expect, it } from 'vitest';
import { formatDuration } from '../../lab/core/duration.ts';

describe('formatDuration', () => {
  it('says as much as matters: from milliseconds to hours', () =>
    expect([850, 12_340, 119_900, 125_000, 7_199_000, 7_620_000, 180_000_000].map(formatDuration)).toEqual([
      '850 ms',
      '12.3 s',
      '119.9 s',
      '2 m 05 s',
      '119 m 59 s',
      '2 h 07 m',
      '50 h 00 m',
    ]));
});
