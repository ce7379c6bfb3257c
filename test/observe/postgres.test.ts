import pg from 'pg';
import { expect, test } from 'vitest';
import { sqlstateOf } from '../../lab/observe/postgres.ts';

test("a SQLSTATE is the server's word, and no error of the connection has one", () => {
  const refused = Object.assign(new pg.DatabaseError('refused', 0, 'error'), { severity: 'FATAL', code: '57P01' });
  expect(sqlstateOf(refused)).toBe('57P01');
  expect(sqlstateOf(Object.assign(new Error('write EPIPE'), { code: 'EPIPE', syscall: 'write' }))).toBeUndefined();
  expect(sqlstateOf(new Error('Connection terminated unexpectedly'))).toBeUndefined();
});
