import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { renderTimeline, writeTimeline } from '../../lab/cli/timeline.ts';
import { UsageError } from '../../lab/core/problem.ts';
import { projectFolder } from '../../lab/core/project.ts';
import { judgeFolder } from '../../lab/run/judge-folder.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pglab-run-'));
  cpSync(join(projectFolder, 'test', 'histories', 'pitr-keeps-its-target-remedy'), folder, { recursive: true });
  writeFileSync(join(folder, 'scenario.yaml'), 'scenario: as it was then\n');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the timeline of a run folder', () => {
  it('is made of its files alone', () => {
    mkdirSync(join(folder, 'configs', 'pg1', 'etc', 'patroni'), { recursive: true });
    writeFileSync(join(folder, 'configs', 'pg1', 'etc', 'patroni', 'config.yml'), 'scope: demo\n');
    const html = renderTimeline(judgeFolder(folder), folder);
    expect(html).toContain('<title>pitr-keeps-its-target (remedy): pass</title>');
    expect(html).toContain('scenario: as it was then');
    expect(html).toContain('{"host":"pg1","path":"/etc/patroni/config.yml","text":"scope: demo\\n"}');
  });

  it('is drawn where configurations are missing', () => {
    expect(renderTimeline(judgeFolder(folder), folder)).toContain('"configs":[]');
  });

  it('is refused for a folder that is no run, and for a file that cannot be written', () => {
    expect(() => judgeFolder(join(folder, 'nowhere'))).toThrow(UsageError);
    expect(() => writeTimeline(judgeFolder(folder), folder, join(folder, 'nowhere', 'x.html'))).toThrow(UsageError);
  });
});
