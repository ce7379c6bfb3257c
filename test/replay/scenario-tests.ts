/** Makes a test file of every scenario, so that vitest runs, filters and shards them like any other: `vitest run scenarios/standby-rebuild.yaml`. */
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vitest/config';

export function scenarioTests(): Plugin {
  const replayer = fileURLToPath(new URL('./replay-file.ts', import.meta.url));
  return {
    name: 'scenario-tests',
    enforce: 'pre',
    transform(_code, id) {
      if (!/\/scenarios\/.*\.yaml$/.test(id)) return null;
      return { code: `import { replayFile } from ${JSON.stringify(replayer)};\nreplayFile(${JSON.stringify(id)});`, map: null };
    },
  };
}
