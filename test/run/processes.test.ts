import { expect, test } from 'vitest';
import { findProcesses, parseProcesses, stillThere } from '../../lab/run/processes.ts';

/** The kernel's own words, as far as they matter: fields 4 (parent), 14 and 15 (ticks), 22 (start). */
const line = (pid: number, name: string, parent: number, title: string, { state = 'S', ticks = 0, started = 1000 + pid } = {}) =>
  `process ${pid} (${name}) ${state} ${parent} 0 0 0 -1 0 0 0 0 0 ${ticks} 0 0 0 20 0 1 0 ${started} 0\t${title}`;

const text = [
  line(1, 'tini', 0, '/usr/bin/tini -- /etc/lab/init'),
  line(15, 'pgbackrest', 11, 'pgbackrest server'),
  line(16, 'patroni', 14, '/usr/bin/python3 /usr/bin/patroni /etc/patroni/config.yml'),
  line(50, 'postgres', 1, '/usr/lib/postgresql/18/bin/postgres -D /var/lib/postgresql/18/main', { ticks: 7 }),
  line(54, 'postgres', 50, 'postgres: demo: checkpointer '),
  line(59, 'postgres', 50, 'postgres: demo: archiver last was 000000010000000000000002.00000028.backup'),
  line(81, 'postgres', 50, 'postgres: demo: walsender replicator 10.207.74.7(36930) streaming 0/3000B00'),
  line(82, 'postgres', 50, 'postgres: demo: walsender replicator 10.207.74.6(39340) streaming 0/3000B00'),
  line(83, 'postgres', 50, '/usr/lib/ld-linux --argv0 postgres: demo: walwriter          /usr/lib/real -D main'),
  line(90, 'postgres', 50, 'postgres: demo: app archiver 10.0.0.1(1234) idle'),
  line(91, 'sh', 59, 'sh -c pgbackrest --stanza=demo archive-push pg_wal/0001'),
  line(92, 'a (b) c', 1, 'odd name'),
  'main pgbackrest 15',
  'main patroni 16',
  'postmaster 50',
].join('\n');
const table = parseProcesses(text);
const pids = (processes: readonly { pid: number }[]) => processes.map(({ pid }) => pid);

test('the kernel tells parent, CPU time and start, whatever a process is called', () => {
  expect(table.processes.find(({ pid }) => pid === 50)).toMatchObject({ parent: 1, ticks: 7, started: 1050 });
  expect(table.processes.at(-1)).toMatchObject({ pid: 92, name: 'a (b) c', parent: 1 });
});

test.each([
  ['patroni', [16]],
  ['pgbackrest', [15]],
  ['postgres', [50]],
  ['checkpointer', [54]],
  ['archiver', [59]],
  ['walsender', [81, 82]],
  ['walwriter', [83]],
] as const)('%s is %j', (name, expected) => {
  expect(pids(findProcesses(table, name, 'pg1'))).toEqual(expected);
});

test('postgres with its family is the postmaster first, then all that it started, but not what these started', () => {
  expect(pids(findProcesses(table, 'postgres', 'pg1', true))).toEqual([50, 54, 59, 81, 82, 83, 90]);
});

test('what does not run is not found, nor is a number that belongs to another program by now', () => {
  expect(() => findProcesses(table, 'walreceiver', 'pg1')).toThrow('no walreceiver runs on pg1');
  const taken = parseProcesses([line(50, 'bash', 1, 'bash'), 'postmaster 50'].join('\n'));
  expect(() => findProcesses(taken, 'postgres', 'pg1')).toThrow('no postgres runs on pg1');
});

test('a process is still there by number and start; a zombie is not', () => {
  const before = findProcesses(table, 'archiver', 'pg1');
  expect(pids(stillThere(table, before))).toEqual([59]);
  expect(stillThere(parseProcesses(line(59, 'postgres', 50, 'postgres: demo: archiver', { started: 5000 })), before)).toEqual([]);
  expect(stillThere(parseProcesses(line(59, 'postgres', 50, '', { state: 'Z' })), before)).toEqual([]);
});
