/**
 * Options that stand before `--` are npm's: `npm run lab:down --name other` runs `down` without them, on another lab. npm hands them on
 * as variables only, `npm_config_name` (docs.npmjs.com, npm run-script and config). Done without them it would not be what was asked.
 */
import type { Command } from 'commander';
import { UsageError } from '../core/problem.ts';

/** What npm takes these for, as an abbreviation or a short option of its own. */
const takenFor: Readonly<Record<string, string>> = { '--replace': 'replace_registry_host', '-f': 'force', '-c': 'call' };

/** Verbs that run a program of somebody's choice; `-c` is often meant for it. */
const passingOn = ['psql', 'exec'];

/**
 * Throws UsageError where npm kept one of the verb's options. `words`: what the verb was given. A variable may also come from an
 * .npmrc, or from an npm around this one: an option that was given to the verb as well is not asked for.
 */
export function refuseSwallowed(verb: Command, words: readonly string[], env: Readonly<Record<string, string | undefined>>): void {
  const script = `lab:${verb.name()}`;
  // Programs that a script of another name starts inherit its variables.
  if (env.npm_lifecycle_event !== script) return;
  const own = verb.options.flatMap(({ long, short }) => [long, short].filter((flag) => flag !== undefined).map((flag) => ({ flag, long })));
  const kept = [...own, ...(passingOn.includes(verb.name()) ? [{ flag: '-c', long: '-c' }] : [])].find(({ flag, long }) => {
    const value = env[`npm_config_${takenFor[flag] ?? flag.replace(/^--?/, '').replaceAll('-', '_')}`];
    const given = words.some((word) => word === flag || word === long || word.startsWith(`${long}=`));
    return !['', 'false', undefined].includes(value) && !given;
  });
  if (kept)
    throw new UsageError(`npm kept ${kept.flag} to itself`, {
      hint: `options stand behind --, as in: npm run ${script} -- ${kept.flag} ...`,
    });
}
