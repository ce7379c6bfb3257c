import { chmodSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hostImages, imageKey, imageTag } from '../../lab/engine/images.ts';
import { debianMirror, mirrorProblem } from '../../lab/engine/mirror.ts';
import { imagesFolder, readRecipe, recipeHash } from '../../lab/engine/recipe.ts';
import { parseTrains, readTrains, trainCarrying } from '../../lab/engine/trains.ts';
import { isWithin } from '../../lab/topology/host-images.ts';

const patroni = (versions = {}) => ({ kind: 'patroni', train: 'forky', versions }) as const;

describe('names', () => {
  test('an image is named by kind, train and recipe', () => {
    expect(imageTag(patroni())).toMatch(/^pglab\/patroni:forky-[0-9a-f]{12}$/);
  });

  test('a borrowed program is part of the name', () => {
    const spec = patroni({ pgbackrest: '2.55.1' });
    expect(imageTag(spec)).toMatch(/^pglab\/patroni:forky-pgbackrest-2\.55\.1-[0-9a-f]{12}$/);
    expect(imageKey(spec)).toBe('patroni:forky+pgbackrest=2.55.1');
  });

  test('trains have images of their own', () => {
    const tags = Object.keys(readTrains().trains).flatMap((train) => hostImages(train).map(imageTag));
    expect(new Set(tags).size).toBe(tags.length);
  });

  test.each([
    [{ ...patroni(), train: 'sid' }, 'unknown train "sid"'],
    [patroni({ pgbackrest: '1.0' }), 'no train carries pgbackrest 1.0'],
  ])('%j is refused', (spec, message) => {
    expect(() => imageTag(spec)).toThrow(expect.objectContaining({ message, exitCode: 2 }));
  });
});

describe('recipe hash', () => {
  let folder: string;
  const hash = (inputs = {}) => recipeHash(readRecipe(folder), inputs);
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pglab-recipe-'));
    cpSync(join(imagesFolder(), 'base'), folder, { recursive: true });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('is the same for the same content, wherever it lies and whatever the umask', () => {
    const before = hash();
    chmodSync(join(folder, 'Dockerfile'), 0o600);
    writeFileSync(join(folder, 'README.md'), 'for people');
    expect(hash()).toBe(before);
    expect(recipeHash(readRecipe(join(imagesFolder(), 'base')), {})).toBe(before);
  });

  test('changes with content, names, the executable bit and inputs', () => {
    const hashes = [hash(), hash({ POSTGRESQL: '18' }), hash({ POSTGRESQL: '17' })];
    chmodSync(join(folder, 'Dockerfile'), 0o755);
    hashes.push(hash());
    writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch\n');
    hashes.push(hash());
    writeFileSync(join(folder, 'more'), '');
    hashes.push(hash());
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});

describe('trains', () => {
  test.each([
    ['4.1', '4.1.5', true],
    ['4.1', '4.1', true],
    ['4.1', '4.10.0', false],
    ['18', '18.6', true],
    ['18', '17.11', false],
  ])('%s covers %s: %s', (prefix, version, within) => {
    expect(isWithin(prefix, version)).toBe(within);
  });

  test('a version is taken from the train that carries it', () => {
    expect(trainCarrying('pgbackrest', '2.55.1').name).toBe('trixie');
    expect(trainCarrying('pgbackrest', '2.45').name).toBe('bookworm');
  });

  test('a key that no train has is refused', () => {
    expect(() => parseTrains('default: a\ntrains: {a: {suite: a, postgresql: 1, expected: {}, extra: 1}}')).toThrow();
  });
});

describe('mirror', () => {
  test('another one is taken from the environment, without its slash', () => {
    expect(debianMirror({})).toBe('http://deb.debian.org/debian');
    expect(debianMirror({ PGLAB_DEBIAN_MIRROR: 'https://mirror.example/debian/' })).toBe('https://mirror.example/debian');
    expect(() => debianMirror({ PGLAB_DEBIAN_MIRROR: 'mirror.example' })).toThrow(/not an http or https URL/);
  });

  test.each([
    [
      "E: Failed to fetch http://m.example/debian/dists/forky/InRelease  Could not resolve 'm.example'",
      'http://m.example/debian/dists/forky/InRelease',
    ],
    [
      'Err:1 http://m.example forky InRelease\n  Could not connect to m.example:80 (10.0.0.1). - connect (111: Connection refused)',
      'http://deb.debian.org/debian',
    ],
    ["E: The repository 'http://m.example/debian forky Release' does not have a Release file.", 'http://m.example/debian'],
  ])('%j names the mirror', (output, url) => {
    expect(mirrorProblem(output.split('\n'))?.message).toBe(`cannot get packages from the Debian mirror: ${url}`);
  });

  test('another failure is none of the mirror', () => {
    expect(mirrorProblem(['E: Unable to locate package postgresql-99'])).toBeUndefined();
  });
});
