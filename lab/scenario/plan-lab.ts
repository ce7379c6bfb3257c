/** The lab of one variant: the file's and its variants' layers put together, filled in with vars, checked and drafted. */
import type { Value } from '../core/event.ts';
import type { Blueprint } from '../topology/blueprint.ts';
import { draft, placeholders } from '../topology/draft.ts';
import { type LabObject, type LabSpec, labObjectSchema, mergeLab } from '../topology/overlay.ts';
import { expand } from './expand.ts';
import { type Collector, place } from './plan-scope.ts';
import { checkReferences, type Known } from './reference-check.ts';
import type { ParsedVariant, Scenario } from './scenario.ts';
import { check } from './schema-problems.ts';
import { type Path, valueAt, type YamlSource } from './yaml-source.ts';

/** What the variant asks for, as one topology; undefined where something in it is wrong. Vars that it uses are added to `used`. */
export function planLab(
  scenario: Scenario,
  chain: readonly ParsedVariant[],
  vars: Readonly<Record<string, Value>>,
  used: Set<string>,
  collector: Collector,
): LabObject | undefined {
  const { yaml } = scenario;
  const variant = chain.at(-1)?.name ?? '';
  const known = new Map(Object.entries(vars).map(([name, value]): [string, Known] => [name, { kind: 'var', value }]));
  const layers: { readonly lab: Value; readonly path: Path }[] = [
    { lab: scenario.lab, path: ['lab'] },
    ...chain.flatMap((one) => (one.lab === undefined ? [] : [{ lab: one.lab, path: [...one.path, 'lab'] }])),
  ];
  if (layers.some(({ lab }) => typeof lab !== 'string' && (typeof lab !== 'object' || lab === null || Array.isArray(lab))))
    return undefined;
  const mistakes = layers
    .flatMap(({ lab, path }) =>
      checkReferences(lab, path, { known, later: new Set(), elsewhere: new Map(), excused: new Set(), variant }, used),
    )
    .map((mistake) => ({
      ...mistake,
      hint: `${mistake.hint === undefined ? '' : `${mistake.hint}; `}a lab is made before the first step and sees vars only`,
    }));
  if (mistakes.length > 0) {
    collector.problems.push(...mistakes.map((mistake) => place(yaml, mistake)));
    return undefined;
  }
  const merged = layers.map(({ lab }) => lab as LabSpec).reduce<LabObject>((first, second) => mergeLab(first, second), {});
  const filled = expand(merged, { vars, values: {} });
  if (!filled.ok) return undefined;
  const checked = check(labObjectSchema, filled.value as unknown as Value);
  if (checked.ok) return checked.value;
  collector.problems.push(
    ...checked.mistakes.map((mistake) => place(yaml, { ...mistake, path: labPath(yaml, chain, mistake.path, mistake.key) })),
  );
  return undefined;
}

/** The last layer that says something at a path of the merged lab. */
function labPath(yaml: YamlSource, chain: readonly ParsedVariant[], path: Path, key: true | undefined): Path {
  const layers = [...chain.toReversed().map((one) => [...one.path, 'lab']), ['lab']];
  for (let length = path.length; length > 0; length -= 1) {
    const found = layers.map((layer) => [...layer, ...path.slice(0, length)]).find((candidate) => yaml.has(candidate));
    if (found) return key && length < path.length ? found.slice(0, -1) : found;
  }
  return ['lab'];
}

/** The lab as it would be made; what does not fit together is put where the file says it. */
export function draftLab(scenario: Scenario, chain: readonly ParsedVariant[], lab: LabObject, collector: Collector): Blueprint | undefined {
  const text = JSON.stringify(lab);
  const drafted = collector.blueprints.get(text) ?? draft(lab, collector.options.catalogue, placeholders(lab));
  collector.blueprints.set(text, drafted);
  for (const { message, path, hint } of drafted.problems ?? []) {
    const at = labPath(scenario.yaml, chain, path, undefined);
    const isKey = typeof valueAt(scenario.yaml, at) === 'object';
    collector.problems.push(
      place(scenario.yaml, { message, path: at, ...(isKey ? { key: true as const } : {}), ...(hint === undefined ? {} : { hint }) }),
    );
  }
  return drafted.blueprint;
}
