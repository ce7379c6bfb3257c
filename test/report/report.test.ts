import { describe, expect, it } from 'vitest';
import { renderJunit } from '../../lab/report/junit.ts';
import { renderText } from '../../lab/report/text.ts';
import { judge } from '../../lab/verdict/judge.ts';
import type { Verdict } from '../../lab/verdict/verdict.ts';
import { storedRun } from '../histories.ts';
import { failedOver, planOf, Run, scenarioText } from '../verdict/a-run.ts';

const steps = `- start: pg2
  as: rebuild
- expect:
    log:
      on: pg2
      lines:
        - patroni: Leaving data directory uncleaned
        - patroni: replica has been created using pgbackrest
      never: [{ patroni: giving up }]
    cluster: { members: { pg2: streaming } }
  within: 5s
  as: rebuilt`;
const variants = 'plain: {}\nmutant: { must-fail: rebuilt }';
const source = scenarioText(steps, { variants });

function fallback(variant = 'plain'): Verdict {
  const run = new Run(planOf(steps, { variants, variant })).at(1).did('s1').at(2).start('s2');
  run
    .at(3)
    .log('pg2', 'patroni', 'Leaving data directory uncleaned')
    .at(4)
    .log('pg2', 'patroni', 'replica has been created using basebackup');
  return run
    .steadily(7.1, (now) => now.cluster())
    .read()
    .end('s2')
    .complete()
    .verdict();
}
const passing = (): Verdict =>
  new Run(planOf('- expect: { cluster: { leader: pg1 } }')).start('s1').at(1).cluster().end('s1').complete().verdict();
const unsupported = (): Verdict =>
  new Run(planOf('- start: pg1')).add({ type: 'run-ended', reason: 'cut-short', unsupported: ['latency'] }).verdict();

describe('the text', () => {
  it('says what was expected and observed, how long it waited, the nearest lines and the place', () => {
    expect(renderText(fallback(), { source })).toMatchInlineSnapshot(`
      "FAIL test (plain)  7.1 s
        Something.
        ✗ rebuilt: line 2 of 2 was not logged: patroni: replica has been created using pgbackrest
          why: pg2 was built by basebackup, and no restore was tried: pgbackrest is not in create_replica_methods, or reinit was told --from-leader
              pg2 patroni: replica has been created using basebackup +2.0 s
              see https://patroni.readthedocs.io/en/latest/replica_bootstrap.html#building-replicas (rule pgbackrest-is-no-replica-method)
          log: 2 log lines, 1 line that must not be on pg2
            ✓ patroni: Leaving data directory uncleaned  pg2 +1.0 s
            ✗ patroni: replica has been created using pgbackrest
              nearest: pg2 patroni: replica has been created using basebackup +2.0 s
            ✓ never patroni: giving up
          cluster: pg2 streaming
            ✓ pg2 state: streaming
          waited 5.0 s
          at scenarios/test.yaml:13:13
              12 |           - patroni: Leaving data directory uncleaned
            > 13 |           - patroni: replica has been created using pgbackrest"
    `);
  });

  it('is one line where it passed, and says where a mutant failed', () => {
    expect(renderText(passing())).toBe('PASS test (plain)  1.0 s');
    expect(renderText(fallback('mutant')).split('\n')[0]).toBe('PASS test (mutant): failed at "rebuilt", as it must  7.1 s');
    expect(renderText(unsupported())).toContain('UNKNOWN test (plain): this machine lacks latency');
  });

  it('says why, also of a mutant that failed as it must', () => {
    const judged = (name: string) => {
      const { plan, history, rows } = storedRun(name);
      return renderText(judge(plan, history, rows));
    };
    expect(judged('fallback-unwanted-no-backup-yet').split('\n').slice(2, 8)).toEqual([
      '  ✗ rebuilt: line 6 of 9 was not logged: patroni: replica has been created using pgbackrest',
      '    why: pg2 was built by basebackup because the method before it, pgbackrest, exited 75: there is no backup yet',
      '        pg2 pgbackrest: [075]: no backup set found to restore +0.9 s',
      '        pg2 patroni: Error creating replica using method pgbackrest: pgbackrest restore --stanza=demo --delta --type=preserve exited with code=75 +0.9 s',
      '        pg2 patroni: replica has been created using basebackup +3.3 s',
      expect.stringContaining('(rule no-backup-yet)'),
    ]);
    expect(judged('pgbackrest-270-mutant')).toMatch(
      /^PASS .*failed at "archived", as it must.*\n {2}why: pgBackRest was stopped and not started again/,
    );
  });

  it('says what a mutant fell short of, where no cause is known', () => {
    const verdict = fallback('mutant');
    expect(
      renderText({ ...verdict, causes: [] })
        .split('\n')
        .slice(1),
    ).toEqual([`  ${verdict.because?.message}`]);
    expect(verdict.because?.message).toMatch(/^line \d of \d was not logged/);
  });

  it('paints with the colours that it is given', () => {
    const mark = (name: string) => (text: string) => `<${name}>${text}</${name}>`;
    const paint = { bold: mark('b'), dim: mark('d'), red: mark('r'), green: mark('g'), yellow: mark('y') };
    const text = renderText(fallback(), { paint, source });
    expect(text).toContain('<r>FAIL</r> <b>test</b> (plain)');
    expect(text).toContain('<g>✓</g> patroni: Leaving data directory uncleaned');
    expect(text).toContain('<r>✗</r> patroni: replica has been created using pgbackrest');
  });

  it('shows each claim of a state as it stands', () => {
    const plan = planOf('- expect: { cluster: { leader: pg1, members: { pg3: streaming } } }\n  within: 1s');
    const text = renderText(
      new Run(plan)
        .start('s1')
        .steadily(1.1, (now) => now.cluster(failedOver))
        .end('s1')
        .complete()
        .verdict(),
    );
    expect(text).toContain('      ✗ expected leader: pg1\n        observed leader: pg2\n      ✓ pg3 state: streaming');
  });
});

describe('what programs printed', () => {
  const printed = (steps: string, ...outputs: readonly { stdout?: string; stderr?: string; exit?: number }[]) => {
    const run = new Run(planOf(`${steps}\n- expect: { cluster: { leader: pg2 } }\n  within: 1s`));
    for (const [index, output] of outputs.entries()) run.at(index / 100).did(`s${index + 1}`, { exit: 0, ...output });
    const last = `s${outputs.length + 1}`;
    const text = renderText(
      run
        .start(last)
        .steadily(1.1, (now) => now.cluster())
        .end(last)
        .complete()
        .verdict(),
    );
    return text.slice(text.indexOf('waited 1.0 s'), text.indexOf('    at '));
  };

  it('stands below an expectation that was not met after them', () => {
    const stdout = 'Current cluster topology\n+ Cluster: demo\n\n| pg1 | Leader |\nFailover failed, details: 503, Failover failed\n';
    const failover = '- patronictl: failover --candidate pg2 --force\n  as: failover';
    expect(printed(failover, { stdout, stderr: 'x'.repeat(400) })).toBe(
      `waited 1.0 s
    before, failover (patronictl failover --candidate pg2 --force) printed, exit code 0:
        + Cluster: demo
        | pg1 | Leader |
        Failover failed, details: 503, Failover failed
        ${'x'.repeat(299)}…
`,
    );
  });

  it('is of a program that failed as it was said to only where that is asked for', () => {
    const failing = (asked: string) =>
      new Run(planOf(`- exec: { on: pg1, run: x }\n  fails: [0, 3]\n  as: moon\n- expect: { value: { "${asked}": 0 } }`))
        .did('s1', { exit: 3, stderr: 'because of the moon\n' })
        .start('s2')
        .end('s2')
        .complete()
        .step('s2').printed;
    expect(failing('${moon.exit}')).toMatchObject([{ name: 'moon', exit: 3, lines: ['because of the moon'] }]);
    expect(failing('${cluster}')).toBeUndefined();
  });

  it('is of what ran since the expectation before, or since the step that its lines are to follow, or else of the last that ran', () => {
    const run = (name: string) => `- exec: { on: pg1, run: ${name} }\n  as: ${name}\n`;
    const told = (steps: string, ...outputs: Parameters<typeof printed>[1][]) =>
      [...printed(steps, ...outputs).matchAll(/before, (\w+)/g)].map(([, name]) => name);
    const out = { stdout: 'words' };
    const met = '- expect: { value: { "${one.exit}": 0 } }\n';
    expect(told(run('one') + met + run('two') + run('three'), out, {}, out, out)).toEqual(['two', 'three']);
    expect(told(run('one') + run('two') + met, out, out, {})).toEqual(['two']);
    expect(told(run('one') + run('two') + run('silent'), out, out, {})).toEqual(['one', 'two']);
    expect(told(run('one') + run('two') + run('three') + run('four'), out, out, out, out)).toEqual(['two', 'three', 'four']);
    const since = planOf(`${run('one')}${met}- expect: { log: { since: one, lines: [{ patroni: promoted }] } }\n  within: 1s`);
    const late = new Run(since).did('s1', { exit: 0, stdout: 'words' }).did('s2').start('s3').at(1.1).read().end('s3').complete();
    expect(late.step('s3').printed).toEqual([{ step: 's1', name: 'one', title: 'exec one on pg1', exit: 0, lines: ['words'] }]);
  });
});

describe('JUnit', () => {
  it('has a suite a scenario and a case a variant', () => {
    const xml = renderJunit([fallback(), fallback('mutant'), unsupported()], { sources: { 'scenarios/test.yaml': source } });
    expect(xml).toContain('<testsuites name="pglab" tests="3" failures="1" errors="0" skipped="1" time="14.200">');
    expect(xml).toContain('<testcase classname="test" name="mutant" file="scenarios/test.yaml"');
    expect(xml).toMatch(/<failure message="rebuilt: line 2 of 2 was not logged[^"]*" type="expectation-false">/);
    expect(xml).toContain('<skipped message="test: this machine lacks latency"/>');
    expect(renderJunit([unsupported()], { strict: true })).toContain('<error message=');
  });

  it('says why in the message, and where the evidence is', () => {
    const { plan, history, rows } = storedRun('fallback-unwanted-no-backup-yet');
    const xml = renderJunit([judge(plan, history, rows)], { runOf: () => ({ folder: '.lab/runs/x', seconds: 50.25 }) });
    expect(xml).toMatch(
      /<failure message="rebuilt: line 6 of 9 [^"]*; why: pg2 was built by basebackup because [^"]* exited 75: there is no backup yet"/,
    );
    expect(xml).toContain('time="50.250"');
    expect(xml).toContain('<system-out>run folder: .lab/runs/x</system-out>');
  });

  it('counts any other unknown as an error', () => {
    expect(renderJunit([new Run(planOf('- start: pg1')).verdict()])).toContain('errors="1"');
  });

  it('is XML whatever a program printed', () => {
    const run = new Run(planOf('- exec: { on: pg1, run: x }\n- start: pg1'))
      .did('s1', { exit: 1, stderr: '\u001b[31m<b> & "quoted"\u0000 \ud800' })
      .complete();
    const xml = renderJunit([run.verdict()]);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there.
    expect(xml).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ud800]/);
    expect(xml).toContain('&lt;b&gt; &amp; &quot;quoted&quot;');
  });
});
