import fc from 'fast-check';
import { expect, it, test } from 'vitest';
import { compilePattern, parsePattern } from '../../lab/scenario/pattern.ts';
import { stablePattern } from '../../lab/scenario/stable-pattern.ts';

const hosts = ['pg1', 'pg2', 'pg3'];

test.each([
  ['promoted self to leader by acquiring session lock', 'promoted self to leader by acquiring session lock'],
  ['started streaming WAL from primary at 0/3000000 on timeline 1', 'started streaming WAL from primary at'],
  ["bootstrapped from leader 'pg1'", "bootstrapped from leader '"],
  ['restore command begin 2.60.0: --delta --exec-id=33-4f2a1b9c --stanza=demo', 'restore command begin'],
  ['restore command end: completed successfully (1245ms)', 'restore command end: completed successfully ('],
  ['new backup label = 20261124-061813F_20261124-062001D', 'new backup label ='],
  ['selected new timeline ID: 2', 'selected new timeline ID:'],
  ['database system was shut down at 2026-11-22 21:16:53 UTC', 'database system was shut down at'],
  ['unable to find 00000001000000000000000A in the archive', 'unable to find'],
  ['code 5: not found, 3 left', ': not found,'],
  ['[082]: WAL segment 000000010000000000000004 was not archived before the 60000ms timeout', 'was not archived before the'],
  ['first line\nsecond line', 'first line'],
  ['host stopped', 'host stopped'],
  ['7 (of 9) at 3', '/\\(of.*\\) at/'],
  ['7 of 9', undefined],
  ['pg1 12', undefined],
  ['value ${x} is 5 is here', 'value $${x} is'],
])('%s', (text, pattern) => {
  expect(stablePattern(text, hosts)).toBe(pattern);
});

it('means the line that it was made of, whatever that is', () => {
  const word = fc.constantFrom('pg1', 'LOG', '0/3000060', '/var/lib', '(12 ms)', 'timeline', '${x}', 'a.b*c', '20261124-061813F', '[42]');
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 9 }), (words) => {
      const text = words.join(' ');
      const source = stablePattern(text, hosts);
      if (source === undefined) return;
      const parsed = parsePattern(source);
      if (!parsed.ok) throw new Error(parsed.message);
      const compiled = compilePattern(parsed.pattern, { vars: {}, values: {} });
      if (!compiled.ok) throw new Error(compiled.unbound.message);
      expect(compiled.value.matches(text), source).toBe(true);
    }),
  );
});
