/** What is wrong with, or weak about, a variant's steps taken together: they are planned, and each of them is in order. */
import type { PlannedStep, StepOf } from './plan.ts';
import type { Mistake } from './schema-problems.ts';
import { isAbsence } from './value-test.ts';
import type { Path } from './yaml-source.ts';

/** Where a step of the scenario's own list stands. */
export interface StepPlace {
  readonly path: Path;
}

export interface RunCheck {
  readonly variant: string;
  readonly path: Path;
  readonly mutant: boolean;
}

/** What is wrong with, and what is weak about, a variant's steps taken together. `places` are those of `steps`, one each. */
export function checkWholeRun(
  steps: readonly PlannedStep[],
  places: readonly StepPlace[],
  run: RunCheck,
): { readonly problems: readonly Mistake[]; readonly advice: readonly Mistake[] } {
  const problems: Mistake[] = [];
  const advice: Mistake[] = [];
  const at = (index: number): Path => places[index]?.path ?? [];
  if (steps.length === 0)
    return { problems: [{ message: 'a scenario without steps', path: ['steps'], hint: 'it needs at least an expect' }], advice };
  problems.push(...checkWorkload(steps, at), ...checkJoined(steps, at));
  const expects = steps.filter((step) => step.verb === 'expect');
  const first = steps.findIndex((step) => step.verb === 'workload');
  if (!run.mutant && first >= 0 && !expects.some((step) => step.args.clauses.some((clause) => clause.kind === 'ledger'))) {
    advice.push({
      message: `the variant ${run.variant} writes rows and never looks for them`,
      path: at(first),
      hint: 'expect: { ledger: { lost: 0 } }, or what is true of it',
    });
  }
  if (expects.length === 0 && !steps.some((step) => step.fails !== undefined)) {
    advice.push({
      message: `the variant ${run.variant} expects nothing: it passes whatever happens`,
      path: run.path.length > 0 ? run.path : ['steps'],
      key: true,
      hint: 'add an expect',
    });
  }
  advice.push(...adviseOnRestored(steps, at));
  return { problems, advice };
}

/** A standby goes on with the leader's timeline. What is not known yet is not judged. */
function restoresAsPrimary({ args, fails }: StepOf<'pgbackrest'>): boolean {
  return fails === undefined && !/--type[= ]standby|\$\{/.test(args.run);
}

/**
 * A restored server's timeline ends where its recovery did: every row up to there is there, and `missing` is 0 whatever it lacks. Up to
 * a mark, or with `lost`, rows after it count.
 */
function adviseOnRestored(steps: readonly PlannedStep[], at: (index: number) => Path): readonly Mistake[] {
  const restored = new Set<string>();
  return steps.flatMap((step, index): readonly Mistake[] => {
    if (step.verb === 'pgbackrest' && /(^|\s)restore(\s|$)/.test(step.args.run))
      for (const host of [step.args.on ?? []].flat()) restored[restoresAsPrimary(step) ? 'add' : 'delete'](host);
    // Patroni makes a standby of it, where another leads.
    if (step.verb === 'start' && step.args.service === 'patroni') for (const host of [step.args.on].flat()) restored.delete(host);
    if (step.verb !== 'expect') return [];
    const weak = step.args.clauses.some(
      ({ kind, claim }) =>
        kind === 'ledger' &&
        [claim.on ?? []].flat().some((host) => restored.has(host)) &&
        claim.through.at === 'now' &&
        claim.lost === undefined &&
        claim.missing === 0 &&
        claim.beyond === 0,
    );
    if (!weak) return [];
    return [
      {
        message: "a restored server's timeline ends where its recovery did: nothing is missing up to there, whatever it lacks",
        path: [...at(index), 'expect'],
        key: true,
        hint: 'lost: 0 counts the rows after it as well; or say through: a mark',
      },
    ];
  });
}

function checkWorkload(steps: readonly PlannedStep[], at: (index: number) => Path): readonly Mistake[] {
  const mistakes: Mistake[] = [];
  let running = false;
  steps.forEach((step, index) => {
    // A step that may be passed over says nothing certain about what comes after it.
    if (step.verb === 'fork' && running)
      mistakes.push({ message: 'the workload runs, and would go on in another past', path: at(index), hint: 'workload: stop comes first' });
    if (step.verb !== 'workload') return;
    const { args } = step;
    if (args.do === 'start' && running && !step.when) mistakes.push({ message: 'the workload runs already', path: at(index) });
    if (args.do !== 'start' && args.do !== 'set' && !running && !step.when)
      mistakes.push({
        message: `the workload does not run, so it cannot ${args.do === 'stop' ? 'stop' : `write more ${args.do}`}`,
        path: at(index),
        hint: 'workload: start comes first',
      });
    running = args.do !== 'stop';
  });
  return mistakes;
}

function checkJoined(steps: readonly PlannedStep[], at: (index: number) => Path): readonly Mistake[] {
  return steps.flatMap((step, index): readonly Mistake[] => {
    if (!step.background || step.name === undefined) return [];
    const joined = steps
      .slice(index + 1)
      .some(
        (later) =>
          later.verb === 'expect' &&
          later.args.clauses.some(
            (clause) =>
              clause.kind === 'value' &&
              clause.claim.entries.some(({ value, test }) => value.includes(`\${${step.name}.`) && !isAbsence(test)),
          ),
      );
    return joined
      ? []
      : [
          {
            message: `nothing waits for ${step.name}, which runs in the background: the run would end as unknown`,
            path: at(index),
            hint: `expect: { value: { "\${${step.name}.exit}": 0 } }`,
          },
        ];
  });
}
