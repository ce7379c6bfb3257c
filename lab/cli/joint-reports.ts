/** Reports on all runs of one replay: JUnit in one file, a job summary on GitHub, and for each scenario a comment with all its variants. */
import { access, appendFile, constants, mkdir, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UsageError } from '../core/problem.ts';
import { renderJunit } from '../report/junit.ts';
import { type ReportedRun, renderMarkdown } from '../report/markdown.ts';
import { renderSummary, summaryLimit } from '../report/summary.ts';
import { readRun } from '../run/judge-folder.ts';
import type { Verdict } from '../verdict/verdict.ts';

export interface FinishedRun {
  /** Without what the run's lab and scenario keep secret; `redact` takes the same out of anything else of that run. */
  readonly verdict: Verdict;
  readonly redact: <T>(data: T) => T;
  readonly folder: string;
  /** With its lab's coming up. */
  readonly seconds: number;
}

interface Wanted {
  readonly out: string;
  readonly junit?: string;
  readonly strict?: true;
}

export interface WrittenReport {
  readonly what: string;
  readonly path: string;
}

/** Sees that a report can be written there, before an hour is spent on it. Throws UsageError where it cannot. */
export async function makeRoomFor(path: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await access(dirname(path), constants.W_OK);
    if ((await stat(path).catch(() => undefined))?.isDirectory()) throw new Error('it is a folder');
  } catch (error) {
    throw new UsageError(`${path} cannot be written: ${(error as Error).message}`);
  }
}

/** Returns the paths of comments and of the JUnit file. The summary is appended to the file that GITHUB_STEP_SUMMARY names, if any. */
export async function writeJointReports(
  runs: readonly FinishedRun[],
  wanted: Wanted,
  env = process.env,
): Promise<readonly WrittenReport[]> {
  const comments = await writeComments(runs, wanted.out);
  const summary = env.GITHUB_STEP_SUMMARY;
  if (summary !== undefined && summary !== '' && runs.length > 0) await appendSummary(summary, runs);
  if (wanted.junit === undefined) return comments;
  const sources = Object.fromEntries(runs.map((run) => [run.verdict.file, reported(run).source]));
  const runOf = (verdict: Verdict) => runs.find((run) => run.verdict === verdict);
  const xml = renderJunit(
    runs.map(({ verdict }) => verdict),
    { sources, runOf, strict: wanted.strict === true },
  );
  await writeFile(wanted.junit, xml);
  return [...comments, { what: 'JUnit', path: wanted.junit }];
}

/** One file for every scenario of which several variants ran, beside their run folders and named like them. */
async function writeComments(runs: readonly FinishedRun[], out: string): Promise<readonly WrittenReport[]> {
  const scenarios = [...new Set(runs.map(({ verdict }) => verdict.scenario))];
  const paths = scenarios.map(async (scenario) => {
    const own = runs.filter(({ verdict }) => verdict.scenario === scenario);
    if (own.length < 2) return [];
    const stamp = own.map(({ folder }) => basename(folder).slice(0, 'yyyymmdd-hhmmss'.length)).sort()[0];
    const path = join(out, `${stamp}-${scenario}.md`);
    await writeFile(path, renderMarkdown(own.map(reported)));
    return [{ what: `every variant of ${scenario}, for an issue thread`, path }];
  });
  return (await Promise.all(paths)).flat();
}

async function appendSummary(path: string, runs: readonly FinishedRun[]): Promise<void> {
  const before = await stat(path).then(
    ({ size }) => size,
    () => 0,
  );
  const notPassed = runs.filter(({ verdict }) => verdict.verdict !== 'pass').map(reported);
  const text = renderSummary(
    runs.map(({ verdict }) => verdict),
    notPassed,
    summaryLimit - before,
  );
  if (before + Buffer.byteLength(text) <= summaryLimit) await appendFile(path, text);
}

function reported({ verdict, folder, redact }: FinishedRun): ReportedRun {
  return { ...redact(readRun(folder)), verdict };
}
