import { expect, test } from 'vitest';
import { readValue } from '../../lab/observe/etcd.ts';

test('a system identifier keeps all its digits', () => {
  expect(readValue('7711110672542834729')).toBe('7711110672542834729');
});

test('JSON is read, and what is none stays text', () => {
  expect(readValue('{"ttl":20}')).toEqual({ ttl: 20 });
  expect(readValue('42')).toBe(42);
  expect(readValue('pg1')).toBe('pg1');
  expect(readValue('')).toBe('');
});
