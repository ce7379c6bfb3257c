import { describe, expect, test } from 'vitest';
import type { Host } from '../../lab/engine/lab.ts';
import { chainName, cutProof, dropRules, healProof, type Partition, probesOf, removeRules } from '../../lab/run/partition.ts';
import type { Probe } from '../../lab/run/probes.ts';

function host(name: string, kind: Host['kind'], last: number): Host {
  return { name, kind, container: name, image: '', address: `10.0.0.${last}`, ports: {}, at: '127.0.0.1', state: 'running' };
}

const pg1 = host('pg1', 'patroni', 1);
const pg2 = host('pg2', 'patroni', 2);
const repo = host('repo', 'repo', 9);
const split: Partition = { from: [pg1], to: [pg1, pg2, repo], ways: 'both', ports: [] };
const knocks = (probes: readonly Probe[]) => probes.map(({ from, to, port }) => `${from.name}>${to.name}:${port}`);

describe('the rules of a cut', () => {
  test('name the other side alone, and not the host itself', () => {
    expect(dropRules(split, pg1, 'PGLAB-s4').split('\n')).toEqual([
      '*filter',
      ':PGLAB-s4 - [0:0]',
      '-A PGLAB-s4 -s 10.0.0.2 -j DROP',
      '-A PGLAB-s4 -s 10.0.0.9 -j DROP',
      '-A PGLAB-s4 -d 10.0.0.2 -j DROP',
      '-A PGLAB-s4 -d 10.0.0.9 -j DROP',
      '-I INPUT -j PGLAB-s4',
      '-I OUTPUT -j PGLAB-s4',
      'COMMIT',
      '',
    ]);
  });

  test.each([
    ['out', 'OUTPUT', '-d'],
    ['in', 'INPUT', '-s'],
  ] as const)('%s: only packets of that direction', (ways, hook, side) => {
    const rules = dropRules({ ...split, to: [pg2], ways }, pg1, 'C');
    expect(rules).toContain(`-A C ${side} 10.0.0.2 -j DROP`);
    expect(rules.match(/^-A /gm)).toHaveLength(1);
    expect(rules.match(/^-I .*/gm)).toEqual([`-I ${hook} -j C`]);
  });

  test('a port is whichever side listens on it', () => {
    const rules = dropRules({ ...split, to: [repo], ways: 'out', ports: [8432] }, pg1, 'C');
    expect(rules.match(/^-A .*/gm)).toEqual([
      '-A C -d 10.0.0.9 -p tcp --sport 8432 -j DROP',
      '-A C -d 10.0.0.9 -p tcp --dport 8432 -j DROP',
    ]);
  });

  test("a chain's name is short enough for iptables, whatever the step is called", () => {
    expect(chainName('s7.1')).toBe('PGLAB-s7.1');
    expect(chainName(`s${'9'.repeat(40)} ; rm`).length).toBeLessThan(29);
    expect(removeRules(chainName('s1; rm'))).not.toContain(';rm');
  });
});

describe('the proof of a cut', () => {
  const before = probesOf(split).filter(({ to, port }) => !(to.name === 'pg2' && port === 8432));

  test('knocks in both directions, and at every host itself', () => {
    expect(knocks(before)).toEqual(
      expect.arrayContaining([
        'pg1>pg2:5432',
        'pg2>pg1:5432',
        'pg1>repo:8432',
        'repo>pg1:8008',
        'pg1>pg1:5432',
        'pg2>pg2:8008',
        'repo>repo:8432',
      ]),
    );
    expect(knocks(before)).not.toContain('pg2>repo:8432');
  });

  const inside = before.filter(({ from, to }) => from === to);

  test('everything between the sides fails, everything else passes', () => {
    expect(cutProof(split, before, inside)).toMatchObject({ proven: true, seen: expect.stringMatching(/between the sides/) });
  });

  test('something still gets through', () => {
    const leak = before.find(({ from, to }) => from === repo && to === pg1);
    expect(cutProof(split, before, [...inside, ...(leak ? [leak] : [])])).toEqual({
      proven: false,
      seen: 'still let in: repo to pg1:8008',
    });
  });

  test('a host that does not answer itself any more shows nothing of the network', () => {
    expect(cutProof(split, before, inside.slice(1))).toMatchObject({
      proven: false,
      seen: expect.stringMatching(/^cut off as well: pg1 to pg1/),
    });
  });

  test('where nothing was let in before, failing shows nothing', () => {
    expect(cutProof(split, inside, inside)).toMatchObject({
      proven: false,
      seen: expect.stringMatching(/^nothing was let in between pg1 and the other side/),
    });
  });

  test('with ports, the other ports between the sides are the controls', () => {
    const one: Partition = { ...split, to: [pg2], ports: [5432] };
    const all = probesOf(one);
    const right = all.filter(({ from, to, port }) => from === to || port !== 5432);
    expect(cutProof(one, all, right).proven).toBe(true);
    expect(cutProof(one, all, inside)).toMatchObject({ proven: false, seen: expect.stringMatching(/^cut off as well/) });
  });

  test('healed: what was let in is let in again, a program that ended since passed over', () => {
    expect(healProof(split, before, before).proven).toBe(true);
    const without = before.filter(({ to }) => to !== repo);
    expect(healProof(split, before, without).proven).toBe(true);
    expect(healProof(split, before, inside)).toMatchObject({ proven: false, seen: expect.stringMatching(/^still cut: /) });
  });
});
