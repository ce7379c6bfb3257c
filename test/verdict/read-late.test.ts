/** Streams of different hosts are read at different speeds: a verdict must not depend on which line reached the recorder first. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Plan } from '../../lab/scenario/plan.ts';
import { createJudge } from '../../lab/verdict/judge.ts';
import type { Verdict } from '../../lab/verdict/verdict.ts';
import { failedOver, healthy, planOf, Run } from './a-run.ts';

describe('what is read late', () => {
  const plan = (log: string, modifiers = 'within: 5s', state = '') =>
    planOf(`- start: pg2\n- expect: { ${state}log: ${log} }\n  ${modifiers}`);
  const abc = '{ lines: [{ patroni: a }, { patroni: b }, { patroni: c }], never: [{ patroni: x }] }';
  const plans = [
    plan(abc),
    plan(abc.replace('}], never', '}], order: any, never')),
    plan(abc, 'within: 5s\n  for: 1s'),
    ...['1', '2', '{ max: 1 }', '{ not: 1 }', '{ any-of: [1, 3] }', '{ above: 1, below: 3 }', "{ matches: '/^[13]$/' }"].flatMap((times) =>
      ['within: 5s', 'within: 5s\n  for: 1s'].map((modifiers) =>
        plan(`{ lines: [{ patroni: a, times: ${times} }, { patroni: b }], never: [{ patroni: x }] }`, modifiers),
      ),
    ),
    ...['within: 5s', 'within: 5s\n  for: 1s'].flatMap((modifiers) => [
      plan(abc.replace(', { patroni: c }', ''), modifiers, 'cluster: { leader: pg1 }, '),
      plan('{ lines: [{ patroni: a, times: 1 }] }', modifiers, 'cluster: { leader: pg1 }, '),
    ]),
  ];
  const entries = fc
    .array(
      fc.record({
        host: fc.constantFrom('pg1', 'pg2'),
        text: fc.constantFrom('a', 'a', 'b', 'c', 'x'),
        at: fc.integer({ min: 0, max: 30 }),
        late: fc.integer({ min: 0, max: 40 }),
      }),
      { maxLength: 7 },
    )
    .map((some) => some.toSorted((a, b) => a.at - b.at));
  type Entries = typeof entries extends fc.Arbitrary<infer T> ? T : never;
  /** What is seen every 0.4 s. */
  const looks = fc.array(fc.constantFrom(healthy, healthy, healthy, failedOver, { unknown: 'no answer' }), {
    minLength: 20,
    maxLength: 20,
  });
  type Looks = typeof looks extends fc.Arbitrary<infer T> ? T : never;

  /** Lines as they are written, or as much later as they say, but those of one host in their order. `until`: seconds at which it all ends. */
  function told(plan: Plan, lines: Entries, seen: Looks, { late, until }: { late: boolean; until: number }): Run {
    const readTo = new Map<string, number>();
    const logged = lines.map(({ host, text, at, late: by }) => {
      const read = Math.max(readTo.get(host) ?? 0, at + (late ? by : 0));
      readTo.set(host, read);
      const written = 2 + at / 5;
      return { second: 2 + Math.min(read, 42) / 5, tell: (run: Run) => run.log(host, 'patroni', text, { at: written }), written };
    });
    const looked = seen.map((answer, index) => ({
      second: 2.1 + index * 0.4,
      tell: (run: Run) => run.cluster(answer),
      written: 2.1 + index * 0.4,
    }));
    const run = new Run(plan).at(1).did('s1').at(2).start('s2');
    const all = [...logged, ...looked].filter(({ written }) => written <= until).sort((a, b) => a.second - b.second);
    for (const { second, tell } of all) tell(run.at(Math.min(second, until)));
    return run.at(until).read();
  }

  it('counts as if it had been read at once', () => {
    fc.assert(
      fc.property(fc.constantFrom(...plans), entries, looks, (plan, lines, seen) => {
        const [atOnce, late] = [false, true].map((late) => told(plan, lines, seen, { late, until: 10.5 }).end('s2').complete().verdict());
        const facts = (verdict: Verdict | undefined) => ({
          verdict: verdict?.verdict,
          reason: verdict?.because?.reason,
          message: verdict?.because?.message,
          at: verdict?.because?.at,
          waited: verdict?.steps[1]?.waited,
          lines: verdict?.steps[1]?.clauses?.map((clause) => [clause.state, clause.states]),
        });
        expect(facts(late)).toEqual(facts(atOnce));
      }),
      { numRuns: 200 },
    );
  });

  it('changes nothing once everything was read up to the moment that the runner is told to stop at', () => {
    fc.assert(
      fc.property(fc.constantFrom(...plans), entries, looks, fc.integer({ min: 1, max: 42 }), (plan, lines, seen, stop) => {
        const short = told(plan, lines, seen, { late: true, until: 2 + stop / 5 });
        const judge = createJudge(plan);
        for (const event of short.events) judge.feed(event);
        fc.pre(judge.active()?.state === 'met' || judge.active()?.state === 'failed');
        const stopped = short.end('s2').complete().verdict();
        const whole = told(plan, lines, seen, { late: false, until: 10.5 }).end('s2').complete().verdict();
        expect([stopped.verdict, stopped.because?.at]).toEqual([whole.verdict, whole.because?.at]);
      }),
      { numRuns: 200 },
    );
  });
});
