import { describe, expect, it } from 'vitest';
import type { Value } from '../../lab/core/event.ts';
import { holds, testSchema } from '../../lab/scenario/value-test.ts';

const met = (test: unknown, value: Value | undefined) => holds(testSchema.parse(test), value).met;

describe('tests of values', () => {
  it.each<[unknown, Value | undefined, boolean]>([
    [0, 0, true],
    [0, '0', true],
    ['3', 3, true],
    [false, 'f', true],
    [true, 'on', true],
    [false, 0, false],
    ['0/60027b0', '0/60027B0', true],
    ['7500000000000000001', '7500000000000000002', false],
    [null, undefined, true],
    ['x', undefined, false],
    [{ not: 'pg1' }, 'pg2', true],
    [{ not: 'pg1' }, 'pg1', false],
    [{ not: ['pg1', 'pg2'] }, 'pg3', true],
    [{ not: ['pg1', 'pg2'] }, 'pg2', false],
    [{ not: 'pg1' }, undefined, false],
    [{ not: 'pg1' }, null, false],
    [{ matches: 'u' }, null, false],
    [{ 'any-of': [null, 1] }, null, true],
    [{ 'any-of': [0, 1] }, null, false],
    [{ above: 2 }, 3, true],
    [{ above: 2 }, 2, false],
    [{ above: '0/9000000' }, '0/A000000', true],
    [{ above: 'A/0' }, '9/FF', false],
    [{ min: 1, max: 3 }, 3, true],
    [{ min: 1, max: 3 }, 4, false],
    [{ below: 2 }, 'abc', false],
    [{ min: 1 }, undefined, false],
    [{ matches: 'abc' }, 'xabcx', true],
    [{ matches: '/^abc$/' }, 'xabcx', false],
    [{ 'any-of': ['pg2', 'pg3'] }, 'pg3', true],
    [{ 'any-of': ['pg2', 'pg3'] }, 'pg1', false],
    [{ absent: true }, undefined, true],
    [{ absent: true }, null, true],
    [{ absent: false }, 'x', true],
    [{ not: [1, 2] }, ['1', '2'], false],
    [{ 'any-of': [{ leader: null }] }, { sync_standby: 'pg2' }, false],
  ])('%j of %j: %s', (test, value, expected) => {
    expect(met(test, value)).toBe(expected);
  });

  it('says what was expected and what was seen', () => {
    expect(holds({ min: 1, not: 'x' }, undefined)).toEqual({ met: false, expected: 'not x and at least 1', observed: 'nothing' });
    expect(holds({ 'any-of': ['pg2', 'pg3'] }, 'pg1')).toEqual({ met: false, expected: 'one of pg2, pg3', observed: 'pg1' });
  });
});
