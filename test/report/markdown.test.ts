import { describe, expect, it } from 'vitest';
import { commandsByHand } from '../../lab/report/by-hand.ts';
import { configurationChanges } from '../../lab/report/configuration-changes.ts';
import { commentLimit, type ReportedRun, renderMarkdown } from '../../lab/report/markdown.ts';
import { renderSummary } from '../../lab/report/summary.ts';
import { judge } from '../../lab/verdict/judge.ts';
import { storedRun, storedRuns } from '../histories.ts';
import { planOf, Run, scenarioText } from '../verdict/a-run.ts';

function stored(name: string, source = 'scenario: x\n'): ReportedRun {
  const { plan, history, rows } = storedRun(name);
  return { plan, history, source, verdict: judge(plan, history, rows) };
}

function reported(run: Run, source = ''): ReportedRun {
  return { plan: run.plan, history: run.events, verdict: run.verdict(), source };
}

describe('the comment', () => {
  it('has what happened, why, the versions, the topology, the steps and the scenario', () => {
    const text = renderMarkdown([stored('fallback-unwanted-no-backup-yet')]);
    expect(text).toMatch(/^### ❌ fallback-unwanted \(no-backup-yet\): fail\n/);
    expect(text).toContain(
      '\nwhy: pg2 was built by basebackup because the method before it, pgbackrest, exited 75: there is no backup yet\n',
    );
    expect(text).toContain('✗ patroni: replica has been created using pgbackrest');
    expect(text).toContain('nearest: pg2 patroni: replica has been created using basebackup');
    expect(text).toContain(
      'What is known of it: <https://patroni.readthedocs.io/en/latest/replica_bootstrap.html#building-replicas>; CrunchyData/postgres-operator#4117.',
    );
    expect(text).toContain('**Versions** PostgreSQL 18.6; Patroni 4.1.5; pgBackRest 2.60.0; etcd 3.5.30.');
    expect(text).toContain('**Topology** preset one-node; etcd on etcd1; cluster main on pg1, pg2; repository on repo.');
    expect(text).toContain('\npg1$ patronictl reinit demo pg2 --force\n');
    expect(text).toContain('| ❌ | rebuilt |');
    expect(text).toContain('```yaml\nscenario: x');
  });

  it('shows a symptom that passed by the lines and figures that were seen', () => {
    const text = renderMarkdown([stored('standby-rebuild-pgbackrest')]);
    expect(text).toContain('<summary>Expected and observed</summary>');
    expect(text).toMatch(
      / {2}✓ postgres: started streaming WAL from primary at\n {4}pg2 postgres: started streaming WAL from primary at \S+ on timeline 1 \+/,
    );
    expect(text).toMatch(/ {2}✓ pg2 lost: 0 \(of all acknowledged\)\n {4}observed pg2 lost: 0/);
  });

  it('says of lines that the whole run forbids whether they were looked for', () => {
    const head = 'forbid: [{ patroni: fell over }, { patroni: fell down, when: { patroni: "<4" } }]';
    const text = renderMarkdown([reported(new Run(planOf('- start: pg1', { head })).did('s1').complete())]);
    expect(text).toMatch(
      /in the whole run\n {2}✓ never patroni: fell over\n {4}never patroni: fell down \(skipped: patroni on \S+ is .*, not <4\)/,
    );
  });

  it('has a line for every variant where several were replayed, and the setting once', () => {
    const text = renderMarkdown([stored('fallback-unwanted-no-backup-yet'), stored('fallback-unwanted-mutant')]);
    expect(text).toMatch(/^### ❌ fallback-unwanted: fail\n/);
    expect(text).toMatch(/\| ❌ \| no-backup-yet \| fail \| 42\.0 s \| .*why: pg2 was built by basebackup/);
    expect(text).toMatch(/\| ✅ \| mutant \| pass \| .* failed at "rebuilt", as it must; why: pg2 cannot be built/);
    expect(text.match(/\*\*Versions\*\*/g)).toHaveLength(1);
    expect(text.match(/<summary>Scenario</g)).toHaveLength(1);
  });

  it('says what was written, and for how long nothing could be', () => {
    expect(renderMarkdown([stored('failover-then-backup-rewind')])).toMatch(
      /\nThe workload wrote \d+ rows: \d+ acknowledged, \d+ without an answer, \d+ refused\. The longest time without an acknowledged row was \d+\.\d s, from \d+\.\d s after the run's start on\.\n/,
    );
  });

  it('names hosts where versions differ', () => {
    const run = new Run(planOf('- start: pg1'), { versions: { pg1: { pgbackrest: '2.60.0' }, repo: { pgbackrest: '2.55.1' } } });
    expect(renderMarkdown([reported(run.did('s1').complete())])).toContain('pgBackRest 2.60.0 on pg1 and 2.55.1 on repo');
  });

  it('always fits, and says what it left out', () => {
    const wanted = Array.from({ length: 120 }, (_, n) => `        - patroni: something that nobody said, number ${n} ${'x'.repeat(100)}`);
    const steps = `- start: pg1\n- expect:\n    log:\n      on: pg1\n      lines:\n${wanted.join('\n')}\n  within: 2s`;
    const run = new Run(planOf(steps)).did('s1').start('s2');
    for (let n = 0; n < 120; n += 1) run.log('pg1', 'patroni', `something that somebody said, number ${n} ${'y'.repeat(1000)}`);
    const huge = reported(
      run
        .steadily(2.1, (now) => now.cluster())
        .read()
        .end('s2')
        .complete(),
      scenarioText(steps).repeat(3),
    );
    const text = renderMarkdown([huge, huge, huge]);
    expect(text.length).toBeLessThan(commentLimit);
    expect(text).toContain('**Versions**');
    expect(text).toMatch(/… \d+ more lines/);
    expect(text).toMatch(/\d+ parts? (is|are) left out/);
    // A fence or a details that was cut would swallow what follows.
    expect(text.match(/^```/gm)?.length ?? 0).toSatisfy((count: number) => count % 2 === 0);
    expect(text.match(/<details>/g)?.length).toBe(text.match(/<\/details>/g)?.length);
  });

  it('is not broken by what a program printed, and calls nobody', () => {
    const nasty = '```\n# @everyone see #123, octo/repo#45 and GH-7 | <b> </details> *x*';
    const run = new Run(planOf('- exec: { on: pg1, run: x }\n- start: pg1')).did('s1', { exit: 1, stderr: nasty }).complete();
    const text = renderMarkdown([reported(run)]);
    expect(text).toContain('````text');
    const outside = text.replace(/(`{3,}).*?\n\1/gs, '');
    expect(outside).toContain('everyone');
    expect(outside).not.toMatch(/@everyone|#123|#45|GH-7/);
    expect(outside).not.toMatch(/\| .*<b>/);
    expect(outside.match(/<details>/g)?.length).toBe(outside.match(/(?<!\\)<\/details>/g)?.length);
    const row = outside.split('\n').find((line) => line.includes('everyone')) ?? '';
    expect(row.match(/(?<!\\)\|/g)).toHaveLength(5);
  });

  it.each(storedRuns)('fits for %s', (name) => {
    expect(renderMarkdown([stored(name)]).length).toBeLessThan(commentLimit);
  });
});

describe('the steps by hand', () => {
  const commands = (name: string) => {
    const { plan, history } = storedRun(name);
    return commandsByHand(plan, history);
  };

  it('are commands with their hosts and values', () => {
    expect(commands('pitr-keeps-its-target-mutant')).toEqual(
      expect.arrayContaining([
        'repo$ pgbackrest --stanza=demo backup --type=full',
        'pg1$ psql -c "select pg_switch_wal()"',
        '# patroni.yml on pg1:',
        '#       command: pgbackrest restore --stanza=demo --type=lsn --target="0/3005B78"',
        '#       keep_existing_recovery_conf: false',
        'pg1$ systemctl stop patroni',
        'pg1$ rm -rf "$PGDATA"/* /var/spool/pgbackrest/*',
        'pg1$ patronictl remove demo <<< "demo\nYes I am aware"',
      ]),
    );
    expect(commands('failover-then-backup-mutant')).toContain('$ docker kill pg1');
    expect(commands('version-skew-mutant')).toContain('s1$ pgbackrest --stanza=demo restore');
  });

  it.each(storedRuns)('of %s leave nothing unbound', (name) => {
    expect(
      commands(name)
        .filter((line) => !line.startsWith('#'))
        .join('\n'),
    ).not.toContain('${');
  });
});

describe('the configuration', () => {
  it("is what differs from the preset, in each file's own format", () => {
    const changes = configurationChanges({
      preset: 'one-node',
      dcs: { synchronous_mode: true },
      clusters: { main: { members: ['pg1', 'pg2'], patroni: { postgresql: { use_unix_socket: true } } } },
      hosts: { repo: { pgbackrest: { global: { 'io-timeout': 10, 'backup-standby': true }, demo: { 'pg2-host': null } } } },
    });
    expect(changes).toEqual([
      { file: 'dynamic configuration (patronictl edit-config)', text: 'synchronous_mode: true' },
      { file: 'patroni.yml', host: 'the members of main', text: 'postgresql:\n  use_unix_socket: true' },
      { file: 'pgbackrest.conf', host: 'repo', text: '[global]\nio-timeout=10\nbackup-standby=y\n[demo]\n# no pg2-host' },
    ]);
  });
});

describe('the job summary', () => {
  const failing = stored('fallback-unwanted-no-backup-yet');
  const passing = stored('standby-rebuild-pgbackrest');

  it('has every verdict, what failed first, and a report on it', () => {
    const text = renderSummary([passing.verdict, failing.verdict], [failing]);
    expect(text).toMatch(/^## pglab: 1 pass, 1 fail\n/);
    expect(text.indexOf('fallback-unwanted')).toBeLessThan(text.indexOf('standby-rebuild'));
    expect(text).toContain('### ❌ fallback-unwanted (no-backup-yet): fail');
  });

  it('keeps within its bytes, and says what it left out', () => {
    const text = renderSummary(Array(50).fill(failing.verdict), Array(50).fill(failing), 40_000);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(40_000);
    expect(text).toMatch(/_\d+ of 100 parts are left out/);
  });
});
