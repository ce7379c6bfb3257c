import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Value } from '../../lab/core/event.ts';
import { expand, type Names } from '../../lab/scenario/expand.ts';

const names: Names = {
  vars: { keep: true, how: '--target="${cut.lsn}"', map: { a: 1 }, loop: '${pool}', pool: '${loop}', list: ['${keep}', 'x'] },
  values: { cut: { lsn: '0/60027B0', timeline: 1, replicas: ['pg2', 'pg3'], note: '${keep}' }, cluster: 'demo' },
};
const filled = (value: Value) => {
  const result = expand(value, names);
  return result.ok ? result.value : result.unbound;
};

describe('expand', () => {
  it('keeps the type of a value that is exactly a reference', () => {
    expect(filled('${keep}')).toBe(true);
    expect(filled('${cut.timeline}')).toBe(1);
    expect(filled('${cut.replicas}')).toEqual(['pg2', 'pg3']);
    expect(filled({ a: ['${map}'] })).toEqual({ a: [{ a: 1 }] });
  });

  it('puts the text of a value where it is part of a text, and into keys', () => {
    expect(filled('on ${cut.timeline} of ${cluster}, ${cut.replicas}')).toBe('on 1 of demo, pg2, pg3');
    expect(filled({ '${cluster}': 1, plain: null })).toEqual({ demo: 1, plain: null });
  });

  it('evaluates vars when they are used, and nothing that really happened', () => {
    expect(filled('restore ${how}')).toBe('restore --target="0/60027B0"');
    expect(filled('${list}')).toEqual([true, 'x']);
    expect(filled('${cut.note}')).toBe('${keep}');
  });

  it('leaves $${ as a literal', () => {
    expect(filled('echo $${HOME} ${cluster} $${x')).toBe('echo ${HOME} demo ${x');
  });

  it('says what is unknown', () => {
    expect(filled('${nobody}')).toMatchObject({ why: 'unknown-name', reference: 'nobody' });
    expect(filled('${cut.xid}')).toMatchObject({ why: 'absent-field', reference: 'cut.xid' });
    expect(filled('${loop}')).toMatchObject({ why: 'cycle' });
    expect(filled('a ${map}')).toMatchObject({ why: 'not-text' });
    expect(filled('a ${HOME:-x}')).toMatchObject({ why: 'malformed' });
    expect(filled('${toString}')).toMatchObject({ why: 'unknown-name' });
  });

  it('changes nothing without a reference in it', () => {
    const plain = fc.jsonValue().filter((value) => !JSON.stringify(value).includes('${') && !JSON.stringify(value).includes('__proto__'));
    fc.assert(
      fc.property(plain, (value) => {
        expect(filled(value as Value)).toEqual(value);
      }),
    );
  });

  it('gives back every value it is given, and any text by way of $${', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `a ${'${'}${text}`),
        ),
        (text) => {
          expect(expand('${x}', { vars: {}, values: { x: text } })).toEqual({ ok: true, value: text });
          // A replacement text would take $$ for one dollar sign.
          const escaped = text.replaceAll('${', () => '$${');
          // A dollar sign before an escaped one would be the escape of something else.
          fc.pre(!text.includes('$${'));
          expect(expand(escaped, { vars: {}, values: {} })).toEqual({ ok: true, value: text });
        },
      ),
    );
  });
});
