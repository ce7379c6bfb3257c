/** The timeline page of a run folder: reads what it is made of. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LabError, UsageError } from '../core/problem.ts';
import { projectFolder } from '../core/project.ts';
import { type PageAssets, renderHtml } from '../report/html.ts';
import type { Judged } from '../run/judge-folder.ts';
import { readConfigs } from '../run/read-configs.ts';

/** Its name in a run folder. */
export const timelineFile = 'report.html';

/** `run`: what is in the folder, with its verdict. */
export function renderTimeline(run: Judged, folder: string): string {
  return renderHtml({ ...run, configs: readConfigs(folder) }, pageAssets());
}

/** Draws it into a file. Throws UsageError where the file cannot be written. */
export function writeTimeline(run: Judged, folder: string, file: string): void {
  const html = renderTimeline(run, folder);
  try {
    writeFileSync(file, html);
  } catch (error) {
    throw new UsageError(`${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Throws LabError where they were not built. */
export function pageAssets(): PageAssets {
  try {
    return {
      script: readFileSync(join(projectFolder, 'dist', 'lab', 'page', 'page.js'), 'utf8'),
      style: readFileSync(join(projectFolder, 'lab', 'page', 'page.css'), 'utf8'),
    };
  } catch (cause) {
    throw new LabError("the timeline page's program is not there", { cause, hint: 'npm run build makes it' });
  }
}
