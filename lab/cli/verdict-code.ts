/** The exit code of a number of verdicts: the worst decides (contract, DESIGN.md "Commands"). */
import { type ExitCode, exitCodes } from '../core/problem.ts';
import type { Verdict } from '../verdict/verdict.ts';

/** What this machine does not support is skipped, unless `strict`. */
export function verdictCode(verdicts: readonly Pick<Verdict, 'verdict' | 'because'>[], strict = false): ExitCode {
  if (verdicts.some(({ verdict }) => verdict === 'fail')) return exitCodes.fail;
  const unknown = verdicts.filter(({ verdict, because }) => verdict === 'unknown' && (strict || because?.reason !== 'unsupported'));
  return unknown.length > 0 ? exitCodes.unknown : exitCodes.pass;
}
