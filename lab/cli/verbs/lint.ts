/** `pglab lint`: checks scenario files without an engine. Advice counts: a scenario without a mutant proves little. */
import type { Command } from 'commander';
import { UsageError } from '../../core/problem.ts';
import { planFile, readScenarioFiles, scenarioNames } from '../../run/scenario-files.ts';
import type { Verb } from '../session.ts';

export const lint: Verb = {
  define: (command: Command) => {
    command
      .argument('[scenario...]', 'names, paths or folders; every scenario of the project by default')
      .option('--json', 'problems as JSON')
      .addHelpText(
        'after',
        `
Examples:
  npm run lab:lint
  npm run lab:lint -- standby-rebuild my-scenario.yaml
  npm run lab:lint -- my-scenarios/`,
      )
      .action((names: string[], options: { json?: true }) => {
        const files = readScenarioFiles(names.length > 0 ? names : scenarioNames());
        const problems = files.flatMap((file) => {
          const planned = planFile(file);
          return [...planned.problems, ...planned.advice];
        });
        if (options.json) process.stdout.write(`${JSON.stringify({ files: files.map(({ file }) => file), problems }, null, 2)}\n`);
        if (problems.length > 0 && options.json) process.exitCode = 2;
        else if (problems.length > 0) throw new UsageError(count(problems.length, 'problem'), { problems });
        else if (!options.json) process.stdout.write(`${count(files.length, 'scenario')}, nothing wrong\n`);
      });
  },
};

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}
