import { stripVTControlCharacters } from 'node:util';
import picocolors from 'picocolors';
import { expect, test } from 'vitest';
import { clip } from '../../lab/cli/full-screen.ts';
import { paintFor } from '../../lab/cli/paint.ts';
import { type Line, watchFrame, withLine } from '../../lab/cli/watch-view.ts';
import { healthy, now } from '../observe/a-status.ts';

const paint = paintFor({}, {});
const line = (text: string, at = now) => ({ type: 'log', host: 'pg1', program: 'patroni', text, source: 'stream', at }) as const;
const frame = (rows: number, lines: Parameters<typeof watchFrame>[1]) => watchFrame(healthy, lines, { columns: 60, rows }, paint, now);

test('the last log lines fill what the status leaves of the screen', () => {
  const lines = Array.from({ length: 50 }, (_, n) => line(`line ${n}`));
  const shown = frame(24, lines);
  expect(shown).toHaveLength(24);
  expect(shown[0]).toMatch(/^lab {2}three-nodes-repo-host, up for 65\.0 s +08:00:00 UTC, q quits$/);
  expect(shown.at(-1)).toBe('08:00:00 pg1   patroni    line 49');
  expect(frame(5, lines).join('\n')).not.toContain('line 49');
});

test("a log line's own control sequences do nothing, and its continuation lines are left out", () => {
  expect(frame(40, [line('\x1b[2J\x07boo\nTraceback')]).at(-1)).toBe('08:00:00 pg1   patroni     [2J boo');
});

test('a log line that is cut says so, and words of all programs stand below each other', () => {
  const long = frame(40, [line('a'.repeat(80)), { ...line('short'), program: 'pgbackrest' }]);
  expect(long.slice(-2)).toEqual([`08:00:00 pg1   patroni    ${'a'.repeat(32)}…`, '08:00:00 pg1   pgbackrest short']);
});

test('lines stand in the order of their times, and one that is said again takes one line', () => {
  const said = ['at 06:00, 3 keys', 'other words', 'at 06:05, 3 keys', 'at 06:06, 4 keys'].map((text, n) => line(text, now + n));
  const [first, second, third, fourth] = said as [Line, Line, Line, Line];
  const lines = [third, first, fourth, second].reduce<readonly Line[]>(withLine, []);
  expect(lines.map(({ text, times }) => [text, times])).toEqual([
    ['at 06:00, 3 keys', undefined],
    ['other words', undefined],
    ['at 06:06, 4 keys', 2],
  ]);
  expect(frame(40, lines).at(-1)).toBe('08:00:00 pg1   patroni    2 times: at 06:06, 4 keys');
});

test('lines are cut to the width, colours apart, and every colour ends', () => {
  const colours = picocolors.createColors(true);
  const text = `${colours.red('héllo')} ${colours.bold('world')}`;
  expect(stripVTControlCharacters(clip(text, 7))).toBe('héllo w');
  expect(clip(text, 3)).toBe(`${colours.red('hél')}\x1b[1m\x1b[22m`);
  expect(clip(text, 80)).toBe(text);
});
