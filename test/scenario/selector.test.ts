import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSelector, resolveSelector, type SelectorView, selectorText } from '../../lab/scenario/selector.ts';

const view: SelectorView = {
  clusters: {
    main: { members: ['pg1', 'pg2', 'pg3'], leader: 'pg2', streaming: ['pg3', 'pg1'], sync: ['pg3'], repo: 'repo' },
    scratch: { members: ['s1'], streaming: [], sync: [] },
  },
  etcd: ['etcd1', 'etcd2', 'etcd3'],
  repo: ['repo'],
  hosts: ['etcd1', 'etcd2', 'etcd3', 'pg1', 'pg2', 'pg3', 's1', 'repo'],
};
const hosts = (selector: string | readonly string[]) => {
  const resolved = resolveSelector(selector, view);
  return resolved.ok ? resolved.hosts.join(' ') : resolved.reason;
};

describe('selectors', () => {
  it.each([
    ['pg1', 'pg1'],
    ['leader', 'pg2'],
    ['replica', 'pg1'],
    ['replicas', 'pg1 pg3'],
    ['sync', 'pg3'],
    ['members', 'pg1 pg2 pg3'],
    ['etcd', 'etcd1 etcd2 etcd3'],
    ['repo', 'repo'],
    ['all', 'etcd1 etcd2 etcd3 pg1 pg2 pg3 s1 repo'],
    ['scratch.members', 's1'],
    ['main.leader', 'pg2'],
    ['members but leader', 'pg1 pg3'],
    ['members, repo but pg1, leader', 'pg3 repo'],
    ['[members but pg1], pg1', 'pg2 pg3 pg1'],
    ['pg1, pg1', 'pg1'],
    ['scratch.leader', 'nobody leads in scratch'],
    ['scratch.replicas', 'nobody leads in scratch, so nobody is a replica'],
    ['scratch.repo', 'there is no repository host in scratch'],
    ['other.leader', 'no cluster is named other'],
    ['pg9', 'no host is named pg9'],
    ['leader but pg2', 'nobody is left after "but"'],
    ['${x}', '${x} has no value yet'],
    ['', 'an empty selector selects nobody'],
    ['pg1 but', '"pg1 but" ends too early'],
    ['pg1 pg2', '"pg2" in "pg1 pg2" stands where a comma or "but" should'],
    ['scratch.etcd', '"scratch.etcd": after a cluster\'s name comes leader, replica, replicas, sync, members or repo'],
  ])('%s: %s', (selector, expected) => {
    expect(hosts(selector)).toBe(expected);
  });

  it('takes lists, keeping an element with a "but" together', () => {
    expect(hosts(['members but pg1', 'pg1', 'repo'])).toBe('pg2 pg3 pg1 repo');
    expect(selectorText(['members but pg1', 'repo'])).toBe('[members but pg1], repo');
  });

  const atom = fc.constantFrom('pg1', 'pg2', 'leader', 'members', 'etcd', 'repo', 'replicas', 'all');
  const list = fc.array(atom, { minLength: 1, maxLength: 4 });
  it('"but" is set difference, and no host comes twice', () => {
    fc.assert(
      fc.property(list, list, (of, without) => {
        const resolve = (selector: string | readonly string[]) => {
          const resolved = resolveSelector(selector, view);
          return resolved.ok ? resolved.hosts : [];
        };
        const found = resolve(`${of.join(', ')} but ${without.join(',')}`);
        expect(found).toEqual(resolve(of).filter((host) => !resolve(without).includes(host)));
        expect(new Set(found).size).toBe(found.length);
      }),
    );
  });

  it('never throws, whatever is written', () => {
    const text = fc
      .array(fc.constantFrom('pg1', 'but', ',', '[', ']', ' ', '${a.b}', '.', 'leader', '}'), { maxLength: 12 })
      .map((words) => words.join(' '));
    fc.assert(
      fc.property(fc.oneof(text, fc.string()), (selector) => {
        expect(typeof parseSelector(selector).ok).toBe('boolean');
      }),
    );
  });
});
