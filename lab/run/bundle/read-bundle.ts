/** Unpacks a bundle that may come from anybody: nothing is written outside a folder of its own, and no more than a run can be. */
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, open, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import { UsageError } from '../../core/problem.ts';
import { bundleFormat, fingerprint, type Manifest, manifestFile, manifestSchema } from './manifest.ts';

/** A run of an hour on seven hosts has some 20 MB and some 70 files. */
const largest = { bytes: 256 * 1024 * 1024, files: 5000 } as const;

interface OpenBundle {
  /** A run folder in the machine's folder for temporary files. */
  readonly folder: string;
  readonly remove: () => Promise<void>;
}

/** Does something with a run folder, or with a bundle as a run folder; what was unpacked is gone afterwards. Throws as `openBundle` does. */
export async function withRunFolder<T>(path: string, use: (folder: string) => T | Promise<T>): Promise<T> {
  if (!(await isFile(path))) return use(path);
  if (!(await isBundle(path)))
    throw new UsageError(`${path} is neither a run folder nor a bundle`, { hint: 'a replay says where its run folder is: .lab/runs/...' });
  const bundle = await openBundle(path);
  try {
    return await use(bundle.folder);
  } finally {
    await bundle.remove();
  }
}

/** Whether a path means a bundle, rather than a folder, a scenario or nothing: by its name, or by how gzip begins. */
export async function isBundle(path: string): Promise<boolean> {
  if (!(await isFile(path))) return false;
  if (/\.(tar\.gz|tgz)$/.test(path)) return true;
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await file.close();
  }
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}

/** Throws UsageError where it is no bundle, was cut off or changed, comes from a newer version, is too large, or would write elsewhere. */
async function openBundle(path: string): Promise<OpenBundle> {
  const folder = await mkdtemp(join(tmpdir(), 'pglab-bundle-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    await unpack(path, folder);
    return { folder, remove };
  } catch (error) {
    await remove();
    if (error instanceof UsageError)
      throw new UsageError(`${path}: ${error.message}`, error.hint === undefined ? {} : { hint: error.hint });
    throw new UsageError(`${path} is not a bundle, or was cut off: ${(error as Error).message}`, {
      hint: 'npm run lab:bundle makes bundles',
    });
  }
}

async function unpack(path: string, folder: string): Promise<void> {
  const tar = extract();
  // Errors of the streams end the loop below by way of the extractor; the promise only must not go unhandled.
  const reading = pipeline(createReadStream(path), createGunzip(), limited(largest.bytes), tar);
  reading.catch((error: Error) => tar.destroy(error));
  let manifest: Manifest | undefined;
  let top: string | undefined;
  const seen = new Set<string>();
  for await (const entry of tar) {
    const { header } = entry;
    const parts = safeParts(header);
    top ??= parts[0];
    if (parts[0] !== top) throw new UsageError('it is not a bundle: it has more than one folder at its top');
    if (header.type === 'directory') {
      entry.resume();
      continue;
    }
    const name = parts.slice(1).join('/');
    if (seen.has(name)) throw new UsageError(`it is damaged: ${name} comes twice`);
    seen.add(name);
    if (seen.size > largest.files) throw new UsageError(`it has more than ${largest.files} files`);
    const content = await contentOf(entry);
    if (!manifest) {
      if (name !== manifestFile) throw new UsageError(`it is not a bundle: it does not begin with ${manifestFile}`);
      manifest = readManifest(content.toString());
      continue;
    }
    check(name, content, manifest);
    const target = join(folder, name);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, content, { flag: 'wx', mode: 0o600 });
  }
  await reading;
  if (!manifest) throw new UsageError('it is not a bundle: it is empty');
  const missing = Object.keys(manifest.files).find((name) => !seen.has(name));
  if (missing !== undefined) throw new UsageError(`it is damaged: ${missing} is missing`);
}

/** The parts of an entry's path. Throws UsageError where it is not a plain file or folder inside the bundle. */
function safeParts({ name, type }: Header): readonly string[] {
  const shown = JSON.stringify(name);
  if (type !== 'file' && type !== 'directory')
    throw new UsageError(`it is refused: ${shown} is a ${type ?? 'thing of no known kind'}, and a bundle has files only`);
  const parts = name.split('/').filter((part, index, all) => !(part === '' && index === all.length - 1));
  const odd = parts.some((part) => part === '' || part === '.' || part === '..' || /[\\\0:]/.test(part));
  if (odd || parts.length === 0 || (type === 'file' && parts.length < 2))
    throw new UsageError(`it is refused: ${shown} is not a path inside the bundle`);
  return parts;
}

function readManifest(text: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UsageError(`it is not a bundle: its ${manifestFile} is not JSON`);
  }
  const format = (value as { format?: unknown } | null)?.format;
  if (typeof format === 'number' && format > bundleFormat)
    throw new UsageError(`it was made by a newer version of the lab (bundle format ${format}, and this program reads ${bundleFormat})`, {
      hint: 'update this program',
    });
  const manifest = manifestSchema.safeParse(value);
  if (!manifest.success) throw new UsageError(`it is not a bundle: its ${manifestFile} is of another kind`);
  return manifest.data;
}

function check(name: string, content: Buffer, manifest: Manifest): void {
  const said = Object.hasOwn(manifest.files, name) ? manifest.files[name] : undefined;
  if (!said) throw new UsageError(`it was changed after it was made: ${name} is not in its ${manifestFile}`);
  if (fingerprint(content).sha256 !== said.sha256)
    throw new UsageError(`it was changed after it was made: ${name} is not what ${manifestFile} says`);
}

async function contentOf(entry: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of entry) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** A few bytes can unpack to any size: what comes out is counted, not what goes in. */
function limited(bytes: number): Transform {
  let passed = 0;
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      passed += chunk.length;
      if (passed > bytes) done(new UsageError(`it unpacks to more than ${bytes / 1024 / 1024} MiB, which no run has`));
      else done(null, chunk);
    },
  });
}
