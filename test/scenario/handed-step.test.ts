import { describe, expect, it } from 'vitest';
import { type Handed, handedStep } from '../../lab/scenario/handed-step.ts';

const exec = (on: string, ...argv: string[]): Handed => ({ verb: 'exec', on, argv, root: false, terminal: false });
const psql = (on: string, ...argv: string[]): Handed => ({ verb: 'psql', on, argv, root: false, terminal: false });
const asRoot = (handed: Handed): Handed => ({ ...handed, root: true });
const atTerminal = (handed: Handed): Handed => ({ ...handed, terminal: true });

describe('a command becomes the step that does the same', () => {
  it.each<[Handed, string, object]>([
    [exec('pg1', 'ls', '-l', '/tmp'), '', { exec: { on: 'pg1', run: 'ls -l /tmp' } }],
    [exec('pg1', 'echo', "it's", 'a b'), '', { exec: { on: 'pg1', run: "echo 'it'\\''s' 'a b'" } }],
    [exec('repo', 'sh', '-c', 'ls /x/* | wc -l'), '', { exec: { on: 'repo', run: 'ls /x/* | wc -l' } }],
    [exec('repo', 'bash', '-c', 'ls /x/*'), '', { exec: { on: 'repo', run: "bash -c 'ls /x/*'" } }],
    [exec('pg1', 'sh', '-c', 'echo ${HOME}'), '', { exec: { on: 'pg1', run: 'echo $${HOME}' } }],
    [exec('leader', 'patronictl', 'list'), '', { patronictl: { on: 'leader', run: 'list' } }],
    [exec('pg1', 'patronictl', '-c', '/etc/patroni/config.yml', 'list'), '', { patronictl: { on: 'pg1', run: 'list' } }],
    [exec('pg1', 'patronictl', '-c', '/tmp/mine.yml', 'list'), '', { exec: { on: 'pg1', run: 'patronictl -c /tmp/mine.yml list' } }],
    [exec('repo', 'pgbackrest', '--stanza=demo', 'backup'), '', { pgbackrest: { on: 'repo', run: 'backup', stanza: 'demo' } }],
    [exec('pg1', 'tee', '/tmp/x'), 'one\n', { exec: { on: 'pg1', run: 'tee /tmp/x', stdin: 'one\n' } }],
    [asRoot(exec('pg1', 'sv', 'stop', 'patroni')), '', { stop: { on: 'pg1', service: 'patroni' } }],
    [asRoot(exec('pg1', 'sh', '-c', 'rm -r /x/*')), '', { exec: { on: 'pg1', user: 'root', run: 'rm -r /x/*' } }],
    [asRoot(exec('pg1', 'tee', '/etc/x')), 'y\n', { exec: { on: 'pg1', user: 'root', run: 'tee /etc/x', stdin: 'y\n' } }],
    [
      asRoot(exec('pg1', 'pgbackrest', '--stanza=demo', 'info')),
      '',
      { exec: { on: 'pg1', user: 'root', run: 'pgbackrest --stanza=demo info' } },
    ],
    [psql('leader', '-c', 'select 1'), '', { sql: 'select 1' }],
    [psql('pg2', '-Atc', 'select 1'), '', { sql: { on: 'pg2', run: 'select 1' } }],
    [psql('leader', '-q', '--command=select 1'), '', { sql: 'select 1' }],
    [psql('leader', '-d', 'app', '-c', 'select 1'), '', { exec: { on: 'leader', run: "psql -d app -c 'select 1'" } }],
    [psql('leader', '-c', '\\dt'), '', { exec: { on: 'leader', run: "psql -c '\\dt'" } }],
    [psql('leader', '-f', '/tmp/x.sql'), 'not read', { exec: { on: 'leader', run: 'psql -f /tmp/x.sql' } }],
    [psql('leader'), 'insert into t values (1);\n', { sql: 'insert into t values (1)' }],
    [psql('leader', '-At'), 'select 1;\nselect 2;\n', { exec: { on: 'leader', run: 'psql -At', stdin: 'select 1;\nselect 2;\n' } }],
    [psql('leader'), '\\d t\n', { exec: { on: 'leader', run: 'psql', stdin: '\\d t\n' } }],
    [{ verb: 'snapshot', on: 'all', argv: ['broken'], root: false, terminal: false }, '', { snapshot: 'broken' }],
  ])('%j', (handed, input, step) => {
    expect(handedStep(handed, input)).toEqual({ ok: true, step });
  });

  it('with what somebody answered at a terminal, mistakes taken back', () => {
    const asked = atTerminal(exec('pg1', 'patronictl', 'switchover'));
    expect(handedStep(asked, '\rpg3\x7f2\ry\r\x04')).toEqual({
      ok: true,
      step: { patronictl: { on: 'pg1', run: 'switchover', stdin: '\npg2\ny\n' } },
    });
  });

  it('whatever was pressed in the pager', () => {
    expect(handedStep(atTerminal(psql('leader', '-c', 'table t')), '\x1b[Bq')).toEqual({ ok: true, step: { sql: 'table t' } });
  });

  it('of which the statements are not known before they were read', () => {
    expect(handedStep(psql('leader'))).toMatchObject({ ok: true, step: { sql: expect.any(String) } });
  });
});

describe('there is no step for', () => {
  it.each<[string, Handed, string, string]>([
    ['an open shell', atTerminal(exec('pg1', 'bash')), '', 'an open session is no step'],
    ['an open psql', atTerminal(psql('pg1')), '', 'an open psql is no step'],
    ['psql started by hand', atTerminal(exec('pg1', 'psql')), '', 'an open session is no step'],
    ['an open shell of root’s', asRoot(atTerminal(exec('pg1', 'bash'))), '', 'an open session is no step'],
    ['what somebody interrupted', atTerminal(exec('pg1', 'top')), 'h\x03', 'somebody interrupted it'],
    ['keys that draw', atTerminal(exec('pg1', 'vi')), '\x1b[A', 'its keys were more than text'],
    ['bytes', exec('pg1', 'cat'), '\uFFFD', 'its input was more than text'],
    ['a long input', exec('pg1', 'cat'), 'x'.repeat(20_001), 'too long for a scenario'],
    ['nothing at all', psql('leader'), ' \n', 'nothing was piped'],
  ])('%s', (_, handed, input, why) => {
    expect(handedStep(handed, input)).toEqual({ ok: false, why: expect.stringContaining(why) });
  });
});
