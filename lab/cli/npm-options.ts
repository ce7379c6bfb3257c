/**
 * Options that stand before `--` are npm's: `npm run lab:down --name other` runs `down` without them, on another lab. npm hands them on
 * as variables only, `npm_config_name` (docs.npmjs.com, npm run-script and config). Done without them it would not be what was asked.
 */
import type { Command } from 'commander';
import { UsageError } from '../core/problem.ts';

/** Of psql and of programs in hosts, `-c` is npm's `--call`. */
const short = [{ flag: '-c', variable: 'npm_config_call' }];

/** Throws UsageError where npm kept one of the verb's options. `env`: of this process. */
export function refuseSwallowed(verb: Command, env: Readonly<Record<string, string | undefined>>): void {
  const script = `lab:${verb.name()}`;
  // Programs that a script of another name starts inherit its variables.
  if (env.npm_lifecycle_event !== script) return;
  const long = verb.options.flatMap(({ long: flag }) =>
    flag ? [{ flag, variable: `npm_config_${flag.slice(2).replaceAll('-', '_')}` }] : [],
  );
  const kept = [...long, ...short].find(({ variable }) => !['', 'false', undefined].includes(env[variable]));
  if (kept)
    throw new UsageError(`npm kept ${kept.flag} to itself`, {
      hint: `options stand behind --, as in: npm run ${script} -- ${kept.flag} ...`,
    });
}
