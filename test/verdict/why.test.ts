/** Where the lines of a known cause stand, and it is not the cause, or not any more. What each is shown by: recorded.test.ts. */
import { expect, test } from 'vitest';
import type { Program } from '../../lab/core/event.ts';
import type { Finding, StepOutcome } from '../../lab/verdict/verdict.ts';
import { createWhy } from '../../lab/verdict/why/why.ts';
import { planOf, Run } from './a-run.ts';

type Said = readonly [host: string, program: Program, text: string];

/** Why a member that should stream does not, or a backup failed that printed the last line. */
function causes(said: readonly Said[], failed: 'member' | 'backup' = 'member'): readonly string[] {
  const plan = planOf('- pgbackrest: backup\n- expect: { cluster: { members: { pg2: streaming } } }');
  const run = new Run(plan);
  said.forEach(([host, program, text], index) => {
    const body = { type: 'log', host, program, text } as const;
    run.at(index + 1).add(failed === 'backup' ? { ...body, source: 'command', step: 's1' } : { ...body, source: 'stream' });
  });
  const why = createWhy();
  for (const event of run.events) why.feed(event);
  const place = { file: plan.file, line: 1, column: 1, endLine: 1 };
  const clause = { kind: 'cluster', title: 'pg2', place, state: 'false', looks: [], expected: [], observed: [], states: [] } as const;
  const step: StepOutcome =
    failed === 'backup'
      ? { id: 's1', verb: 'pgbackrest', title: 'pgbackrest backup', place, state: 'failed' }
      : { id: 's2', verb: 'expect', title: 'expect pg2', place, state: 'failed', clauses: [clause] };
  const finding: Finding = { verdict: 'fail', reason: 'expectation-false', message: '', at: Number.POSITIVE_INFINITY, step: step.id };
  return why.causes(finding, step, () => []).map(({ message }) => message);
}

const removed: Said = [
  'pg2',
  'postgres',
  'could not receive data from WAL stream: ERROR:  requested WAL segment 000000010000000000000005 has already been removed',
];
const invalidated: Said = ['pg1', 'postgres', 'invalidating obsolete replication slot "pg2"'];
const streams: Said = ['pg2', 'postgres', 'started streaming WAL from primary at 0/5000000 on timeline 1'];
const demoted: Said = ['pg1', 'patroni', 'demoting self because DCS is not accessible and I was a leader'];
const waits: Said = ['pg2', 'patroni', 'waiting for leader to bootstrap'];

test.each([
  ['WAL that was removed', [removed], [streams]],
  ['a slot that was given up', [invalidated, removed], [streams]],
  ['a demotion without a DCS', [demoted], [['pg1', 'patroni', 'no action. I am (pg1), a secondary, and following a leader (pg2)']]],
] as const)('%s is no cause any more once its member got over it', (_, trouble, over) => {
  expect(causes(trouble)).toHaveLength(1);
  expect(causes([...trouble, ...over])).toEqual([]);
});

test('a slot that nobody missed is no cause', () => {
  expect(causes([invalidated])).toEqual([]);
});

test('who waits for a leader that is just being made has no key to remove', () => {
  expect(causes([waits])).toEqual([expect.stringContaining('initialize key')]);
  expect(causes([['pg1', 'patroni', 'trying to bootstrap a new cluster'], waits])).toEqual([]);
});

test('it is said which host cannot be reached', () => {
  const unable = "[HostConnectError] timeout connecting to 'pg1:8432': [110] Connection timed out";
  expect(causes([['repo', 'pgbackrest', `unable to check pg1: ${unable}`]], 'backup')).toEqual([
    expect.stringMatching(/^repo cannot reach the database host pg1: timeout connecting/),
  ]);
  expect(causes([['pg1', 'pgbackrest', unable.replace('pg1', 'repo')]], 'backup')).toEqual([
    expect.stringMatching(/^pg1 cannot reach its repository host: /),
  ]);
});

test('it is said whose disk is full', () => {
  const full = (path: string) => `[041]: unable to write '${path}': [28] No space left on device`;
  expect(causes([['pg2', 'pgbackrest', full('/var/lib/postgresql/18/main/base/1')]], 'backup')).toEqual([
    expect.stringMatching(/^a disk of pg2 is full/),
  ]);
  expect(causes([['repo', 'pgbackrest', full('/var/lib/pgbackrest/archive/demo/x')]], 'backup')).toEqual([
    expect.stringMatching(/^the repository's disk is full/),
  ]);
});
