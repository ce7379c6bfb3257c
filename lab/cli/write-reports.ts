/** Reports on one run, in its folder: for an issue thread, for CI, and as a page. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderJunit } from '../report/junit.ts';
import { renderMarkdown } from '../report/markdown.ts';
import { readRun } from '../run/judge-folder.ts';
import type { Replayed } from '../run/replay-scenario.ts';
import { runRedactor, type SecretHolder } from '../run/run-redactor.ts';
import type { Plan } from '../scenario/plan.ts';
import type { FinishedRun } from './joint-reports.ts';
import { renderTimeline, timelineFile } from './timeline.ts';

interface EndedRun extends Omit<Replayed, 'blueprint'> {
  readonly blueprint: SecretHolder;
}

export async function writeReports({ verdict, folder, blueprint, seconds }: EndedRun, plan: Plan): Promise<FinishedRun> {
  const redact = runRedactor(plan, blueprint);
  const run = redact.data({ ...readRun(folder), verdict });
  await writeFile(join(folder, 'report.md'), renderMarkdown([run]));
  await writeFile(
    join(folder, 'junit.xml'),
    renderJunit([run.verdict], { sources: { [run.verdict.file]: run.source }, runOf: () => ({ folder, seconds }) }),
  );
  await writeFile(join(folder, timelineFile), renderTimeline(run, folder));
  return { verdict: run.verdict, folder, seconds, redact: redact.data };
}
