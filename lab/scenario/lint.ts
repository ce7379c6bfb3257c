/**
 * Claims that could not fail, steps that could not work, and hosts that are not there: what is wrong with a step although its
 * schema is content. Knows the language's rules and the drafted lab; positions are paths that the planner turns into places.
 */
import type { Value } from '../core/event.ts';
import type { Blueprint } from '../topology/blueprint.ts';
import type { Overlay } from '../topology/overlay.ts';
import { didYouMean } from '../topology/topology-problem.ts';
import type { Claims } from './expectations/expectations.ts';
import type { Clause, PlannedStep } from './plan.ts';
import type { Point } from './point.ts';
import type { Scope } from './reference-check.ts';
import type { RunArgs } from './run-args.ts';
import type { ParsedClause, ParsedStep } from './scenario.ts';
import type { Mistake } from './schema-problems.ts';
import { parseSelector, resolveSelector, roleWords, type Selector, type SelectorView, selectorMeanings } from './selector.ts';
import { isTemplate } from './template.ts';
import type { VerbArgs } from './verbs/verbs.ts';
import { namesItself, verbs } from './verbs/verbs.ts';
import type { Path } from './yaml-source.ts';

export interface StepCheck {
  readonly step: ParsedStep;
  /** For expect: its clauses as planned for this variant. */
  readonly clauses: readonly Clause[];
  readonly names: Scope;
  /** undefined where the lab has mistakes of its own: hosts are not checked then. */
  readonly blueprint: Blueprint | undefined;
  readonly inRecipe: boolean;
}

/** Everything wrong with one step in its place. Paths are from the file's root. */
export function checkStep(given: StepCheck): readonly Mistake[] {
  return [
    ...checkModifiers(given),
    ...checkRun(given),
    ...checkTargets(given),
    ...checkConfigure(given),
    ...checkFill(given),
    ...checkHeal(given),
    ...checkSnapshots(given),
    ...checkExpect(given),
  ];
}

function checkModifiers({ step, inRecipe }: StepCheck): readonly Mistake[] {
  const { verb, path } = step;
  const runs = (verbs[verb] as { runs?: true }).runs === true;
  const mistakes: Mistake[] = [];
  const wrong = (modifier: string, message: string, hint?: string) =>
    mistakes.push({ message, path: [...path, modifier], key: true, ...(hint === undefined ? {} : { hint }) });
  if (namesItself(verb) && step.as !== undefined)
    wrong('as', `a ${verb} has a name already`, `it is ${(step.args as { name: string }).name}`);
  if ((namesItself(verb) || verb === 'fork') && inRecipe)
    mistakes.push({ message: `a recipe sets up and makes no ${verb}s`, path, hint: `make the ${verb} in the scenario` });
  if (step.for !== undefined && verb !== 'expect') wrong('for', `for is a modifier of expect, not of ${verb}`);
  if (step.fails !== undefined && !runs)
    wrong('fails', `fails is for steps that run a program, not for ${verb}`, 'pgbackrest, patronictl, sql, exec');
  if (step.background && !runs)
    wrong('background', `only steps that run a program can go on in the background, not ${verb}`, 'pgbackrest, patronictl, sql, exec');
  if (step.background && runs && step.as === undefined)
    wrong('background', 'a step in the background needs a name', 'add as: NAME, and join it with expect: {value: {"${NAME.exit}": 0}}');
  if (step.when?.params !== undefined && !inRecipe)
    mistakes.push({ message: 'when.params is for recipes', path: [...path, 'when', 'params'], key: true });
  if (step.when?.variant !== undefined && inRecipe)
    mistakes.push({
      message: 'a recipe knows no variants',
      path: [...path, 'when', 'variant'],
      key: true,
      hint: 'give the recipe a parameter, and use when: {params: {...}}',
    });
  return mistakes;
}

function checkRun({ step }: StepCheck): readonly Mistake[] {
  const { verb, path } = step;
  if (verb !== 'pgbackrest' && verb !== 'patronictl' && verb !== 'sql' && verb !== 'exec') return [];
  const args = step.args as RunArgs;
  const mistakes: Mistake[] = [];
  if (verb === 'exec' && args.on === undefined)
    mistakes.push({ message: 'exec must say where it runs', path: [...path, verb], hint: 'exec: { on: HOST, run: COMMAND }' });
  const command = args.run
    .trim()
    .split(/\s+/)
    .find((word) => !word.startsWith('-'));
  if (verb === 'pgbackrest' && command === 'restore' && args.on === undefined)
    mistakes.push({ message: 'a restore must say where', path: [...path, verb], hint: 'pgbackrest: { on: HOST, run: restore ... }' });
  if (verb === 'pgbackrest' && /(^|\s)--stanza[=\s]/.test(args.run))
    mistakes.push({
      message: '--stanza is added by the lab',
      path: [...path, verb],
      hint: 'give another one as stanza: NAME, or none with stanza: false',
    });
  return mistakes;
}

// Hosts.

/** Every selector of a step, with its place. */
export function selectorsOf(step: ParsedStep): readonly { readonly selector: string; readonly path: Path }[] {
  const { verb, path } = step;
  const args = step.args as Record<string, unknown>;
  const found: { selector: string; path: Path }[] = [];
  const take = (value: unknown, at: Path) => {
    if (typeof value === 'string') found.push({ selector: value, path: at });
  };
  if (verb === 'expect') {
    for (const { kind, claim, path: at } of step.args as readonly ParsedClause[]) {
      const { on, members } = claim as { on?: unknown; members?: Claims['cluster']['members'] };
      take(on, [...at, 'on']);
      if (kind === 'cluster') for (const member of members ?? []) take(member.of, [...at, 'members', member.of]);
      if (kind === 'log')
        for (const list of ['lines', 'never'] as const)
          for (const [index, line] of (claim as Claims['log'])[list].entries()) take(line.on, [...at, list, index, 'on']);
    }
  } else if (!namesItself(verb) && verb !== 'fork' && verb !== 'heal' && verb !== 'recipe') {
    for (const key of ['on', 'from', 'to'] as const) take(args[key], [...path, verb, key]);
  }
  take(step.when?.at, [...path, 'when', 'at']);
  return found;
}

function checkTargets({ step, blueprint }: StepCheck): readonly Mistake[] {
  return selectorsOf(step).flatMap(({ selector, path }) => checkSelector(selector, path, blueprint));
}

/** Syntax, hosts and clusters of a selector; what stands in `${...}` is the run's to find out. */
export function checkSelector(selector: string, path: Path, blueprint: Blueprint | undefined): readonly Mistake[] {
  const parsed = parseSelector(selector);
  if (!parsed.ok) return [{ message: parsed.message, path }];
  if (!blueprint) return [];
  const hosts = blueprint.hosts.map((host) => host.name);
  const clusters = blueprint.clusters.map((cluster) => cluster.name);
  return leaves(parsed.selector).flatMap((leaf): readonly Mistake[] => {
    if (leaf.kind === 'host' && !hosts.includes(leaf.host))
      return [
        { message: `this lab has no host "${leaf.host}"`, path, hint: didYouMean(leaf.host, [...hosts, ...Object.keys(selectorMeanings)]) },
      ];
    if (leaf.kind === 'word' && leaf.cluster !== undefined && !clusters.includes(leaf.cluster))
      return [{ message: `this lab has no cluster "${leaf.cluster}"`, path, hint: didYouMean(leaf.cluster, clusters) }];
    return [];
  });
}

function leaves(selector: Selector): readonly Selector[] {
  if (selector.kind === 'list') return selector.items.flatMap(leaves);
  return selector.kind === 'but' ? [...leaves(selector.of), ...leaves(selector.without)] : [selector];
}

/** Hosts of a selector that means the same hosts for a lab's whole life; undefined for roles and references. */
function fixedHosts(selector: string, blueprint: Blueprint): readonly string[] | undefined {
  const parsed = parseSelector(selector);
  if (!parsed.ok || leaves(parsed.selector).some((leaf) => leaf.kind === 'reference' || (leaf.kind === 'word' && isRole(leaf.word))))
    return undefined;
  const view: SelectorView = {
    clusters: Object.fromEntries(
      blueprint.clusters.map(({ name, members, repo }) => [
        name,
        { members, streaming: [], sync: [], ...(repo === undefined ? {} : { repo }) },
      ]),
    ),
    etcd: blueprint.etcd,
    repo: blueprint.hosts.filter((host) => host.kind === 'repo').map((host) => host.name),
    hosts: blueprint.hosts.map((host) => host.name),
  };
  const resolved = resolveSelector(parsed.selector, view);
  return resolved.ok ? resolved.hosts : [];
}

function isRole(word: string): boolean {
  return (roleWords as readonly string[]).includes(word);
}

// Verbs with rules of their own.

function checkConfigure({ step, blueprint }: StepCheck): readonly Mistake[] {
  if (step.verb !== 'configure') return [];
  const { on, of, overlay } = step.args as VerbArgs['configure'] & { overlay: Overlay };
  const path = [...step.path, 'configure'];
  const mistakes: Mistake[] = [];
  const local = (['patroni', 'pgbackrest', 'files', 'versions'] as const).filter((key) => overlay[key] !== undefined);
  if (Object.keys(overlay).length === 0)
    mistakes.push({ message: 'configure changes nothing', path, hint: 'give patroni, dcs, pgbackrest, files, versions or hosts' });
  if (local.length > 0 && on === undefined)
    mistakes.push({
      message: `${local.join(' and ')} ${local.length > 1 ? 'are local files' : 'is a local file'}: say whose`,
      path,
      hint: 'add on: members, or put it under hosts',
    });
  if (on !== undefined && local.length === 0)
    mistakes.push({
      message: 'on is for local files, and none of them changes',
      path: [...path, 'on'],
      key: true,
      hint: "dcs is the whole cluster's, hosts names its own",
    });
  for (const [host, inner] of Object.entries(overlay.hosts ?? {})) {
    if (inner.dcs !== undefined)
      mistakes.push({ message: `dcs is the whole cluster's, not ${host}'s alone`, path: [...path, 'hosts', host, 'dcs'], key: true });
    if (blueprint && !blueprint.hosts.some((one) => one.name === host))
      mistakes.push({
        message: `this lab has no host "${host}"`,
        path: [...path, 'hosts', host],
        key: true,
        hint: didYouMean(
          host,
          blueprint.hosts.map((one) => one.name),
        ),
      });
  }
  if (of !== undefined) mistakes.push(...checkCluster(of, [...path, 'of'], blueprint));
  return mistakes;
}

function checkCluster(name: string, path: Path, blueprint: Blueprint | undefined): readonly Mistake[] {
  const clusters = blueprint?.clusters.map((cluster) => cluster.name);
  return !clusters || isTemplate(name) || clusters.includes(name)
    ? []
    : [{ message: `this lab has no cluster "${name}"`, path, hint: didYouMean(name, clusters) }];
}

function checkFill({ step, blueprint }: StepCheck): readonly Mistake[] {
  if (step.verb !== 'fill' || !blueprint) return [];
  const { on, path: filled } = step.args as VerbArgs['fill'];
  if (isTemplate(filled)) return [];
  const missing = (fixedHosts(on, blueprint) ?? []).filter((name) => {
    const disks = blueprint.hosts.find((host) => host.name === name)?.disks ?? [];
    return !disks.some((disk) => disk.size !== undefined && (filled === disk.path || filled.startsWith(`${disk.path}/`)));
  });
  return missing.length === 0
    ? []
    : [
        {
          message: `${filled} on ${missing.join(', ')} is on no disk of a declared size: it cannot be filled`,
          path: [...step.path, 'fill', 'path'],
          hint: `lab: {preset: ..., hosts: {${missing[0]}: {disks: {${filled}: 200m}}}}`,
        },
      ];
}

function checkHeal({ step, names }: StepCheck): readonly Mistake[] {
  if (step.verb !== 'heal') return [];
  const { fault } = step.args as VerbArgs['heal'];
  if (fault === 'all' || names.excused.has(fault)) return [];
  const known = names.known.get(fault);
  if (known?.kind === 'step' && known.healed) return [];
  const faults = [...names.known].flatMap(([name, one]) => (one.kind === 'step' && one.healed ? [name] : []));
  const message =
    known?.kind === 'step' ? `${fault} is a step of ${known.verb}, which heal does not undo` : `no fault before this is named ${fault}`;
  return [
    {
      message,
      path: [...step.path, 'heal'],
      hint: faults.length > 0 ? didYouMean(fault, ['all', ...faults]) : 'name a step of freeze, cut, fill, slow or clock with `as`',
    },
  ];
}

function checkSnapshots({ step, names, blueprint }: StepCheck): readonly Mistake[] {
  if (step.verb === 'snapshot') {
    const host = blueprint?.hosts.find(({ disks }) => disks.length > 0);
    if (!host) return [];
    const message = `${host.name} has a disk of its own at ${host.disks.map(({ path }) => path).join(' and ')}, which no snapshot holds`;
    return [{ message, path: [...step.path, 'snapshot'] }];
  }
  if (step.verb !== 'fork') return [];
  const { name } = step.args as VerbArgs['fork'];
  const known = names.known.get(name);
  if (names.excused.has(name) || (known?.kind === 'step' && known.verb === 'snapshot')) return [];
  const taken = [...names.known].flatMap(([each, one]) => (one.kind === 'step' && one.verb === 'snapshot' ? [each] : []));
  const hint = taken.length > 0 ? didYouMean(name, taken) : 'snapshot: NAME comes first';
  return [{ message: `no snapshot before this is named ${name}`, path: [...step.path, 'fork'], hint }];
}

// Expectations.

function checkExpect({ step, clauses, names, blueprint }: StepCheck): readonly Mistake[] {
  if (step.verb !== 'expect') return [];
  const parsed = step.args as readonly ParsedClause[];
  const mistakes = parsed.flatMap(({ kind, claim, path }): readonly Mistake[] => {
    if (kind === 'log') return checkLog(claim as Claims['log'], path, names);
    if (kind === 'cluster') return checkClusterClaim(claim as Claims['cluster'], path, blueprint);
    if (kind === 'ledger') return checkPoint((claim as Claims['ledger']).through, [...path, 'through'], names);
    if (kind === 'repo') return checkPoint((claim as Claims['repo']).archived, [...path, 'archived'], names);
    return [];
  });
  const waits = clauses.some((clause) => clause.kind !== 'log' || clause.claim.lines.length > 0);
  if (clauses.length > 0 && !waits && step.for === undefined) {
    mistakes.push({
      message: 'only never: this holds at once, and nothing was watched',
      path: step.path,
      hint: 'add for: 10s, or a line that must come',
    });
  }
  return mistakes;
}

function checkLog(claim: Claims['log'], path: Path, names: Scope): readonly Mistake[] {
  const selectors = [
    { on: claim.on, at: [...path, 'on'] },
    ...(['lines', 'never'] as const).flatMap((list) =>
      claim[list].map((line, index) => ({ on: line.on, at: [...path, list, index, 'on'] })),
    ),
  ];
  const mistakes: Mistake[] = selectors.flatMap(({ on, at }): readonly Mistake[] => {
    const selector = on === undefined ? undefined : parseSelector(on);
    const role = selector?.ok ? leaves(selector.selector).find((leaf) => leaf.kind === 'word' && isRole(leaf.word)) : undefined;
    return role?.kind === 'word'
      ? [
          {
            message: `${role.word} changes while lines are read: whose lines are meant?`,
            path: at,
            hint: `a host, members, or who it was at a named step: \${NAME.${role.word === 'sync' ? 'replicas' : role.word}}`,
          },
        ]
      : [];
  });
  const { since } = claim;
  if (since === undefined || names.excused.has(since)) return mistakes;
  const known = names.known.get(since);
  if (known?.kind !== 'step') {
    const steps = [...names.known].flatMap(([name, one]) => (one.kind === 'step' ? [name] : []));
    const message = names.later.has(since)
      ? `${since} is named only after this`
      : known
        ? `${since} is no step, so nothing was logged since`
        : `no step or mark before this is named ${since}`;
    mistakes.push({
      message,
      path: [...path, 'since'],
      ...(steps.length > 0 ? { hint: didYouMean(since, steps) } : { hint: 'name a step with `as`' }),
    });
  }
  return mistakes;
}

function checkClusterClaim(claim: Claims['cluster'], path: Path, blueprint: Blueprint | undefined): readonly Mistake[] {
  const mistakes: Mistake[] = [];
  if (claim.of !== undefined) mistakes.push(...checkCluster(claim.of, [...path, 'of'], blueprint));
  const timelines: [unknown, Path][] = [
    [claim.timeline, [...path, 'timeline']],
    ...claim.members.map((member): [unknown, Path] => [member.timeline, [...path, 'members', member.of, 'timeline']]),
  ];
  for (const [test, at] of timelines) {
    if (hasLiteralNumber(test))
      mistakes.push({
        message: "a timeline written out holds by luck: how many there were before is the lab's affair",
        path: at,
        hint: 'compare with a mark or a named step: { above: "${NAME.timeline}" }',
      });
  }
  const members = blueprint?.clusters.find((cluster) => cluster.name === (claim.of ?? 'main'))?.members;
  if (members) {
    for (const name of textsIn(claim.leader)) {
      if (!isTemplate(name) && !members.includes(name))
        mistakes.push({
          message: `"${name}" is no member, so it can never lead`,
          path: [...path, 'leader'],
          hint: didYouMean(name, members),
        });
    }
  }
  return mistakes;
}

function hasLiteralNumber(test: unknown): boolean {
  if (typeof test === 'number') return true;
  if (typeof test === 'string') return /^\d+$/.test(test);
  return typeof test === 'object' && test !== null && Object.values(test).some(hasLiteralNumber);
}

/** Texts that a test compares with, `matches` aside. */
function textsIn(test: unknown): readonly string[] {
  if (typeof test === 'string') return [test];
  if (typeof test !== 'object' || test === null) return [];
  const { not, 'any-of': anyOf } = test as { not?: Value; 'any-of'?: readonly Value[] };
  return [...(typeof not === 'string' ? [not] : []), ...(anyOf ?? []).filter((item): item is string => typeof item === 'string')];
}

function checkPoint(point: Point | undefined, path: Path, names: Scope): readonly Mistake[] {
  if (!point || point.at === 'now' || isTemplate(point.at) || names.excused.has(point.at)) return [];
  const known = names.known.get(point.at);
  if (known?.kind === 'step' && (known.verb === 'mark' || known.verb === 'pgbackrest')) {
    return point.exclusive && known.verb !== 'mark' ? [{ message: 'exclusive is for marks', path }] : [];
  }
  const points = [...names.known].flatMap(([name, one]) =>
    one.kind === 'step' && (one.verb === 'mark' || one.verb === 'pgbackrest') ? [name] : [],
  );
  const message = known
    ? `${point.at} is neither a mark nor a backup`
    : names.later.has(point.at)
      ? `${point.at} is named only after this`
      : `no mark or backup before this is named ${point.at}`;
  return [{ message, path, hint: didYouMean(point.at, ['now', ...points]) }];
}

// The run as a whole.

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
  return { problems, advice };
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
            (clause) => clause.kind === 'value' && clause.claim.entries.some((entry) => entry.value.includes(`\${${step.name}.`)),
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
