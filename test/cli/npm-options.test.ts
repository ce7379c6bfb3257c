import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { refuseSwallowed } from '../../lab/cli/npm-options.ts';

const asked =
  (env: Record<string, string>, { verb = 'down', script = 'down', words = [] as string[] } = {}) =>
  () => {
    const command = new Command(verb)
      .option('--name <name>')
      .option('--all')
      .option('--dry-run')
      .option('-f, --follow')
      .option('--replace');
    refuseSwallowed(command, words, { npm_lifecycle_event: `lab:${script}`, ...env });
  };

describe('an option that npm kept to itself', () => {
  it.each([
    ['a word', { npm_config_name: 'other' }, '--name'],
    ['a flag', { npm_config_all: 'true' }, '--all'],
    ['a flag of two words', { npm_config_dry_run: 'true' }, '--dry-run'],
    ['a short one that is another of npm’s', { npm_config_force: 'true' }, '-f'],
    ['one that npm takes for an abbreviation', { npm_config_replace_registry_host: 'mine' }, '--replace'],
  ])('is told of before anything is done: %s', (_, env, flag) => {
    expect(asked(env)).toThrow(
      expect.objectContaining({
        message: `npm kept ${flag} to itself`,
        hint: `options stand behind --, as in: npm run lab:down -- ${flag} ...`,
        exitCode: 2,
      }),
    );
  });

  it('is not meant by what npm always says, nor by options of no verb', () => {
    expect(asked({ npm_config_yes: '', npm_config_all: '', npm_config_cache: '/root/.npm', npm_config_jobs: '4' })).not.toThrow();
  });

  it('may be one for the program that psql or exec run', () => {
    expect(asked({ npm_config_call: 'select 1' }, { verb: 'psql', script: 'psql' })).toThrow('npm kept -c to itself');
    expect(asked({ npm_config_call: 'npm run lab:down' })).not.toThrow();
  });

  it('is not meant where the verb was given it as well: the variable is of a file, or of an npm outside', () => {
    expect(asked({ npm_config_all: 'true' }, { words: ['down', '--all'] })).not.toThrow();
    expect(asked({ npm_config_name: 'x' }, { words: ['down', '--name=other'] })).not.toThrow();
    expect(asked({ npm_config_force: 'true' }, { words: ['logs', '--follow'] })).not.toThrow();
  });

  it('is no business of what another script starts', () => {
    expect(asked({ npm_config_name: 'other' }, { script: 'replay' })).not.toThrow();
  });
});
