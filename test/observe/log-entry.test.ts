import { describe, expect, test } from 'vitest';
import { continues, join, readEntry } from '../../lab/observe/log-entry.ts';

describe('whose words a line is', () => {
  test.each([
    [
      '2026-11-22 18:31:16,277 INFO: replica has been created using pgbackrest',
      {
        program: 'patroni',
        level: 'INFO',
        said: Date.UTC(2026, 10, 22, 18, 31, 16, 277),
        text: 'replica has been created using pgbackrest',
      },
    ],
    [
      '2026-11-22 18:31:17.443 UTC [556] LOG:  started streaming WAL from primary at 0/F000000 on timeline 2',
      { program: 'postgres', level: 'LOG', pid: 556, text: 'started streaming WAL from primary at 0/F000000 on timeline 2' },
    ],
    [
      '2026-11-22 18:31:17.443 GMT [9] LOG:  skipping missing configuration file "x: y"',
      { program: 'postgres', level: 'LOG', pid: 9, text: 'skipping missing configuration file "x: y"' },
    ],
    [
      '2026-11-22 18:31:17 UTC [556]: user=postgres,db=app PANIC:  could not locate a valid checkpoint record',
      { program: 'postgres', level: 'PANIC', text: 'could not locate a valid checkpoint record' },
    ],
    [
      '2026-11-22 21:31:17.443 +03 [556] LOG:  database system is ready to accept connections',
      { program: 'postgres', level: 'LOG', text: 'database system is ready to accept connections' },
    ],
    ['P00   WARN: option is deprecated', { program: 'pgbackrest', level: 'WARN', text: 'option is deprecated' }],
    // What a client was told is no line of the server's.
    [
      'psycopg2.OperationalError: connection to server at "10.0.0.2" failed: FATAL:  the database system is starting up',
      {
        program: 'other',
        text: 'psycopg2.OperationalError: connection to server at "10.0.0.2" failed: FATAL:  the database system is starting up',
      },
    ],
    [
      '2026-11-22 18:31:16.287 P00   INFO: restore command begin 2.60.0: --delta',
      { program: 'pgbackrest', level: 'INFO', text: 'restore command begin 2.60.0: --delta' },
    ],
    ['2026-11-22 18:31:16.287 P00 DETAIL: statistics: {}', { program: 'pgbackrest', level: 'DETAIL', text: 'statistics: {}' }],
    // pgBackRest 2.45 writes warnings and errors without time and process.
    [
      'ERROR: [056]: unable to find primary cluster - cannot proceed',
      { program: 'pgbackrest', level: 'ERROR', text: '[056]: unable to find primary cluster - cannot proceed' },
    ],
    [
      '{"level":"warn","ts":"2026-11-22T18:31:16.2Z","caller":"a.go:1","msg":"slow fdatasync","took":"1.2s"}',
      { program: 'etcd', level: 'WARN', text: 'slow fdatasync took=1.2s' },
    ],
    ['lab: read mark 3', { program: 'lab', text: 'read mark 3' }],
    ['localhost:5432 - accepting connections', { program: 'other', text: 'localhost:5432 - accepting connections' }],
  ])('%s', (line, entry) => {
    expect(readEntry(line)).toEqual(entry);
  });
});

describe('what belongs to the entry before', () => {
  const entry = readEntry('2026-11-22 18:31:16,277 ERROR: get_postgresql_status');

  test('an indented line and an empty one', () => {
    expect(continues(entry, '  Catalog version number: 202506291')).toBe(true);
    expect(continues(entry, '')).toBe(true);
  });

  test('a traceback to its last line, which is not indented', () => {
    expect(continues(entry, 'psycopg2.OperationalError: no')).toBe(false);
    expect(continues(entry, 'Traceback (most recent call last):')).toBe(true);
    const traced = join(join(entry, 'Traceback (most recent call last):'), '  File "api.py", line 1');
    expect(continues(traced, 'psycopg2.OperationalError: no')).toBe(true);
  });

  test('never a line with a prefix of its own', () => {
    expect(continues(join(entry, 'Traceback (most recent call last):'), '2026-11-22 18:31:16,300 INFO: Lock owner: pg1; I am pg2')).toBe(
      false,
    );
  });
});
