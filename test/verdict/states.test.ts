import { describe, expect, it } from 'vitest';
import type { LookAnswer, RepoLook, Value } from '../../lab/core/event.ts';
import { createJudge } from '../../lab/verdict/judge.ts';
import type { LookRequest } from '../../lab/verdict/look-request.ts';
import { walSegment } from '../../lab/verdict/wal-segment.ts';
import { failedOver, healthy, leaderless, lsn, planOf, Run } from './a-run.ts';

/** The expectation as the only step, every look asked for answered at once and again until the deadline. */
function judged(claim: string, answer: (request: LookRequest) => LookAnswer | { unknown: string }, before = (run: Run) => run, steps = '') {
  const plan = planOf(`${steps}- expect: ${claim}\n  within: 2s`);
  const id = plan.steps.at(-1)?.id ?? '';
  const run = before(new Run(plan)).start(id);
  const judge = createJudge(plan);
  let fed = 0;
  for (let second = 0; second <= 2.2; second += 0.2) {
    for (; fed < run.events.length; fed += 1) judge.feed(run.events[fed] as (typeof run.events)[number]);
    run.at(second);
    for (const request of judge.active()?.looks ?? []) run.look(request.key, answer(request));
  }
  return run.at(2.3).end(id).complete();
}

const clusters = (look: typeof healthy) => (request: LookRequest) => (request.kind === 'cluster' ? look : { unknown: 'not asked' });

describe('cluster', () => {
  const because = (claim: string, look = healthy) => judged(`{ cluster: ${claim} }`, clusters(look)).because();

  it('tests what Patroni says of the cluster', () => {
    expect(because('{ leader: pg1, system-id: "7000", paused: false }')).toBe('pass');
    expect(because('{ leader: { not: pg1 } }')).toMatchObject({
      verdict: 'fail',
      message: 'expected leader: not pg1; observed leader: pg1',
    });
    expect(because('{ paused: true }')).toMatchObject({ verdict: 'fail' });
    expect(because('{ leader: { absent: true } }', leaderless)).toBe('pass');
    expect(because('{ leader: { not: pg1 } }', leaderless)).toMatchObject({ verdict: 'fail' });
  });

  it('tests each member that a selector means', () => {
    expect(because('{ members: { replicas: streaming } }')).toBe('pass');
    expect(because('{ members: { members: streaming } }')).toMatchObject({
      verdict: 'fail',
      message: expect.stringContaining('members pg1 state'),
    });
    expect(because('{ members: { pg1: { role: unreachable }, pg3: { state: streaming, lag: { max: 0 } } } }', failedOver)).toBe('pass');
  });

  it('knows of a pending restart only what a Patroni says', () => {
    const pending = {
      ...failedOver,
      members: { ...failedOver.members, pg3: { ...failedOver.members.pg3, pendingRestart: true } },
    } as typeof healthy;
    expect(because('{ members: { pg3: { pending-restart: true }, pg2: { pending-restart: false } } }', pending)).toBe('pass');
    expect(because('{ members: { pg2: { pending-restart: true } } }', pending)).toMatchObject({
      verdict: 'fail',
      message: 'expected pg2 pending-restart: true; observed pg2 pending-restart: false',
    });
    // It does not answer.
    expect(because('{ members: { pg1: { pending-restart: false } } }', pending)).toMatchObject({ verdict: 'fail' });
  });

  it('is false where a selector means nobody', () => {
    expect(because('{ members: { replicas: streaming } }', leaderless)).toMatchObject({
      verdict: 'fail',
      message: expect.stringContaining('nobody leads, so nobody is a replica (pg1 unreachable, pg2 replica'),
    });
    expect(because('{ members: { sync: streaming } }')).toMatchObject({
      verdict: 'fail',
      message: expect.stringContaining('synchronous standby'),
    });
  });

  it('resolves selectors anew at each look', () => {
    const plan = planOf('- expect: { cluster: { members: { replicas: streaming } } }\n  within: 2s');
    const streaming = { role: 'replica', state: 'streaming' } as const;
    const stopped = { ...healthy, members: { ...healthy.members, pg3: { role: 'replica', state: 'stopped' } } } as const;
    const moved = {
      ...healthy,
      leader: 'pg3',
      members: { pg1: streaming, pg2: streaming, pg3: { role: 'leader', state: 'running' } },
    } as const;
    expect(new Run(plan).start('s1').cluster(stopped).at(1).cluster(moved).end('s1').complete().because()).toBe('pass');
  });

  it('compares with what was recorded', () => {
    const mark = (run: Run) => run.mark('s1', 'before').at(0);
    expect(
      judged('{ cluster: { timeline: { above: "${before.timeline}" } } }', clusters(failedOver), mark, '- mark: before\n').because(),
    ).toBe('pass');
    expect(
      judged('{ cluster: { timeline: { above: "${before.timeline}" } } }', clusters(healthy), mark, '- mark: before\n').because(),
    ).toMatchObject({ verdict: 'fail' });
  });

  it('is unknown where a field that it refers to was not recorded', () => {
    const mark = (run: Run) => run.mark('s1', 'before').at(0);
    const run = judged('{ cluster: { leader: "${before.leader}" } }', clusters(healthy), mark, '- mark: before\n');
    expect(run.because()).toMatchObject({ verdict: 'unknown', reason: 'unbound' });
  });
});

describe('sql', () => {
  const ask = (claim: string, value: (host: string) => LookAnswer | { unknown: string }) =>
    judged(`{ sql: ${claim} }`, (request) =>
      request.kind === 'cluster' ? healthy : request.kind === 'sql' ? value(request.host) : { unknown: '?' },
    ).because();
  const answer = (value: string | number | boolean | null) => (host: string) => ({ kind: 'sql', host, value }) as const;

  it('is asked on the leader, or on each host that is named', () => {
    expect(ask('{ run: select 1, is: 1 }', (host) => answer(host === 'pg1' ? 1 : 0)(host))).toBe('pass');
    expect(ask('{ on: replicas, run: select 1, is: 1 }', answer(1))).toBe('pass');
    expect(ask('{ on: replicas, run: select 1, is: 1 }', (host) => answer(host === 'pg3' ? 0 : 1)(host))).toMatchObject({
      verdict: 'fail',
      message: expect.stringContaining('pg3'),
    });
  });

  it('meets nothing with no row, which is no value', () => {
    expect(ask('{ run: select 1, is: { not: 5 } }', answer(null))).toMatchObject({ verdict: 'fail' });
    expect(ask('{ run: select 1, is: { absent: true } }', answer(null))).toBe('pass');
  });

  it('waits no longer for a query that is misspelt', () => {
    const plan = planOf('- expect: { sql: { on: pg1, run: selct 1, is: 1 } }');
    const answered = (sqlstate: string) => {
      const live = createJudge(plan);
      const run = new Run(plan).start('s1').look('s1/sql/0@pg1', { kind: 'sql', host: 'pg1', value: null, sqlstate });
      for (const event of run.events) live.feed(event);
      return live.active()?.state;
    };
    expect(answered('42601')).toBe('failed');
    // A table may come yet.
    expect(answered('42P01')).toBe('waiting');
  });

  it('is false where several values are answered: which of them is meant?', () => {
    const rows = () => ({ kind: 'sql', host: 'pg1', value: [['1', '2']] }) as const;
    expect(ask('{ run: "select 1, 2", is: { not: 5 } }', rows)).toMatchObject({
      verdict: 'fail',
      message: expect.stringContaining('pg1 answered [["1","2"]]: more than one value'),
    });
  });

  it('is asked of a replica that streams, by `replica`', () => {
    const plan = planOf('- expect: { sql: { on: replica, run: select 1, is: 1 } }\n  within: 2s');
    const lagging = { ...healthy, members: { ...healthy.members, pg2: { role: 'replica', state: 'in archive recovery' } } } as const;
    const judge = createJudge(plan);
    for (const event of new Run(plan).start('s1').cluster(lagging).events) judge.feed(event);
    expect(judge.active()?.looks).toContainEqual({ key: 's1/sql/0@pg3', kind: 'sql', host: 'pg3', run: 'select 1' });
  });

  it('asks whom the look that began last names, whichever came last', () => {
    const run = new Run(planOf('- expect: { sql: { on: leader, run: select 1, is: 1 } }\n  within: 2s')).start('s1');
    run.at(1).cluster(healthy).cluster(leaderless, 900).look('s1/sql/0@pg1', answer(1)('pg1'));
    expect(run.end('s1').complete().because()).toBe('pass');
  });

  it('is false where the answer is an error, and unknown where there is none', () => {
    expect(ask('{ run: select 1, is: 1 }', (host) => ({ kind: 'sql', host, value: null, sqlstate: '42P01' }))).toMatchObject({
      verdict: 'fail',
      message: expect.stringMatching(/42P01$/),
    });
    const message = 'relation "ledger" does not exist';
    expect(ask('{ run: select 1, is: 1 }', (host) => ({ kind: 'sql', host, value: null, sqlstate: '42P01', message }))).toMatchObject({
      message: expect.stringContaining(`answered with SQLSTATE 42P01: ${message}`),
    });
    expect(ask('{ run: select 1, is: 1 }', () => ({ unknown: 'refused' }))).toMatchObject({ verdict: 'unknown', reason: 'cannot-observe' });
  });
});

describe('file', () => {
  const ask = (claim: string, count: number, text?: string) =>
    judged(`{ file: ${claim} }`, (request) =>
      request.kind === 'file' ? { kind: 'file', host: request.host, count, ...(text === undefined ? {} : { text }) } : { unknown: '?' },
    ).because();

  it('counts files, or tests the text of the only one', () => {
    expect(ask('{ on: pg1, path: /a/*, count: 2 }', 2)).toBe('pass');
    expect(ask('{ on: pg1, path: /a/*, count: 2 }', 1)).toMatchObject({ verdict: 'fail' });
    expect(ask('{ on: pg1, path: /a/b, text: { matches: recovery_target } }', 1, 'recovery_target = now')).toBe('pass');
    expect(ask('{ on: pg1, path: /a/b, text: { not: { x: 1 } } }', 0)).toMatchObject({ verdict: 'fail' });
  });

  it('counts none only where they could be', () => {
    const none = (noFolder: boolean) =>
      judged('{ file: { on: pg1, path: /a/b/*, count: 0 } }', (request) =>
        request.kind === 'file' ? { kind: 'file', host: request.host, count: 0, ...(noFolder ? { noFolder } : {}) } : { unknown: '?' },
      ).because();
    expect(none(false)).toBe('pass');
    expect(none(true)).toMatchObject({ verdict: 'fail', message: expect.stringContaining('files /a/b/* on pg1: no folder for them') });
  });
});

describe('dcs', () => {
  const ask = (claim: string, values: Record<string, Value>) => judged(`{ dcs: ${claim} }`, () => ({ kind: 'dcs', values })).because();

  it('tests keys, one that is not there having no value', () => {
    expect(ask('{ initialize: "7000" }', { initialize: '7000' })).toBe('pass');
    expect(ask('{ initialize: { absent: true } }', { initialize: null })).toBe('pass');
    expect(ask('{ initialize: { not: "7000" } }', { initialize: null })).toMatchObject({ verdict: 'fail' });
  });

  it('tests fields of the JSON that a key holds', () => {
    const values = { status: { optime: 67108960, slots: { pg2: 1 } }, leader: 'pg1' };
    expect(ask('{ status.optime: { min: 67108960 }, status.slots.pg2: 1, leader: pg1 }', values)).toBe('pass');
    expect(ask('{ status.optime: { min: 67108961 } }', values)).toMatchObject({
      verdict: 'fail',
      message: 'expected status.optime: at least 67108961; observed status.optime: 67108960',
    });
    expect(ask('{ status.retain: { absent: true }, leader.name: { absent: true } }', values)).toBe('pass');
    expect(ask('{ leader.name: { not: pg2 } }', values)).toMatchObject({ verdict: 'fail' });
  });

  it('tests the key of a member that a mark names', () => {
    const plan = planOf(
      '- mark: cut\n- expect: { dcs: { "members/${cut.leader}": { absent: true }, "members/${cut.replica}.state": running } }',
    );
    const values = { 'members/pg1': null, 'members/pg2': { state: 'running' } };
    const run = new Run(plan)
      .start('s1')
      .end('s1', { fields: { leader: 'pg1', replica: 'pg2' } })
      .start('s2');
    expect(run.look('s2/dcs/0', { kind: 'dcs', values }).end('s2').complete().because()).toBe('pass');
  });
});

describe('repo', () => {
  const look = (more: Partial<RepoLook> = {}): RepoLook => ({
    kind: 'repo',
    stanza: 'demo',
    status: 'ok',
    backups: [
      { label: 'B', type: 'incr', error: false, start: lsn('0/4000'), stop: lsn('0/5000'), ended: 20 },
      { label: 'A', type: 'full', error: false, start: lsn('0/2000'), stop: lsn('0/3000'), ended: 10 },
    ],
    archiveMax: { '18-1': '000000010000000000000004' },
    segments: {},
    ...more,
  });
  const ask = (claim: string, segments: Record<string, boolean> = {}) =>
    judged(
      `{ repo: ${claim} }`,
      (request) =>
        request.kind === 'cluster'
          ? { ...healthy, members: { ...healthy.members, pg1: { role: 'leader', state: 'running', timeline: 1, lsn: lsn('0/5000028') } } }
          : look({ segments }),
      (run) => run.mark('s1', 'cut', { wal: '000000010000000000000005' }).at(0),
      '- mark: cut\n',
    ).because();

  it('tests backups, and of the newest its type, label and error', () => {
    expect(ask('{ backups: 2, last: { type: incr, label: B, error: false } }')).toBe('pass');
    expect(ask('{ last: { type: full } }')).toMatchObject({ verdict: 'fail' });
  });

  it("wants the segment of a mark's row in the archive", () => {
    expect(ask('{ archived: cut }', { '000000010000000000000005': true })).toBe('pass');
    expect(ask('{ archived: cut }', { '000000010000000000000005': false })).toMatchObject({
      verdict: 'fail',
      message: expect.stringContaining('18-1 has up to 000000010000000000000004'),
    });
    expect(ask('{ archived: cut }', {})).toMatchObject({ verdict: 'unknown' });
  });

  it('takes now for where the leader was when it was first seen', () => {
    expect(ask('{ archived: now }', { '000000010000000000000005': true })).toBe('pass');
  });

  it('names segments as PostgreSQL does', () => {
    expect(walSegment(1, lsn('0/5000028'))).toBe('000000010000000000000005');
    expect(walSegment(10, lsn('2/FF000000'))).toBe('0000000A00000002000000FF');
    expect(walSegment(1, lsn('0/6000000'), true)).toBe('000000010000000000000005');
    expect(walSegment(1, lsn('0/6000000'))).toBe('000000010000000000000006');
  });
});

describe('value', () => {
  const steps =
    '- exec: { on: repo, run: sums }\n  as: before\n- exec: { on: repo, run: sums }\n  as: after\n- expect: { value: { "${after.stdout}": "${before.stdout}" } }';
  const sums = (after: string) =>
    new Run(planOf(steps))
      .did('s1', { exit: 0, stdout: 'a\n' })
      .did('s2', { exit: 0, stdout: after })
      .start('s3')
      .at(0.1)
      .end('s3')
      .complete();

  it('compares what steps recorded, at once', () => {
    expect(sums('a').because()).toBe('pass');
    expect(sums('b')).toSatisfy((run: Run) => (run.because() as { verdict: string }).verdict === 'fail' && run.step('s3').waited === 0);
  });

  it('does not make a state fail before its deadline', () => {
    const beside = (fields: Record<string, Value>) =>
      new Run(planOf('- exec: { on: pg1, run: x }\n  as: x\n- expect: { value: { "${x.replica}": pg2 }, cluster: { leader: pg2 } }'))
        .did('s1', { exit: 0, fields })
        .start('s2')
        .at(1)
        .cluster()
        .end('s2')
        .complete()
        .because();
    expect(beside({})).toMatchObject({ verdict: 'unknown', reason: 'unbound' });
    expect(beside({ replica: 'pg3' })).toMatchObject({ verdict: 'fail', message: 'expected x.replica: pg2; observed x.replica: pg3' });
  });

  const background =
    '- exec: { on: pg1, run: sleep 5 }\n  as: x\n  background: true\n- expect: { value: { "${x.exit}": 0 } }\n  within: 10s';
  const waited = (ends: number | undefined, exit = 0) => {
    const run = new Run(planOf(background)).start('s1').start('s2');
    for (let second = 1; second <= 11; second += 1) {
      run.at(second).heartbeat();
      if (second === ends) return run.end('s1', { exit }).end('s2').complete();
    }
    return run.end('s2').complete();
  };

  it('can be that a background step has not ended', () => {
    const running = (test: string, ends: boolean, until = 1.1) => {
      const run = new Run(
        planOf(
          `- exec: { on: pg1, run: x }\n  as: x\n  background: true\n- expect: { value: { "\${x.exit}": ${test} } }\n- expect: { value: { "\${x.exit}": 0 } }`,
        ),
      );
      run.start('s1');
      if (ends) run.end('s1', { exit: 0 });
      run.at(1).start('s2');
      for (let second = 2; second < until; second += 1) run.at(second).heartbeat();
      run.at(until).end('s2');
      return (ends ? run : run.end('s1', { exit: 0 })).did('s3').complete().because();
    };
    expect(running('{ absent: true }', false)).toBe('pass');
    expect(running('{ absent: true }', true)).toMatchObject({ verdict: 'fail', message: 'expected x.exit: absent; observed x.exit: 0' });
    // The step's time is 30 s.
    expect(running('{ absent: false }', false, 31)).toMatchObject({ reason: 'background-unjoined', step: 's2' });
    expect(running('null', false, 31)).toMatchObject({ reason: 'background-unjoined', step: 's2' });
  });

  it('waits for a background step to end', () => {
    expect(waited(5).because()).toBe('pass');
    expect(waited(undefined).because()).toMatchObject({ verdict: 'unknown', reason: 'background-unjoined', step: 's2' });
  });
});
