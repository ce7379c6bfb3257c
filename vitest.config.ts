import { defineConfig } from 'vitest/config';
import { scenarioTests } from './test/replay/scenario-tests.ts';

/** A scenario's slowest variant waits for a few TTLs; a test that takes longer hangs. */
const patience = 300_000;

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/docker/**', 'test/browser/**'],
          // A busy machine is no failure: some try thousands of cases.
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'browser',
          include: ['test/browser/*.test.ts'],
          globalSetup: ['test/browser/setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'docker',
          include: ['test/docker/*.test.ts'],
          globalSetup: ['test/docker/setup.ts'],
          sequence: { groupOrder: 1 },
          // Each file has labs of its own; more than two side by side only wait for each other on two cores.
          maxWorkers: 2,
          testTimeout: patience,
          hookTimeout: patience,
        },
      },
      {
        test: {
          name: 'alone',
          include: ['test/docker/alone/*.test.ts'],
          globalSetup: ['test/docker/setup.ts'],
          // After everything else has ended: it removes every lab there is.
          sequence: { groupOrder: 3 },
          testTimeout: patience,
          hookTimeout: patience,
        },
      },
      {
        plugins: [scenarioTests()],
        test: {
          name: 'scenarios',
          include: ['scenarios/*.yaml', 'scenarios/issues/*.yaml'],
          globalSetup: ['test/docker/setup.ts'],
          sequence: { groupOrder: 2 },
          // Each test waits until the machine has room for its lab (lab/run/admission.ts), in a queue that can be long.
          maxWorkers: 3,
          testTimeout: 3 * patience,
          hookTimeout: patience,
        },
      },
    ],
  },
});
