/** `npm test`: sees that an engine answers, then runs every test. Arguments go to vitest, such as `-- --project unit` or a file. */
import { execa } from 'execa';
import { paintFor } from '../lab/cli/paint.ts';
import { describeError } from '../lab/cli/print-error.ts';
import { projectFolder } from '../lab/core/project.ts';
import { findEngine } from '../lab/engine/connect.ts';
import { findChromium } from './find-chromium.ts';

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  try {
    await findEngine();
  } catch (error) {
    const { text, exitCode } = describeError(error, { paint: paintFor(process.stderr), debug: false });
    process.stderr.write(`${text}      npm run test:unit runs the tests that need no engine\n`);
    return exitCode;
  }
  const browser = findChromium();
  // CI must not leave tests out. Of somebody at a desk nobody asks for a browser that the lab itself does not need.
  const without = browser === undefined && !process.env.CI && !args.some((arg) => arg.startsWith('--project'));
  if (without) process.stderr.write('there is no Chromium here: the tests of the timeline page are left out (apt-get install chromium)\n');
  const reporters = ['--reporter=default', '--reporter=junit', '--outputFile.junit=.lab/junit.xml'];
  const run = execa('node', ['node_modules/vitest/vitest.mjs', 'run', ...reporters, ...(without ? ['--project=!browser'] : []), ...args], {
    cwd: projectFolder,
    stdio: 'inherit',
    reject: false,
    // testcontainers' reaper is an image of Docker Hub, which not everybody can reach; the tests remove what they make.
    env: { TESTCONTAINERS_RYUK_DISABLED: process.env.TESTCONTAINERS_RYUK_DISABLED ?? 'true' },
  });
  // vitest ends its workers; this process only has to outlive it.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => run.kill(signal));
  return (await run).exitCode ?? 130;
}
