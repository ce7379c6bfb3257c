/**
 * Carries out a plan's steps as a person says: one at a time or up to some other one, a step again, or not at all. What the
 * person decides is recorded, so that whoever judges the history knows of it.
 */
import type { PlannedStep } from '../scenario/plan.ts';
import type { Finding } from '../verdict/verdict.ts';
import type { Drive } from './replay.ts';
import { runStep, type StepRunner } from './steps.ts';

/** `until`: the index of a later step, which is not carried out itself; the number of steps for all of them. */
export type Move =
  | { readonly do: 'next' | 'again' | 'skip' }
  | { readonly do: 'until'; readonly goal: number }
  | { readonly do: 'quit'; readonly keep: boolean };

/** Where a run stands when the person is asked. */
export interface Standing {
  readonly run: StepRunner;
  readonly steps: readonly PlannedStep[];
  /** The cursor: the step that comes next, or the one that failed. At the end of the plan, the number of steps. */
  readonly at: number;
  /** The step at the cursor was carried out, and there is something against it. */
  readonly failed: boolean;
  /** Whether the last step that was carried out can be tried again. */
  readonly again: boolean;
  /** What the judge found since the person was last asked. */
  readonly found: readonly Finding[];
}

/** `goal`: as in `Move`, up to where steps are carried out before the first question. */
export function stepThrough(ask: (standing: Standing) => Promise<Move>, goal: number): Drive {
  return async (run, steps) => {
    const seen = new Set<Finding>();
    let at = 0;
    let until = goal;
    let failed = false;
    let last: number | undefined;

    const idAt = (index: number) => steps[Math.min(index, steps.length - 1)]?.id ?? '';
    const takeNews = () => {
      const news = run.judge.findings().filter((finding) => !seen.has(finding));
      for (const finding of news) seen.add(finding);
      return news;
    };
    const passOver = (step: PlannedStep) => {
      run.recorder.record({ type: 'by-hand', did: 'passed-over', step: step.id });
      run.recorder.record({ type: 'step-started', step: step.id, title: step.title, resolved: {}, skipped: 'passed over by hand' });
    };
    const follow = (move: Exclude<Move, { do: 'quit' }>) => {
      const goesOn = failed && move.do === 'next';
      if (move.do === 'again' && last !== undefined) {
        run.recorder.record({ type: 'by-hand', did: 'tried-again', step: idAt(last) });
        at = last;
      } else if (failed) {
        run.recorder.record({ type: 'by-hand', did: 'went-on', step: idAt(at) });
        at += 1;
      } else if (move.do === 'skip') {
        passOver(steps[at] as PlannedStep);
        // What comes before it is not tried again: an order of steps is judged.
        last = undefined;
        at += 1;
      }
      // Whoever goes on after a failed step is shown the one that comes then first.
      until = move.do === 'skip' || goesOn ? at : move.do === 'until' ? move.goal : at + 1;
      failed = false;
      takeNews();
    };

    for (;;) {
      let found = takeNews();
      for (let step = steps[at]; step && at < until && found.length === 0; step = steps[at]) {
        last = at;
        await runStep(run, step);
        found = takeNews();
        failed = found.length > 0;
        if (!failed) at += 1;
      }
      const again = last !== undefined && steps[last]?.background === false;
      const move = await ask({ run, steps, at, failed, again, found });
      const over = at === steps.length && move.do === 'next';
      if (over || move.do === 'quit') {
        const whole = at === steps.length || seen.size > 0;
        return {
          ...(whole
            ? { reason: 'completed' }
            : { reason: 'cut-short', detail: `somebody ended it before ${nameOf(steps[at] as PlannedStep)}` }),
          ...(move.do === 'quit' && move.keep ? { keep: true } : {}),
        };
      }
      follow(move);
    }
  };
}

function nameOf(step: PlannedStep): string {
  return step.name ?? `"${step.title}"`;
}
