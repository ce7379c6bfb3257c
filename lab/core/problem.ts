/**
 * Two kinds of trouble: a `Problem` is data about a mistake in somebody's file, collected and shown all at once; a
 * `LabError` is thrown once and printed once, by the CLI.
 */

/** A place in a source text; both numbers start at 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Half-open range in a source text. */
export interface Span {
  readonly start: Position;
  readonly end: Position;
}

/** A mistake in a scenario, a topology or a recipe: what, where, and what to write instead. */
export interface Problem {
  readonly message: string;
  readonly file?: string;
  readonly span?: Span;
  readonly hint?: string;
}

/** Process exit codes (contract, DESIGN.md "Commands"). */
export const exitCodes = { pass: 0, fail: 1, usage: 2, unknown: 3, interrupted: 130 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

interface LabErrorOptions {
  /** What to try next, one sentence or a command. */
  readonly hint?: string;
  /** Lines of evidence shown below the message, such as the last log lines of a host that died. */
  readonly detail?: readonly string[];
  readonly exitCode?: ExitCode;
  readonly cause?: unknown;
}

/** The lab, the engine or the machine did not do what was asked: one short message, and what to try next. */
export class LabError extends Error {
  readonly hint: string | undefined;
  readonly detail: readonly string[];
  readonly exitCode: ExitCode;

  constructor(message: string, options: LabErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'LabError';
    this.hint = options.hint;
    this.detail = options.detail ?? [];
    this.exitCode = options.exitCode ?? exitCodes.unknown;
  }
}

/** What this machine or its engine cannot do, whatever is tried: a step that asks for it is unsupported. */
export class UnsupportedError extends LabError {}

/** A mistake in what the user typed or wrote (exit code 2). `problems` are positions in files, where there are any. */
export class UsageError extends LabError {
  readonly problems: readonly Problem[];

  constructor(message: string, options: { hint?: string; detail?: readonly string[]; problems?: readonly Problem[] } = {}) {
    super(message, {
      ...(options.hint === undefined ? {} : { hint: options.hint }),
      ...(options.detail === undefined ? {} : { detail: options.detail }),
      exitCode: exitCodes.usage,
    });
    this.name = 'UsageError';
    this.problems = options.problems ?? [];
  }
}

/** dockerode's errors read `(HTTP code 409) conflict - Conflict. The container name ... `. */
const engineMessage = /^\(HTTP code \d+\) (?:[^-]*?) - (.*)$/s;

/** The first line of what an error says, without what dockerode puts before it; nothing of zod's, whose words are JSON. */
function shortMessage(error: unknown): string | undefined {
  if (!(error instanceof Error) || error.name === 'ZodError') return undefined;
  const text = engineMessage.exec(error.message)?.[1] ?? error.message;
  return text.trim().split('\n')[0]?.trim() || undefined;
}

/** What an error says, and why: `host pg1 could not be created: no such image`. */
export function withCause(error: Error): string {
  const cause = shortMessage(error.cause);
  return cause === undefined || error.message.includes(cause) ? error.message : `${error.message}: ${cause}`;
}

/** All that any thrown value says, for a verdict: the message, why, and below it the evidence. */
export function tellError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return [withCause(error), ...(error instanceof LabError ? error.detail : [])].join('\n');
}
