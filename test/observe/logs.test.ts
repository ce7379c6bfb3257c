import { expect, test } from 'vitest';
import { paintFor } from '../../lab/cli/paint.ts';
import { asText } from '../../lab/cli/verbs/logs.ts';
import { readEntry } from '../../lab/observe/log-entry.ts';
import { Tail } from '../../lab/observe/logs.ts';

const line = (stamp: string, text: string) => ({ stamp, text, at: Date.parse(stamp) });

test('a line that is read again is known, wherever it stands', () => {
  const tail = new Tail();
  const first = line('2026-11-22T20:00:00.500Z', 'a');
  const second = line('2026-11-22T20:00:00.400Z', 'b');
  expect([first, second, first, second, line('2026-11-22T20:00:00.500Z', 'c')].map((each) => tail.isNew(each))).toEqual([
    true,
    true,
    false,
    false,
    true,
  ]);
  expect(tail.border).toBe(first.at - 2000);
});

test('what is older than can be read again is forgotten', () => {
  const tail = new Tail();
  for (let second = 0; second < 50; second += 1) tail.isNew(line(new Date(second * 1000).toISOString(), 'x'));
  expect(tail.isNew(line(new Date(48_000).toISOString(), 'x'))).toBe(false);
  expect(tail.isNew(line(new Date(10_000).toISOString(), 'x'))).toBe(true);
});

test('lines are shown as they were written; etcd and lines without a time get one', () => {
  const shown = (raw: string) =>
    asText({ host: 'h', at: Date.parse('2026-11-22T20:00:00.5Z'), entry: readEntry(raw), raw }, 'h', paintFor({}, {}));
  expect(shown('2026-11-22 18:31:16,277 INFO: no action')).toBe('h  2026-11-22 18:31:16,277 INFO: no action');
  expect(shown('{"level":"warn","ts":"2026-11-22T20:00:00.499Z","caller":"x.go:1","msg":"slow","took":"1s"}')).toBe(
    'h  2026-11-22 20:00:00.500 WARN: slow took=1s',
  );
  expect(shown('lab: stopping')).toBe('h  2026-11-22 20:00:00.500 lab: stopping');
});
