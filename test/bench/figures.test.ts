import { describe, expect, it } from 'vitest';
import { figureTable, median, summarize } from '../../scripts/bench/figures.ts';

describe('median', () => {
  it('is the middle one, or the mean of the two in the middle', () => {
    expect(median([3])).toBe(3);
    expect(median([9, 1, 5])).toBe(5);
    expect(median([10, 2, 4, 8])).toBe(6);
  });

  it('leaves its argument as it was, and refuses to be taken of nothing', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
    expect(() => median([])).toThrow(RangeError);
  });
});

describe('summarize', () => {
  it('puts the samples of all repetitions together and judges the median', () => {
    const [status] = summarize([{ status: [0.5, 0.7] }, { status: [0.55] }]);
    expect(status).toMatchObject({ key: 'status', samples: [0.5, 0.7, 0.55], median: 0.55, min: 0.5, max: 0.7, met: true });
  });

  it('takes a bound for what it says: below is not at most', () => {
    const met = (samples: Parameters<typeof summarize>[0][number]) => summarize([samples])[0]?.met;
    expect(met({ status: [0.6] })).toBe(false);
    expect(met({ wallRatio: [0.8] })).toBe(true);
    expect(met({ wallRatio: [0.81] })).toBe(false);
    expect(met({ failover: [19] })).toBeNull();
  });

  it('leaves out what was not measured', () => {
    expect(summarize([{ help: [0.1] }, {}]).map(({ key, samples }) => [key, samples.length])).toEqual([['help', 1]]);
    expect(summarize([])).toEqual([]);
  });
});

describe('figureTable', () => {
  it('shows median, spread, number, target and whether it was met', () => {
    const lines = figureTable(summarize([{ upWall: [12.345], status: [0.4], memory: [310.2] }, { status: [0.7, 0.65] }]));
    expect(lines).toEqual([
      'figure                                median  unit        spread  n  target',
      'lab:up --fresh, to first full backup   12.35  s                   1',
      'pglab status                            0.65  s     0.40 .. 0.70  3   < 0.6  missed',
      'memory of an idle lab                    310  MB                  1   < 400  met',
    ]);
  });
});
