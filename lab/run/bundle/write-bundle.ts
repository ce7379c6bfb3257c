/** Makes one archive of a run folder, with everything that is needed to judge it and to replay it elsewhere. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join, relative, resolve, sep } from 'node:path';
import { gzipSync } from 'node:zlib';
import { UsageError } from '../../core/problem.ts';
import { programVersion } from '../../core/project.ts';
import { packFiles } from '../../engine/archive.ts';
import { readRun } from '../judge-folder.ts';
import { bundleFormat, fingerprint, type Manifest, manifestFile } from './manifest.ts';
import { type RunFile, redactFiles } from './redact-files.ts';

export interface WrittenBundle {
  readonly manifest: Manifest;
  readonly out: string;
}

/** Throws UsageError where `folder` is no run's, or `out` is there already or cannot be written. */
export async function writeBundle(folder: string, out: string): Promise<WrittenBundle> {
  const { plan, history } = readRun(folder);
  const [facts] = history;
  const files = redactFiles(await readFiles(folder));
  const manifest: Manifest = {
    format: bundleFormat,
    pglab: programVersion(),
    scenario: plan.scenario,
    variant: plan.variant,
    versions: facts?.type === 'run-started' ? facts.versions : {},
    files: Object.fromEntries(files.map(({ path, text }) => [path, fingerprint(Buffer.from(text))])),
  };
  const top = basename(resolve(folder));
  const contents = [{ path: manifestFile, text: `${JSON.stringify(manifest, null, 2)}\n` }, ...files];
  const tar = await packFiles(contents.map(({ path, text }) => ({ path: `/${top}/${path}`, text, mode: 0o644, owner: 'root' })));
  try {
    await writeFile(out, gzipSync(tar), { flag: 'wx' });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw new UsageError(`${out} is there already`, { hint: 'remove it, or choose another name with --out' });
    throw new UsageError(`${out} cannot be written: ${message}`);
  }
  return { manifest, out };
}

/** Regular files only: a link may lead anywhere. */
async function readFiles(folder: string): Promise<readonly RunFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile() && entry.name !== manifestFile).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(
    paths.sort().map(async (path) => ({ path: relative(folder, path).split(sep).join('/'), text: await readFile(path, 'utf8') })),
  );
}
