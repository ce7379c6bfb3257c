import { expect, test } from 'vitest';
import { readScenarioFiles } from '../../lab/run/scenario-files.ts';

test('a scenario that is named twice, by name and by path, is one scenario', () => {
  const named = [
    'standby-rebuild',
    'issues/pgbackrest-270',
    'scenarios/standby-rebuild.yaml',
    'pgbackrest-270',
    './scenarios/standby-rebuild.yaml',
  ];
  expect(readScenarioFiles(named).map(({ file }) => file)).toEqual([
    'scenarios/standby-rebuild.yaml',
    'scenarios/issues/pgbackrest-270.yaml',
  ]);
});
