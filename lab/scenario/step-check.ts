/**
 * Steps that could not work, and hosts that are not there: what is wrong with a step although its schema is content. Knows the
 * language's rules and the drafted lab; positions are paths that the planner turns into places.
 */
import { portable } from '../topology/host-images.ts';
import { type HostOverlay, serviceNames } from '../topology/overlay.ts';
import { whatIs } from '../topology/overlay-check.ts';
import { didYouMean } from '../topology/topology-problem.ts';
import { adviseOnExpect, checkExpect, type ExpectCheck } from './expect-check.ts';
import { checkLine, linesOf } from './line-check.ts';
import { unansweredQuestion, unknownCommand } from './program-commands.ts';
import { notInVariant } from './reference-check.ts';
import type { ParsedStep } from './scenario.ts';
import type { Mistake } from './schema-problems.ts';
import { checkCluster, checkRunsPostgres, checkSelector, checkWhen, fixedHosts } from './selector-check.ts';
import { adviseOnSettings } from './settings-advice.ts';
import { processSchema } from './targets.ts';
import { isTemplate, templateParts } from './template.ts';
import { namesItself, runsProgram } from './verbs/verbs.ts';
import type { Path } from './yaml-source.ts';

export interface StepCheck extends ExpectCheck {
  readonly inRecipe: boolean;
}

/** Everything wrong with one step in its place. Paths are from the file's root. */
export function checkStep(given: StepCheck): readonly Mistake[] {
  return [
    ...checkModifiers(given),
    ...checkRun(given),
    ...checkTargets(given),
    ...checkServices(given),
    ...checkPostgres(given),
    ...checkCut(given),
    ...checkConfigure(given),
    ...checkFill(given),
    ...checkHeal(given),
    ...checkSnapshots(given),
    ...checkExpect(given),
  ];
}

/** What makes a step fail for sure, and yet is no reason not to try it: a recording takes a command before anybody has answered it. */
export function adviseOnStep(given: StepCheck): readonly Mistake[] {
  const { step } = given;
  if (step.verb === 'expect') return adviseOnExpect(given);
  if (step.verb === 'configure') return adviseOnSettings(step.raw.configure, [...step.path, 'configure']);
  return adviseOnQuestion(given);
}

function adviseOnQuestion({ step, names }: StepCheck): readonly Mistake[] {
  if (step.verb !== 'patronictl' || step.fails !== undefined) return [];
  const { run, stdin } = step.args;
  // A var may hold --force.
  const sure = templateParts(run).every(
    (part) =>
      part.kind === 'literal' ||
      (part.kind === 'reference' && (part.path[0] === 'cluster' || names.known.get(part.path[0] ?? '')?.kind === 'step')),
  );
  const question = sure && stdin === undefined ? unansweredQuestion(run) : undefined;
  return question ? [{ ...question, path: runPath(step) }] : [];
}

function checkModifiers({ step, inRecipe }: StepCheck): readonly Mistake[] {
  const { verb, path } = step;
  const runs = runsProgram(verb);
  const mistakes: Mistake[] = [];
  const wrong = (modifier: string, message: string, hint?: string) =>
    mistakes.push({ message, path: [...path, modifier], key: true, ...(hint === undefined ? {} : { hint }) });
  if (namesItself(step) && step.as !== undefined) wrong('as', `a ${verb} has a name already`, `it is ${step.args.name}`);
  if ((namesItself(step) || verb === 'fork') && inRecipe)
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

/** RUN is a text, or stands in a map. */
function runPath({ verb, path, raw }: ParsedStep): Path {
  return typeof raw[verb] === 'string' ? [...path, verb] : [...path, verb, 'run'];
}

function checkRun({ step }: StepCheck): readonly Mistake[] {
  const { verb, path, args } = step;
  if (verb !== 'pgbackrest' && verb !== 'patronictl' && verb !== 'sql' && verb !== 'exec') return [];
  const mistakes: Mistake[] = [];
  if (verb === 'exec' && args.on === undefined)
    mistakes.push({ message: 'exec must say where it runs', path: [...path, verb], hint: 'exec: { on: HOST, run: COMMAND }' });
  const command = args.run
    .trim()
    .split(/\s+/)
    .find((word) => !word.startsWith('-'));
  // Somebody may want exactly that error.
  const unknown = (verb === 'pgbackrest' || verb === 'patronictl') && step.fails === undefined ? unknownCommand(verb, args.run) : undefined;
  if (unknown) mistakes.push({ ...unknown, path: runPath(step) });
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
  const found: { selector: string; path: Path }[] = [];
  const take = (value: unknown, at: Path) => {
    if (typeof value === 'string') found.push({ selector: value, path: at });
  };
  if (step.verb === 'expect') {
    for (const { kind, claim, path: at } of step.args) {
      if ('on' in claim) take(claim.on, [...at, 'on']);
      if (kind === 'cluster') for (const member of claim.members) take(member.of, [...at, 'members', member.of]);
    }
    for (const { line, path: at } of linesOf(step)) take(line.on, [...at, 'on']);
  } else if (!namesItself(step) && verb !== 'fork' && verb !== 'heal' && verb !== 'recipe') {
    const args: Readonly<Record<string, unknown>> = { ...step.args };
    for (const key of ['on', 'from', 'to']) take(args[key], [...path, verb, key]);
  }
  return found;
}

function checkTargets({ step, names, blueprint }: StepCheck): readonly Mistake[] {
  return [
    ...selectorsOf(step).flatMap(({ selector, path }) => {
      const mistakes = checkSelector(selector, path, blueprint);
      const [name = '', field = 'on'] = selector.split('.');
      // The hosts of a step, written as if they were a host's name.
      if (mistakes.length === 0 || names.known.get(name)?.kind !== 'step') return mistakes;
      return [{ message: `"${selector}" is no selector, and ${name} is a step`, path, hint: `write "\${${name}.${field}}"` }];
    }),
    ...checkWhen(step.when, [...step.path, 'when'], blueprint),
    ...linesOf(step).flatMap((placed) => checkLine(placed, blueprint)),
  ];
}

// Verbs with rules of their own.

function checkConfigure({ step, blueprint }: StepCheck): readonly Mistake[] {
  if (step.verb !== 'configure') return [];
  const { on, of, overlay } = step.args;
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
  mistakes.push(...checkVersions(overlay.versions, [...path, 'versions']));
  for (const [host, inner] of Object.entries(overlay.hosts ?? {})) {
    mistakes.push(...checkVersions(inner.versions, [...path, 'hosts', host, 'versions']));
    for (const key of ['train', 'disks', 'services'] as const)
      if (inner[key] !== undefined)
        mistakes.push({
          message: `${key} cannot be changed while the lab runs`,
          path: [...path, 'hosts', host, key],
          key: true,
          hint: `put it into the scenario's lab: lab: { hosts: { ${host}: { ${key}: ... } } }`,
        });
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

function checkVersions(versions: HostOverlay['versions'], path: Mistake['path']): readonly Mistake[] {
  return Object.keys(versions ?? {})
    .filter((program) => !portable.some((name) => name === program))
    .map((program) => ({
      message: `${program} cannot be changed while the lab runs`,
      path: [...path, program],
      key: true,
      hint: `only ${portable.join(', ')} can; the others come with the train of the host`,
    }));
}

/** A service or process that a host of its kind never has; whether it runs just then is the run's to find out. */
function checkServices({ step, blueprint }: StepCheck): readonly Mistake[] {
  const { args } = step;
  if (!blueprint || !('service' in args || 'process' in args)) return [];
  const { on, service, process }: { readonly on: string; readonly service?: string; readonly process?: string } = args;
  const named = service ?? process;
  if (named === undefined) return [];
  const key = service === undefined ? 'process' : 'service';
  // What is no service's main process is one of PostgreSQL's own.
  const owner = serviceNames.find((name) => name === named) ?? 'postgres';
  const lacking = (fixedHosts(on, blueprint) ?? [])
    .flatMap((name) => blueprint.hosts.find((host) => host.name === name) ?? [])
    .find((host) => host.services[owner] === undefined);
  if (!lacking) return [];
  const sayable: readonly string[] = key === 'service' ? serviceNames : processSchema.options;
  const has = Object.keys(lacking.services).filter((name) => sayable.includes(name));
  return [
    { message: `${whatIs(lacking)}: it has no ${key} ${named}`, path: [...step.path, step.verb, key], hint: `it has ${has.join(', ')}` },
  ];
}

/** SQL on a host that runs no PostgreSQL, and rows that nobody takes there. */
function checkPostgres({ step, blueprint }: StepCheck): readonly Mistake[] {
  if (step.verb === 'workload')
    return step.args.do === 'set' ? checkRunsPostgres(step.args.to, [...step.path, 'workload', 'to'], blueprint) : [];
  if (step.verb !== 'sql' || step.fails !== undefined) return [];
  return checkRunsPostgres(step.args.on, [...step.path, 'sql', 'on'], blueprint);
}

/** One host on both sides; of several, each is cut from the others. */
function checkCut({ step, blueprint }: StepCheck): readonly Mistake[] {
  if (step.verb !== 'cut' || !blueprint) return [];
  const { from, to } = step.args;
  const sides = [fixedHosts(from, blueprint), fixedHosts(to, blueprint)];
  const [host, ...others] = new Set(sides.flat());
  if (host === undefined || others.length > 0 || sides.some((side) => side?.length !== 1)) return [];
  return [
    {
      message: `a cut between ${host} and itself cuts nothing`,
      path: [...step.path, 'cut', 'to'],
      hint: `say whom ${host} is cut off from`,
    },
  ];
}

function checkFill({ step, blueprint }: StepCheck): readonly Mistake[] {
  if (step.verb !== 'fill' || !blueprint) return [];
  const { on, path: filled } = step.args;
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
  const { fault } = step.args;
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
      hint:
        notInVariant(names, fault) ??
        (faults.length > 0 ? didYouMean(fault, ['all', ...faults]) : 'name a step of freeze, cut, fill, slow or clock with `as`'),
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
  const { name } = step.args;
  const known = names.known.get(name);
  if (names.excused.has(name) || (known?.kind === 'step' && known.verb === 'snapshot')) return [];
  const taken = [...names.known].flatMap(([each, one]) => (one.kind === 'step' && one.verb === 'snapshot' ? [each] : []));
  const hint = notInVariant(names, name) ?? (taken.length > 0 ? didYouMean(name, taken) : 'snapshot: NAME comes first');
  return [{ message: `no snapshot before this is named ${name}`, path: [...step.path, 'fork'], hint }];
}
