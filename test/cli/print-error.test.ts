import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { paintFor } from '../../lab/cli/paint.ts';
import { describeError } from '../../lab/cli/print-error.ts';
import { exitCodes, LabError, UsageError } from '../../lab/core/problem.ts';

const plain = { paint: paintFor({ isTTY: false }, {}), debug: false };
const engineError = Object.assign(new Error('(HTTP code 409) conflict - Conflict. The name is in use by container 12.\nmore'), {
  statusCode: 409,
});

describe('describeError', () => {
  test('has the message, the evidence below it, and what to try', () => {
    const error = new LabError('host pg1 died', { detail: ['pg1  FATAL: no', 'pg1  bye'], hint: 'npm run lab:up' });
    expect(describeError(error, plain)).toEqual({
      text: 'error: host pg1 died\n  pg1  FATAL: no\n  pg1  bye\nhint: npm run lab:up\n',
      exitCode: exitCodes.unknown,
    });
  });

  test("adds the engine's own words in short", () => {
    const { text } = describeError(new LabError('host pg1 could not be created', { cause: engineError }), plain);
    expect(text).toBe('error: host pg1 could not be created: Conflict. The name is in use by container 12.\n');
  });

  test('shows a mistake where it stands', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'pglab-')), 'lab.yaml');
    writeFileSync(file, 'preset: one-node\ntrian: forky\n');
    const span = { start: { line: 2, column: 1 }, end: { line: 2, column: 6 } };
    const { text, exitCode } = describeError(
      new UsageError('not a lab', { problems: [{ message: 'unknown key "trian"', file, span, hint: 'did you mean "train"?' }] }),
      plain,
    );
    expect(text).toContain(`${file}:2:1: unknown key "trian"`);
    expect(text).toContain('> 2 | trian: forky\n    | ^^^^^');
    expect(exitCode).toBe(exitCodes.usage);
  });

  test.each([
    ['an engine that refuses', engineError, /^error: the Docker engine refused a request: Conflict/],
    [
      'an engine that went away',
      Object.assign(new Error('connect ECONNREFUSED /x'), { syscall: 'connect' }),
      /^error: the connection to the Docker engine broke/,
    ],
    ['a mistake of ours', new TypeError('x is not a function'), /^error: unexpected: x is not a function\nhint: .*--debug/],
    ['no Error at all', 'boom', /^error: unexpected: boom/],
  ])('words for %s', (_, error, words) => {
    expect(describeError(error, plain).text).toMatch(words);
  });

  test('keeps stacks and zod to itself, but for --debug', () => {
    const zodError = z.string().safeParse(1).error;
    const error = new LabError('the plan cannot be read', { cause: zodError });
    expect(describeError(error, plain).text).toBe('error: the plan cannot be read\n');
    expect(describeError(error, { ...plain, debug: true }).text).toContain('print-error.test.ts');
  });

  test('an interruption is no error', () => {
    const { text, exitCode } = describeError(new LabError('interrupted: nothing is left', { exitCode: exitCodes.interrupted }), plain);
    expect({ text, exitCode }).toEqual({ text: 'interrupted: nothing is left\n', exitCode: 130 });
  });
});

describe('paintFor', () => {
  test.each([
    [{ isTTY: true }, {}, true],
    [{ isTTY: false }, {}, false],
    [{ isTTY: true }, { NO_COLOR: '1' }, false],
    [{ isTTY: true }, { TERM: 'dumb' }, false],
    [{ isTTY: false }, { FORCE_COLOR: '1' }, true],
    [{ isTTY: false }, { CI: 'true' }, false],
  ])('%j with %j', (stream, env, coloured) => {
    expect(paintFor(stream, env).isColorSupported).toBe(coloured);
  });
});
