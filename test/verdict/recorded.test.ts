import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LedgerRow } from '../../lab/core/event.ts';
import { createJudge, judge } from '../../lab/verdict/judge.ts';
import type { Finding, StepOutcome } from '../../lab/verdict/verdict.ts';
import { rules } from '../../lab/verdict/why/rules.ts';
import { createWhy } from '../../lab/verdict/why/why.ts';
import { storedRun, storedRuns } from '../histories.ts';

interface Shown {
  readonly verdict: object;
  /** The rules that name its cause; every other rule keeps silent. */
  readonly causes?: readonly string[];
}

const failed = (stepName?: string) => ({ verdict: 'fail', ...(stepName === undefined ? {} : { because: { stepName } }) });
const mutant = (name: string) => ({ verdict: 'pass', because: { stepName: name }, mutant: { failedAt: { name } } });

/** What each showed. */
const shown: Readonly<Record<string, Shown>> = {
  'standby-rebuild-pgbackrest': { verdict: { verdict: 'pass' } },
  'pitr-keeps-its-target-remedy': { verdict: { verdict: 'pass' } },
  'pitr-keeps-its-target-mutant': {
    verdict: { verdict: 'pass', because: { stepName: 'kept', reason: 'expectation-false' }, mutant: { failedAt: { name: 'kept' } } },
    causes: ['target-stripped'],
  },
  'standby-rebuild-fallback-mutant': { verdict: mutant('rebuilt'), causes: ['no-backup-yet'] },
  'watchdog-required-automatic': { verdict: { verdict: 'fail', because: { stepName: 'elected', reason: 'expectation-false' } } },
  'failover-then-backup-rewind': { verdict: { verdict: 'unknown', because: { reason: 'unproven' } } },
  // Replayed so that they fail, each for its own cause.
  'restore-test-talk': { verdict: { verdict: 'pass' } },
  'pgbackrest-270-remedy': { verdict: { verdict: 'pass' } },
  'version-skew-mutant': { verdict: mutant('archived'), causes: ['versions-differ'] },
  'pgbackrest-270-mutant': { verdict: mutant('archived'), causes: ['stop-file'] },
  'pgbackrest-1391-mutant': { verdict: mutant('again'), causes: ['stanza-of-another-cluster'] },
  'no-stanza-mutant': { verdict: mutant('backup'), causes: ['no-stanza'] },
  'pgbackrest-2434-mutant': { verdict: mutant('archived'), causes: ['database-host-taken-for-remote'] },
  'repo-trouble-host-down': { verdict: mutant('archived'), causes: ['repository-unreachable'] },
  'repo-trouble-full-disk': { verdict: mutant('archived'), causes: ['repository-full'] },
  'switchover-then-backup-mutant': { verdict: mutant('next'), causes: ['no-primary-in-its-configuration'] },
  'standby-backup-after-failover-mutant': { verdict: mutant('after'), causes: ['no-primary-in-its-configuration'] },
  'archive-outage-mutant': { verdict: mutant('nothing-lost'), causes: ['segments-dropped'] },
  'restore-test-mutant': { verdict: mutant('untouched'), causes: ['restored-server-archives'] },
  'type-immediate-replays-wal-mutant': { verdict: mutant('at-the-backup'), causes: ['target-stripped'] },
  'restored-by-hand-symptom': { verdict: failed(), causes: ['restored-by-hand-under-patroni'] },
  'patroni-2569-mutant': { verdict: mutant('recovered'), causes: ['no-target-action'] },
  'pitr-paused-paused': { verdict: mutant('recovered'), causes: ['paused-at-target'] },
  'pitr-missed-name': { verdict: mutant('recovered'), causes: ['target-not-in-the-archive'] },
  'pitr-missed-time': { verdict: mutant('recovered'), causes: ['no-backup-before-the-target'] },
  'pitr-earlier-timeline-mutant': { verdict: mutant('exact'), causes: ['followed-another-timeline'] },
  'cluster-from-backup-mutant': { verdict: mutant('bootstrapped'), causes: ['made-anew-by-initdb'] },
  'stale-member-key-left': { verdict: mutant('led'), causes: ['initialize-key-left'] },
  'stale-member-stale': { verdict: mutant('joined'), causes: ['member-of-another-cluster'] },
  'fallback-unwanted-no-backup-yet': { verdict: failed('rebuilt'), causes: ['no-backup-yet'] },
  'fallback-unwanted-mutant': { verdict: mutant('rebuilt'), causes: ['no-backup-yet'] },
  'standby-rebuild-mutant': { verdict: mutant('rebuilt'), causes: ['pgbackrest-is-no-replica-method'] },
  'failover-then-backup-mutant': { verdict: mutant('rejoined'), causes: ['diverged-without-rewind'] },
  'wal-removed-mutant': { verdict: mutant('back'), causes: ['wal-removed'] },
  'slot-invalidated-mutant': { verdict: mutant('back'), causes: ['slot-invalidated'] },
  'push-fails-mutant': { verdict: mutant('archived'), causes: ['archive-push-fails'] },
  'watchdog-required-mutant': { verdict: mutant('elected'), causes: ['watchdog-required'] },
  'etcd-v2-mutant': { verdict: mutant('elected'), causes: ['etcd-v2-api'] },
  'crash-restart-hang-mutant': { verdict: mutant('back'), causes: ['crash-restart-hangs'] },
  'dcs-outage-mutant': { verdict: mutant('kept'), causes: ['demoted-without-dcs'] },
  'split-off-leader-mutant': { verdict: mutant('nothing-lost'), causes: ['asynchronous-loss'] },
};

describe('recorded runs', () => {
  it('are all named here', () => {
    expect(storedRuns).toEqual(Object.keys(shown).sort());
  });

  it.each(Object.entries(shown))('%s', (name, { verdict, causes }) => {
    const { plan, history, rows } = storedRun(name);
    const judged = judge(plan, history, rows);
    expect(judged).toMatchObject(verdict);
    expect(judged.causes?.map((cause) => cause.rule)).toEqual(causes);
    // What a cause is shown by was logged, and before anything failed.
    for (const line of judged.causes?.flatMap((cause) => cause.lines) ?? []) {
      expect(history[line.seq]).toMatchObject({ type: 'log', text: line.text, host: line.host });
      expect(line.at).toBeLessThanOrEqual(judged.because?.at ?? 0);
    }
  });

  it.each(Object.keys(shown))('%s names no cause where something else failed', (name) => {
    const { plan, history } = storedRun(name);
    const why = createWhy();
    for (const event of history) why.feed(event);
    const place = { file: plan.file, line: 1, column: 1, endLine: 1 };
    const clause = { kind: 'sql', title: 'sql select count(*) from accounts', place, state: 'false', looks: [] } as const;
    const step: StepOutcome = {
      id: 's1',
      verb: 'expect',
      title: 'expect sql',
      place,
      state: 'failed',
      clauses: [{ ...clause, expected: ['5 on pg1'], observed: ['pg1 answered 4'], states: ['false'] }],
    };
    const finding: Finding = {
      verdict: 'fail',
      reason: 'expectation-false',
      message: 'expected 5; observed 4',
      at: Number.POSITIVE_INFINITY,
      step: 's1',
    };
    expect(why.causes(finding, step, () => [])).toEqual([]);
  });

  it('show every rule at work', () => {
    expect(new Set(Object.values(shown).flatMap(({ causes }) => causes ?? []))).toEqual(new Set(rules.map((rule) => rule.name)));
  });

  it.each(rules.map((rule) => [rule.name, rule.source]))('%s says where that is known from', (_, source) => {
    expect(source).toMatch(/https:\/\/|\w+\/\w+#\d+/);
  });

  it.each(Object.keys(shown))('%s is judged the same live, rows coming as they settle', (name) => {
    const { plan, history, rows } = storedRun(name);
    const live = createJudge(plan);
    const waiting = rows.toSorted((a, b) => (a.settled ?? 0) - (b.settled ?? 0));
    for (const event of history) {
      while (waiting[0] && (waiting[0].settled ?? 0) <= event.at) live.feedRow(waiting.shift() as LedgerRow);
      live.feed(event);
      live.active();
    }
    for (const row of waiting) live.feedRow(row);
    expect(live.end()).toEqual(judge(plan, history, rows));
  });

  it.each(Object.keys(shown))('%s passes in no part of its history', (name) => {
    const { plan, history, rows } = storedRun(name);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: history.length - 1 }), (length) => {
        expect(judge(plan, history.slice(0, length), rows).verdict).not.toBe('pass');
      }),
      { numRuns: 15 },
    );
  });

  it.each([
    [
      'pitr-keeps-its-target-mutant',
      'the target was there after the restore (--type=lsn --target="0/3005B78") and gone after Patroni wrote postgresql.auto.conf, so that PostgreSQL replayed all of the archive: keep_existing_recovery_conf is not true',
    ],
    [
      'fallback-unwanted-no-backup-yet',
      'pg2 was built by basebackup because the method before it, pgbackrest, exited 75: there is no backup yet',
    ],
    ['pitr-earlier-timeline-mutant', 'add --target-timeline=1'],
    ['split-off-leader-mutant', 'replication to it was asynchronous just then'],
  ])('%s says why', (name, message) => {
    const { plan, history, rows } = storedRun(name);
    expect(judge(plan, history, rows).causes?.[0]?.message).toContain(message);
  });

  it('name the event that met each expected line', () => {
    const { plan, history, rows } = storedRun('standby-rebuild-pgbackrest');
    const rebuilt = judge(plan, history, rows).steps.find((step) => step.name === 'rebuilt');
    const met = rebuilt?.clauses?.flatMap((clause) => clause.lines ?? []).filter((line) => line.role === 'expected') ?? [];
    expect(met.length).toBeGreaterThan(8);
    for (const line of met) expect(history[line.by?.seq ?? -1]).toMatchObject({ type: 'log', text: line.by?.text });
    const times = met.map((line) => line.by?.at ?? 0);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });
});
