/**
 * Image recipes as files: what goes into a build's context, and the hash that names its result. Reads `images/`; knows
 * nothing of an engine.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import { projectFolder } from '../core/project.ts';

export interface RecipeFile {
  /** Relative to the recipe's folder, with `/`. */
  readonly path: string;
  /** 0o755 or 0o644: git keeps no more, and a umask must not change a hash. */
  readonly mode: number;
  readonly content: Buffer;
}

/** The project's `images/`. */
export function imagesFolder(): string {
  return join(projectFolder, 'images');
}

/** Everything in a recipe's folder that its build sees, in a fixed order. The README is for people. */
export function readRecipe(folder: string): readonly RecipeFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'README.md')
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return {
        path: relative(folder, path).split('\\').join('/'),
        mode: statSync(path).mode & 0o111 ? 0o755 : 0o644,
        content: readFileSync(path),
      };
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Hex SHA-256 over the files with their modes, and over `inputs`: whatever else decides what the build makes. */
export function recipeHash(files: readonly RecipeFile[], inputs: Readonly<Record<string, string>>): string {
  const hash = createHash('sha256');
  for (const [name, value] of Object.entries(inputs).sort()) hash.update(`${name}=${value}\0`);
  for (const file of files) hash.update(`${file.path}\0${file.mode}\0${file.content.length}\0`).update(file.content);
  return hash.digest('hex');
}

/** The build context as the engine takes it. */
export function packRecipe(files: readonly Pick<RecipeFile, 'path' | 'mode' | 'content'>[]): Readable {
  const tar = pack();
  for (const file of files) tar.entry({ name: file.path, mode: file.mode, uid: 0, gid: 0, mtime: new Date(0) }, file.content);
  tar.finalize();
  return tar as unknown as Readable;
}
