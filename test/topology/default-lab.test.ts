import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectFolder } from '../../lab/core/project.ts';
import { renderDefaultLab } from '../../lab/topology/default-lab.ts';

test('docs/default-lab.md is what the presets, profiles and deviations say (npm run build && node dist/scripts/write-scenario-docs.js)', () => {
  expect(readFileSync(join(projectFolder, 'docs/default-lab.md'), 'utf8')).toBe(renderDefaultLab());
});
