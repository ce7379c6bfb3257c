/** The timeline page of a run folder: reads what it is made of. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder } from '../core/project.ts';
import { type PageAssets, renderHtml } from '../report/html.ts';
import { judgeFolder, readConfigs } from '../run/judge-folder.ts';

/** Its name in a run folder. */
export const timelineFile = 'report.html';

/** Throws as `judgeFolder` does. */
export function renderTimeline(folder: string): string {
  return renderHtml({ ...judgeFolder(folder), configs: readConfigs(folder) }, pageAssets());
}

/** `npm run build` makes the page's program out of `lab/page`. */
export function pageAssets(): PageAssets {
  return {
    script: readFileSync(join(projectFolder, 'dist', 'lab', 'page', 'page.js'), 'utf8'),
    style: readFileSync(join(projectFolder, 'lab', 'page', 'page.css'), 'utf8'),
  };
}
