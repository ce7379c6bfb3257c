import { describe, expect, it } from 'vitest';
import { type CompiledLine, compileLine, lineSchema } from '../../lab/scenario/line-pattern.ts';
import { parsePattern } from '../../lab/scenario/pattern.ts';

const names = { vars: { lsn: '${cut.lsn}' }, values: { cut: { lsn: '0/60027B0', dots: 'a.c' } } };
const line = (source: Record<string, string>): CompiledLine => {
  const compiled = compileLine(lineSchema.parse(source), names);
  if (!compiled.ok) throw new Error(compiled.unbound.message);
  return compiled.value;
};
const says = (text: string, level = 'LOG') => ({ program: 'postgres' as const, level, text });

describe('line patterns', () => {
  it('finds a text, in the message and behind its level', () => {
    expect(line({ postgres: 'recovery stopping' }).matches(says('recovery stopping after WAL location'))).toBe(true);
    expect(line({ postgres: 'LOG: recovery' }).matches(says('recovery stopping'))).toBe(true);
    expect(line({ postgres: '/^FATAL: the/' }).matches(says('the end', 'FATAL'))).toBe(true);
    expect(line({ postgres: 'recovery' }).matches({ program: 'patroni', text: 'recovery' })).toBe(false);
    expect(line({ any: 'recovery' }).matches({ program: 'patroni', text: 'recovery' })).toBe(true);
  });

  it('finds LSNs in any case and padding', () => {
    for (const printed of ['"0/60027B0"', '"0/60027b0"', '"0/060027B0"', '"00000000/060027b0"']) {
      expect(line({ any: 'location (LSN) "${cut.lsn}"' }).matches(says(`location (LSN) ${printed}`))).toBe(true);
      expect(line({ any: '/location \\(LSN\\) "${lsn}"$/' }).matches(says(`location (LSN) ${printed}`))).toBe(true);
    }
    expect(line({ any: '${cut.lsn}' }).matches(says('at 0/60027B1'))).toBe(false);
  });

  it('takes literally what a reference stands for', () => {
    expect(line({ any: '/^${cut.dots}$/' }).matches(says('abc'))).toBe(false);
    expect(line({ any: '/^${cut.dots}$/' }).matches(says('a.c'))).toBe(true);
    expect(line({ any: '/^A\\.C$/i' }).matches(says('a.c'))).toBe(true);
  });

  it('reads continuation lines as part of their entry', () => {
    expect(line({ any: '/unable.*HINT/s' }).matches(says('unable to check pg1\nHINT: is it up?'))).toBe(true);
  });

  it('says a line with values', () => {
    expect(line({ postgres: 'at ${lsn}' }).shown).toBe('postgres: at 0/60027B0');
    const unknown = compileLine(lineSchema.parse({ any: '${nobody}' }), names);
    expect(unknown).toMatchObject({ ok: false, unbound: { why: 'unknown-name' } });
  });

  it.each(['/open', '/a/x', '/var/lib/pg', '', '/(/', '${x'])('%j is no pattern', (source) => {
    expect(parsePattern(source).ok).toBe(false);
  });
});
