/** The one place where trouble becomes text and an exit code. Stack traces and causes in full are for `--debug`. */
import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { exitCodes, LabError, type Problem, UsageError, withCause } from '../core/problem.ts';
import { renderProblems } from '../scenario/code-frame.ts';
import type { Paint } from './paint.ts';

export interface ErrorText {
  readonly text: string;
  readonly exitCode: number;
}

/** Renders any thrown value. Never throws. */
export function describeError(error: unknown, { paint, debug }: { readonly paint: Paint; readonly debug: boolean }): ErrorText {
  const known = error instanceof LabError ? error : fromOutside(error);
  // What somebody asked for is no error.
  const sign = known.exitCode === exitCodes.interrupted ? '' : `${paint.red(paint.bold('error:'))} `;
  const lines = [`${sign}${withCause(known)}`];
  lines.push(...known.detail.map((line) => `  ${line}`));
  if (known instanceof UsageError && known.problems.length > 0) lines.push(renderProblems(known.problems, sourcesOf(known.problems)));
  if (known.hint) lines.push(`${paint.cyan('hint:')} ${known.hint}`);
  if (debug) lines.push(paint.dim(inspect(error)));
  return { text: `${lines.join('\n')}\n`, exitCode: known.exitCode };
}

/** The texts of the files that problems are in, for their code frames; a file that cannot be read has none. */
function sourcesOf(problems: readonly Problem[]): Record<string, string> {
  const files = new Set(problems.flatMap(({ file }) => file ?? []));
  return Object.fromEntries(
    [...files].flatMap((file) => {
      try {
        return [[file, readFileSync(file, 'utf8')]];
      } catch {
        return [];
      }
    }),
  );
}

/** Words for errors that nobody translated on the way. */
function fromOutside(error: unknown): LabError {
  const { statusCode, code, syscall } = error as { statusCode?: number; code?: string; syscall?: string };
  if (statusCode !== undefined) return new LabError('the Docker engine refused a request', { cause: error });
  if (syscall === 'connect' || code === 'ECONNRESET' || code === 'ENOENT' || code === 'EPIPE') {
    return new LabError('the connection to the Docker engine broke', { cause: error, hint: 'npm run setup checks the engine' });
  }
  const message = error instanceof Error ? error.message.split('\n')[0] : String(error);
  return new LabError(`unexpected: ${message}`, {
    hint: 'this is a mistake in pglab itself; --debug shows where',
    exitCode: exitCodes.unknown,
  });
}
