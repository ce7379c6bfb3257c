import { expect, test } from 'vitest';
import { readEntry } from '../../lab/observe/log-entry.ts';
import { isNoteworthy } from '../../lab/observe/noteworthy.ts';

test.each([
  '2026-11-24 06:27:09,123 INFO: promoted self to leader by acquiring session lock',
  '2026-11-24 06:27:09.394 UTC [49] LOG:  database system is ready to accept connections',
  '2026-11-24 06:27:09.394 UTC [49] LOG:  selected new timeline ID: 2',
  '2026-11-24 06:14:23.450 P00  ERROR: [082]: unable to push WAL file',
  '2026-11-24 06:14:23.450 P00   INFO: repo1: restore backup set 20261124-061246F, recovery will start at 2026-11-24 06:12:46',
  '{"level":"info","msg":"raft.node: 7c elected leader 7c at term 2"}',
  '{"level":"warn","msg":"lost TCP streaming connection"}',
  'lab: host stopped',
])('worth a look: %s', (line) => expect(isNoteworthy(readEntry(line))).toBe(true));

test.each([
  '2026-11-24 06:14:22,647 INFO: no action. I am (pg3), a secondary, and following a leader (pg1)',
  '2026-11-24 06:14:22,647 INFO: Lock owner: pg1; I am pg1',
  '2026-11-24 06:14:23.422 UTC [54] LOG:  checkpoint starting: immediate force wait',
  "2026-11-24 06:14:23.510 P00   INFO: pushed WAL file '000000010000000000000003' to the archive",
  '2026-11-24 06:14:23.450 P00   INFO: archive-push command begin 2.60.0: [pg_wal/000000010000000000000003]',
  '2026-11-24 06:14:23.510 P00   INFO: found 00000002.history in the repo1: 18-1 archive',
  '2026-11-24 06:14:22,647 INFO: Got response from pg3 http://pg3:8008/patroni: {"state": "running"}',
  '2026-11-24 06:14:23.422 UTC [54] LOG:  invalid record length at 0/40001A8: expected at least 24, got 0',
  '2026-11-24 06:14:23.422 UTC [54] LOG:  skipping missing configuration file "/var/lib/postgresql/18/main/postgresql.auto.conf"',
  '{"level":"info","msg":"saved snapshot"}',
  'pg2:5432 - accepting connections',
])('as always: %s', (line) => expect(isNoteworthy(readEntry(line))).toBe(false));
