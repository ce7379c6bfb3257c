/** One test for each variant of a scenario: replays it on a lab of its own and wants the verdict `pass`. Side by side: most of a replay is waiting. */
import { join } from 'node:path';
import { beforeAll, describe, test } from 'vitest';
import { projectFolder } from '../../lab/core/project.ts';
import type { Docker } from '../../lab/engine/connect.ts';
import { findEngine } from '../../lab/engine/connect.ts';
import { renderText } from '../../lab/report/text.ts';
import { type Admit, createAdmission } from '../../lab/run/admission.ts';
import { goldenUses } from '../../lab/run/golden.ts';
import { judgeFolder } from '../../lab/run/judge-folder.ts';
import { replayScenario } from '../../lab/run/replay-scenario.ts';
import { planFile, readScenarioFile } from '../../lab/run/scenario-files.ts';
import { renderProblems } from '../../lab/scenario/code-frame.ts';
import type { Verdict } from '../../lab/verdict/verdict.ts';

export function replayFile(path: string): void {
  const source = readScenarioFile(path);
  const planned = planFile(source);
  if (planned.problems.length > 0) throw new Error(renderProblems(planned.problems, planned.sources));
  describe(planned.plans[0]?.scenario ?? path, () => {
    let docker: Docker;
    let admit: Admit;
    beforeAll(async () => {
      docker = await findEngine();
      admit = createAdmission(docker);
    });
    const uses = goldenUses(planned.plans.map(({ lab }) => lab));
    const replayed: { verdict: Verdict; folder: string }[] = [];
    for (const [n, plan] of planned.plans.entries()) {
      test.concurrent(plan.variant, async ({ expect, onTestFinished, skip }) => {
        const stop = new AbortController();
        onTestFinished(() => stop.abort());
        const { verdict, folder } = await replayScenario(docker, plan, source.text, {
          out: join(projectFolder, '.lab', 'runs'),
          bind: '127.0.0.1',
          golden: uses[n] ?? 'take',
          admit,
          keep: false,
          signal: stop.signal,
          onRefill: () => {},
          onImages: () => {},
          onRun: () => {},
          onPhase: () => {},
          onStep: () => {},
        });
        replayed.push({ verdict, folder });
        if (unsupported(verdict)) skip(verdict.because?.message);
        expect(verdict.verdict, renderText(verdict, { source: source.text })).toBe('pass');
      });
    }
    // Once no lab of this process is recorded any more: judging a folder takes the CPU that a recorder needs just then.
    test('what was judged live is judged the same from the folders alone', ({ expect, skip }) => {
      if (replayed.length === 0) skip('no variant was replayed');
      for (const { verdict, folder } of replayed) expect(judgeFolder(folder).verdict).toEqual(verdict);
    });
  });
}

/** What this machine cannot do is skipped and counted; everything else that is unknown fails. */
function unsupported(verdict: Verdict): boolean {
  return verdict.verdict === 'unknown' && verdict.because?.reason === 'unsupported';
}
