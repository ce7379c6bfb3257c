/** What an `expect` claims in one variant: clauses and log lines that are meant for it, and the versions that each is meant for. */
import { expectations } from './expectations/expectations.ts';
import type { Line } from './line-pattern.ts';
import type { Clause, PlannedLine } from './plan.ts';
import type { ParsedStep, WhenSource } from './scenario.ts';
import { isForVariant, type When } from './version-range.ts';
import type { Path, YamlSource } from './yaml-source.ts';

/** The versions that something is meant for; undefined where for all. */
export function planWhen(when: WhenSource | undefined): When | undefined {
  if (!when) return undefined;
  const { variant: _variant, params: _params, at, ...versions } = when;
  return Object.keys(versions).length > 0 ? { versions, ...(at === undefined ? {} : { at }) } : undefined;
}

/** None where the line is meant for other variants. */
export function planLine(line: Line, path: Path, yaml: YamlSource, variant: string): readonly PlannedLine[] {
  if (!isForVariant(line.when, variant)) return [];
  const { when: source, ...rest } = line;
  const when = planWhen(source);
  return [{ ...rest, ...(when === undefined ? {} : { when }), span: yaml.spanOf(path) }];
}

/** The step's clauses; one on logs that has no line left in this variant is left out. */
export function planClauses({ yaml, args }: Extract<ParsedStep, { readonly verb: 'expect' }>, variant: string): readonly Clause[] {
  return args.flatMap((clause): readonly Clause[] => {
    const { kind, path, claim } = clause;
    const span = yaml.keySpanOf(path);
    const title = (expectations[kind].title as (claim: unknown) => string)(claim);
    if (kind !== 'log') return [{ kind, span, title, claim } as Clause];
    const { lines, never, ...rest } = claim;
    const planned = {
      ...rest,
      lines: lines.flatMap((line, index) => planLine(line, [...path, 'lines', index], yaml, variant)),
      never: never.flatMap((line, index) => planLine(line, [...path, 'never', index], yaml, variant)),
    };
    return planned.lines.length + planned.never.length > 0 ? [{ kind, span, title, claim: planned }] : [];
  });
}
