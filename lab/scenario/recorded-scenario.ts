/**
 * Writes a scenario file from recorded steps: the variant `recorded`, which is what was done, and a mutant in which what brought
 * about the first expectation is left out. Pure; whether the file is right is the planner's to say.
 */
import { isDeepStrictEqual } from 'node:util';
import { Document, isMap, isPair, isSeq, visit } from 'yaml';
import type { Value } from '../core/event.ts';
import type { LabObject } from '../topology/overlay.ts';
import type { RawStep } from './typed-step.ts';
import { type VerbName, verbNames } from './verbs/verbs.ts';

export interface Recorded {
  readonly name: string;
  readonly proves: string;
  readonly source: string;
  readonly lab: LabObject;
  readonly steps: readonly RawStep[];
}

/** The variant that is what was done. */
export const recordedVariant = 'recorded';

/** A flow map or list longer than this goes over several lines. */
const width = 100;

/** The file's text. Without a step that the first expectation is about there is no mutant, and a comment says what is missing. */
export function writeRecorded({ name, proves, source, lab, steps }: Recorded): string {
  const mutant = mutantOf(steps);
  const head = [
    '# Recorded by lab:record. Say in `proves` what this shows, and take out what is not about that.',
    mutant
      ? `# The mutant leaves out ${JSON.stringify(verbOf(steps[mutant.cause] as RawStep))}, so that ${mutant.mustFail} must fail: a scenario that passes all the same shows nothing.`
      : '# It expects nothing that a step brought about, so there is no mutant: add an expect with `as`, and a variant with must-fail.',
  ];
  const file = {
    scenario: name,
    proves,
    sources: [source],
    lab,
    steps: mutant ? withStandIn(steps, mutant.cause) : steps,
    variants: { [recordedVariant]: {}, ...(mutant ? { mutant: { 'must-fail': mutant.mustFail } } : {}) },
  };
  return `${head.join('\n')}\n${render(file)}`;
}

interface Mutant {
  /** Index of the step that is left out. */
  readonly cause: number;
  readonly mustFail: string;
}

/** The last thing that was done before the first expectation that has a name. */
function mutantOf(steps: readonly RawStep[]): Mutant | undefined {
  const noticed = steps.findIndex((step) => verbOf(step) === 'expect' && typeof step.as === 'string');
  const cause = steps
    .slice(0, Math.max(0, noticed))
    .findLastIndex((step) => !['expect', 'mark', 'workload'].includes(verbOf(step)) && !isHarmless(step));
  return cause < 0 ? undefined : { cause, mustFail: String((steps[noticed] as RawStep).as) };
}

/** What stands in the mutant in a step's place: nothing happens, where possible on the same hosts, under the same name, to which later steps refer. */
function withStandIn(steps: readonly RawStep[], cause: number): readonly RawStep[] {
  const left = steps[cause] as RawStep;
  const name = left.as;
  return steps.map(namingTargetOf(left, name)).flatMap((step, index): readonly RawStep[] => {
    if (index === cause) return [{ ...step, when: { variant: recordedVariant } }, ...(name === undefined ? [] : [standIn(step)])];
    // Nothing is there to be undone.
    return step.heal === name && name !== undefined ? [{ ...step, when: { variant: recordedVariant } }] : [step];
  });
}

/** For verbs whose steps record more than where they ran, and for the others. */
const harmless = { pgbackrest: 'info', patronictl: 'list', sql: 'select 1', exec: 'true' } as const;

/** What would stand in its place is the step itself. */
function isHarmless(step: RawStep): boolean {
  const { when: _, ...other } = standIn(step);
  return isDeepStrictEqual(other, step);
}

function standIn(step: RawStep): RawStep {
  const verb = verbOf(step);
  const rest = { ...(step.as === undefined ? {} : { as: step.as }), when: { variant: 'mutant' } };
  const args = step[verb];
  if (verb in harmless) {
    const run = harmless[verb as keyof typeof harmless];
    const where = typeof args === 'object' && args !== null && 'on' in args ? { on: args.on as Value } : undefined;
    return { [verb]: where ? { ...where, run } : run, ...rest };
  }
  return { exec: { on: startsHost(verb, args) ? 'etcd1' : targetOf(args), run: 'true' }, ...rest };
}

/** The stand-in of a host's start runs elsewhere, and its `on` is not that host: who means the host names it as the start did. */
function namingTargetOf(left: RawStep, name: Value | undefined): (step: RawStep) => RawStep {
  const args = left[verbOf(left)];
  const target = targetOf(args);
  if (!startsHost(verbOf(left), args) || typeof target !== 'string' || name === undefined) return (step) => step;
  return (step) => JSON.parse(JSON.stringify(step).replaceAll(`\${${name}.on}`, () => target)) as RawStep;
}

/** Such a host is down, and carries nothing out. */
function startsHost(verb: VerbName, args: Value | undefined): boolean {
  return verb === 'start' && !(typeof args === 'object' && args !== null && 'service' in args);
}

/** Whom a fault or a service's step is about. */
function targetOf(args: Value | undefined): Value {
  if (typeof args !== 'object' || args === null || Array.isArray(args)) return args ?? 'leader';
  const { on, from } = args as { on?: Value; from?: Value };
  return on ?? from ?? 'leader';
}

function verbOf(step: RawStep): VerbName {
  return verbNames.find((verb) => verb in step) ?? 'exec';
}

/** A name for a step that has none and may be referred to; undefined for those that need none. `taken`: names that are in use. */
export function nameFor(step: RawStep, taken: readonly string[]): string | undefined {
  const verb = verbOf(step);
  if (step.as !== undefined || ['workload', 'mark', 'expect', 'heal', 'recipe', 'snapshot', 'fork'].includes(verb)) return undefined;
  const args = step[verb];
  const line = typeof args === 'string' ? args : typeof args === 'object' && args !== null && 'run' in args ? String(args.run) : '';
  const [command = ''] = verb === 'pgbackrest' || verb === 'patronictl' ? line.split(/\s+/).filter((word) => !word.startsWith('-')) : [];
  return freeName(/^[a-z][a-z-]*$/.test(command) ? command : verb, taken);
}

/** `base`, `base-2`, ...: what is not in use and has no meaning of its own. */
export function freeName(base: string, taken: readonly string[]): string {
  const used = [...taken, 'cluster', 'now', 'all'];
  for (let n = 1; ; n += 1) {
    const name = n === 1 ? base : `${base}-${n}`;
    if (!used.includes(name)) return name;
  }
}

/** How long to wait the next time, s: three times as long as it took, and never less than the language's own 30 s. */
const patience = { times: 3, least: 30, steps: 10 } as const;

/** `within` of an expectation that was met after `took` seconds. */
export function withinFor(took: number): string {
  return `${Math.max(patience.least, Math.ceil((took * patience.times) / patience.steps) * patience.steps)}s`;
}

/** How a step in the background ended. `took`: s. */
export interface EndedBehind {
  readonly name: string;
  readonly exit: number;
  readonly took: number;
}

/** Waits for steps in the background, which are to end as they did. */
export function joinOf(ended: readonly EndedBehind[]): RawStep {
  const value = Object.fromEntries(ended.map(({ name, exit }) => [`\${${name}.exit}`, exit]));
  return { expect: { value }, within: withinFor(Math.max(...ended.map(({ took }) => took))) };
}

/** Names of the steps in the background that no later one waits for. */
export function unjoined(steps: readonly RawStep[]): readonly string[] {
  return steps.flatMap((step, index) => {
    const waits = ({ expect }: RawStep) => JSON.stringify(expect ?? {}).includes(`"\${${step.as}.`);
    return step.background === true && !steps.slice(index + 1).some(waits) ? [String(step.as)] : [];
  });
}

/** A step as it stands in the file, for people who have just typed it. */
export function renderStep(step: RawStep): string {
  return render([step]).trimEnd();
}

/** One line for what is small, a block for the rest and for what people read line by line: the file itself, steps and variants. */
function render(value: unknown): string {
  const document = new Document(value);
  visit(document, {
    Collection: (_, node, path) => {
      const parent = path.at(-1);
      const key = isPair(parent) ? String(parent.key) : '';
      const block = path.length === 1 || key === 'steps' || key === 'variants' || (isSeq(parent) && isStep(node));
      node.flow = !block && JSON.stringify(node).length < width;
    },
  });
  return document.toString({ lineWidth: 0 });
}

function isStep(node: unknown): boolean {
  return isMap(node) && verbNames.some((verb) => node.has(verb));
}
