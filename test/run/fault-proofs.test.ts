import { expect, test } from 'vitest';
import { millis } from '../../lab/core/duration.ts';
import { offsetProof, parseOffset } from '../../lab/run/effects/clock.ts';
import { delayRules, slowProof } from '../../lab/run/effects/slow.ts';
import { allProven, proven, unproven } from '../../lab/run/proofs.ts';

test('a clock is off by what was asked, within what its program can tell', () => {
  expect(parseOffset('-2h')).toBe(-7_200_000);
  expect(parseOffset('+90s')).toBe(90_000);
  expect(parseOffset('1m')).toBe(60_000);
  const at = (low: number, high = low) => ({ low, high });
  expect(offsetProof('patroni on pg2', -7_200_000, at(-7_199_400), 1200)).toEqual(proven('patroni on pg2 is 7199.4 s behind its host'));
  expect(offsetProof('x', 30_000, at(100), 200)).toEqual(unproven('x is 0.1 s ahead of its host, not 30.0 s'));
  expect(offsetProof('x', 30_000, undefined, 200).proven).toBe(false);
  expect(offsetProof('x', 1000, at(1000), 1200)).toEqual(unproven('x is 1.0 s ahead of its host, which it cannot tell from none'));
  expect(offsetProof('x', 0, at(100), 1200).proven).toBe(true);
});

test('a program that took long to say its time leaves room for as much', () => {
  const slow = { low: -92_000, high: -88_000 };
  expect(offsetProof('x', -90_000, slow, 300).proven).toBe(true);
  expect(offsetProof('x', -95_000, slow, 300)).toEqual(unproven('x is 90.0 s behind its host, not -95.0 s'));
  expect(offsetProof('x', -3000, { low: -3500, high: 100 }, 300)).toEqual(
    unproven('x is 1.7 s behind its host, which it cannot tell from none'),
  );
  // However it answers: 0.2 s are less than it can tell.
  expect(offsetProof('x', 200, { low: -400, high: -100 }, 300)).toEqual(
    unproven('x is 0.3 s behind its host, which it cannot tell from none'),
  );
});

test('a round trip is longer by the delay, but for the tenth that the timer of the queue may take', () => {
  expect(slowProof(millis(200), 3.1, 204).proven).toBe(true);
  expect(slowProof(millis(200), 3.1, 5)).toEqual(unproven('a round trip took 3.1 ms and takes 5.0 ms, which is not 200 ms more'));
});

test('packets to the lab are delayed, and no others', () => {
  const rules = delayRules(millis(200), ['10.0.0.2', '10.0.0.3']);
  expect(rules).toContain('parent 1:4 handle 40: netem delay 200ms');
  expect(rules.match(/match ip dst (\S+) flowid 1:4/g)).toHaveLength(2);
  expect(rules).toMatch(/root handle 1: htb$/m);
});

test('of several proofs, those that are missing are told', () => {
  expect(allProven([proven('a'), proven('b')])).toEqual(proven('a; b'));
  expect(allProven([proven('a'), unproven('b')])).toEqual(unproven('b'));
  expect(allProven([])).toEqual(proven(''));
});
