import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { getPriority } from 'node:os';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { comeFirst, inNoHurry } from '../../lab/core/priority.ts';

const mayHurry = process.getuid?.() === 0;

async function placeOfChild(): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, ['-p', 'require("node:os").getPriority()']);
  return Number(stdout);
}

test.runIf(mayHurry)('comes first as long as one of those who asked for it goes on', () => {
  const usual = getPriority();
  const [one, other] = [comeFirst(), comeFirst()];
  expect(getPriority()).toBe(usual - 10);
  one();
  one();
  expect(getPriority()).toBe(usual - 10);
  other();
  expect(getPriority()).toBe(usual);
});

test.runIf(mayHurry)('what can wait is started in its usual place', async () => {
  const usual = getPriority();
  const stepBack = comeFirst();
  onTestFinished(stepBack);
  expect(await placeOfChild()).toBe(usual - 10);
  const child = inNoHurry(spawn('sleep', ['60']));
  expect(getPriority(child.pid)).toBe(usual);
  child.kill();
  await once(child, 'exit');
});

test.skipIf(mayHurry)('whoever may not come first stays where they are', () => {
  const usual = getPriority();
  const stepBack = comeFirst();
  expect(getPriority()).toBe(usual);
  stepBack();
  expect(getPriority()).toBe(usual);
});
