import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { refuseSwallowed } from '../../lab/cli/npm-options.ts';

const down = new Command('down').option('--name <name>').option('--all').option('--dry-run');
const asked =
  (env: Record<string, string>, event = 'lab:down') =>
  () =>
    refuseSwallowed(down, { npm_lifecycle_event: event, ...env });

describe('an option that npm kept to itself', () => {
  it.each([
    ['a word', { npm_config_name: 'other' }, '--name'],
    ['a flag', { npm_config_all: 'true' }, '--all'],
    ['a flag of two words', { npm_config_dry_run: 'true' }, '--dry-run'],
    ['psql’s -c', { npm_config_call: 'select 1' }, '-c'],
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

  it('is no business of what another script starts', () => {
    expect(asked({ npm_config_name: 'other' }, 'test')).not.toThrow();
    expect(() => refuseSwallowed(down, { npm_config_name: 'other' })).not.toThrow();
  });
});
