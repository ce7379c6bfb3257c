import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareVersions, inVersionRange, parseVersionRange, versionNumbers, whenHolds } from '../../lab/scenario/version-range.ts';

const isIn = (range: string, version: string) => {
  const parsed = parseVersionRange(range);
  if (!parsed) throw new Error(`not a range: ${range}`);
  return inVersionRange(parsed, version);
};

describe('version ranges', () => {
  it.each([
    ['>=4.1.3', '4.1.5', true],
    ['>=4.1.3', '4.1.2', false],
    ['>= 4.1.3', 'patroni 4.1.3', true],
    ['<2.55', '2.54.2', true],
    ['<2.55', '2.55.0', false],
    ['2.58 - 2.60', 'pgBackRest 2.60.0', true],
    ['2.58 - 2.60', '2.60.3', true],
    ['2.58 - 2.60', '2.61', false],
    ['>=2.54 <2.58', '2.57.9', true],
    ['>=2.54 <2.58', '2.58', false],
    ['<=2.60', '2.60.3', true],
    ['>2.60', '2.60.3', false],
    ['18', '18.6 (Debian 18.6-1)', true],
    ['18', '17.11', false],
    ['=4.1.3', '4.1.3', true],
    ['2.10', '2.9', false],
    ['>=1', 'unknown', false],
  ])('%s and %s: %s', (range, version, expected) => {
    expect(isIn(range, version)).toBe(expected);
  });

  it.each(['', 'eighteen', '>=', '2.x', '2.58 -', '1..2', '>= >2'])('%j is no range', (source) => {
    expect(parseVersionRange(source)).toBeUndefined();
  });

  const version = fc.array(fc.nat(99), { minLength: 1, maxLength: 4 });
  it('orders versions: below, in and above a bound exclude one another', () => {
    fc.assert(
      fc.property(version, version, (a, b) => {
        const [of, bound] = [a.join('.'), b.join('.')];
        expect([isIn(`<${bound}`, of), isIn(`>=${bound}`, of)].filter(Boolean)).toHaveLength(1);
        expect([isIn(`<=${bound}`, of), isIn(`>${bound}`, of)].filter(Boolean)).toHaveLength(1);
        expect(Math.sign(compareVersions(a, b))).toBe(-Math.sign(compareVersions(b, a)) + 0);
        expect(isIn(bound, `${bound}.${of}`)).toBe(true);
      }),
    );
  });

  it('reads the first number that a program prints', () => {
    expect(versionNumbers('etcd Version: 3.5.30')).toEqual([3, 5, 30]);
    expect(versionNumbers('none')).toBeUndefined();
  });
});

describe('when', () => {
  const versions = { pg1: { patroni: '4.1.5', pgbackrest: '2.60.0', postgresql: '18.6' }, repo: { pgbackrest: '2.55.1' } };
  it('asks the hosts that are meant', () => {
    expect(whenHolds({ versions: { pgbackrest: '>=2.60' } }, versions, ['pg1'])).toEqual({ holds: true });
    expect(whenHolds({ versions: { pgbackrest: '>=2.60' } }, versions, ['repo'])).toEqual({
      holds: false,
      because: 'pgbackrest on repo is 2.55.1, not >=2.60',
    });
    expect(whenHolds({ versions: { pgbackrest: '>=2.60' }, at: 'pg1' }, versions, ['repo'])).toEqual({ holds: true });
    expect(whenHolds({ versions: { postgres: '18' } }, versions, ['repo'])).toEqual({ holds: true });
    expect(whenHolds({ versions: { pgbackrest: '<3' } }, versions, [])).toEqual({ holds: true });
    expect(whenHolds({ versions: { etcd: '<4' } }, versions, ['pg1'])).toEqual({ holds: false, because: 'no host runs etcd' });
  });
});
