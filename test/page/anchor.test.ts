import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readAnchor, writeAnchor } from '../../lab/page/anchor.ts';
import { everything, lineTest } from '../../lab/page/line-filter.ts';
import { type LogLine, severities } from '../../lab/page/model.ts';
import { clampTo, formatMoment, showing, zoomed } from '../../lab/page/viewport.ts';

it('a link says what is shown, and is read as it was written', () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9]{0,6}$/);
  const filter = fc.record({
    hosts: fc.uniqueArray(name, { maxLength: 3 }),
    programs: fc.uniqueArray(name, { maxLength: 3 }),
    least: fc.constantFrom(...severities),
    text: fc.string({ unit: 'grapheme' }),
  });
  const anchor = fc.record({ event: fc.nat(), from: fc.integer(), to: fc.integer(), tab: name, filter }, { requiredKeys: ['filter'] });
  fc.assert(
    fc.property(anchor, (wanted) => {
      expect(readAnchor(writeAnchor(wanted))).toEqual(wanted);
    }),
  );
});

it('a link without sense shows everything', () => {
  expect(readAnchor('#event=x&level=loud&from=&to=NaN')).toEqual({ filter: everything });
  expect(writeAnchor({ filter: everything })).toBe('');
});

it('a filter takes hosts, programs, the least severity and words or a pattern', () => {
  const line: LogLine = { seq: 1, at: 0, host: 'pg1', program: 'patroni', severity: 'warning', level: 'WARNING', text: 'Promoted self' };
  const passes = (filter: Partial<typeof everything>) => lineTest({ ...everything, ...filter })(line);
  expect(passes({})).toBe(true);
  expect(passes({ hosts: ['pg2'] })).toBe(false);
  expect(passes({ hosts: ['pg2', 'pg1'], programs: ['patroni'] })).toBe(true);
  expect(passes({ least: 'error' })).toBe(false);
  expect(passes({ text: 'promoted' })).toBe(true);
  expect(passes({ text: '/^promoted self$/' })).toBe(true);
  expect(passes({ text: '/self (/' })).toBe(false);
});

it('the stretch of time stays within the whole, and keeps the moment that is zoomed about', () => {
  const whole = { from: 0, to: 1000 };
  expect(clampTo(whole, zoomed({ from: 0, to: 1000 }, 0.5, 200))).toEqual({ from: 100, to: 600 });
  expect(clampTo(whole, { from: -500, to: 5000 })).toEqual(whole);
  expect(clampTo(whole, { from: 900, to: 1100 })).toEqual({ from: 800, to: 1000 });
  expect(clampTo(whole, { from: 500, to: 500.1 })).toEqual({ from: 500, to: 520 });
  expect(showing({ from: 100, to: 200 }, 150)).toEqual({ from: 100, to: 200 });
  expect(showing({ from: 100, to: 200 }, 500)).toEqual({ from: 450, to: 550 });
});

it('moments count from the start of the run', () => {
  expect(formatMoment(12_340)).toBe('+12.3 s');
  expect(formatMoment(-940, 3)).toBe('-0.940 s');
  expect(formatMoment(125_000)).toBe('+2:05.0');
  expect(formatMoment(125_000, 0)).toBe('+2:05');
  expect([59_970, 119_960].map((at) => formatMoment(at))).toEqual(['+1:00.0', '+2:00.0']);
});
