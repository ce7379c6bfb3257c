/** Claims that could not fail, or that no run could make true. */
import type { MemberLook, Value } from '../core/event.ts';
import type { Blueprint } from '../topology/blueprint.ts';
import { didYouMean } from '../topology/topology-problem.ts';
import { adviseOnKeys } from './dcs-check.ts';
import { nameOf } from './expectations/dcs.ts';
import type { Claims, ExpectationKind } from './expectations/expectations.ts';
import { adviseOnLine, checkSteady, linesOf } from './line-check.ts';
import { lineFeedHint } from './pattern.ts';
import type { Clause } from './plan.ts';
import type { Point } from './point.ts';
import { notInVariant, type Scope } from './reference-check.ts';
import type { ParsedClause, ParsedStep } from './scenario.ts';
import type { Mistake } from './schema-problems.ts';
import { checkCluster, checkRunsPostgres, fixedHosts } from './selector-check.ts';
import { isTemplate, templateParts } from './template.ts';
import { holds, type ValueTest } from './value-test.ts';
import type { Path } from './yaml-source.ts';

export interface ExpectCheck {
  readonly step: ParsedStep;
  /** For expect: its clauses as planned for this variant. */
  readonly clauses: readonly Clause[];
  readonly names: Scope;
  /** undefined where the lab has mistakes of its own: hosts are not checked then. */
  readonly blueprint: Blueprint | undefined;
}

export function checkExpect({ step, clauses, names, blueprint }: ExpectCheck): readonly Mistake[] {
  if (step.verb !== 'expect') return [];
  const mistakes = step.args.flatMap(({ kind, claim, path }): readonly Mistake[] => {
    if (kind === 'log') return checkLog(claim, path, names);
    if (kind === 'cluster') return checkClusterClaim(claim, path, blueprint);
    if (kind === 'sql') return checkRunsPostgres(claim.on, [...path, 'on'], blueprint);
    if (kind === 'ledger') {
      const { on, through, ...counts } = claim;
      const places = [...checkRunsPostgres(on, [...path, 'on'], blueprint), ...checkPoint(through, [...path, 'through'], names)];
      // Of missing and beyond, which have to be 0 unless told, it is how to say that any number will do.
      const free = checkFloor(counts.lost, [...path, 'lost']);
      return [...places, ...free, ...Object.entries(counts).flatMap(([name, test]) => checkNumber(test, [...path, name]))];
    }
    if (kind === 'repo') {
      const { archived, backups, last } = claim;
      return [
        ...checkPoint(archived, [...path, 'archived'], names),
        ...checkCount(backups, [...path, 'backups']),
        ...checkWord(last?.type, [...path, 'last', 'type'], backupTypes, 'type of backup'),
      ];
    }
    if (kind === 'outage') return checkSince(claim.since, [...path, 'since'], names);
    if (kind === 'file') return checkCount(claim.count, [...path, 'count']);
    return [];
  });
  const waits = clauses.some(
    (clause) => clause.kind !== 'log' || clause.claim.lines.some(({ times }) => times === undefined || !holds(times, 0).met),
  );
  // A reference may be any time.
  const lasts = Number.parseFloat(step.for ?? '0') !== 0;
  if (clauses.length > 0 && !waits && !lasts) {
    mistakes.push({
      message: 'no line must come: this holds at once, and nothing was watched',
      path: step.path,
      hint: 'add for: 10s, or a line that must come',
    });
  }
  return mistakes;
}

function checkLog(claim: Claims['log'], path: Path, names: Scope): readonly Mistake[] {
  return [
    ...(claim.on === undefined ? [] : checkSteady(claim.on, [...path, 'on'])),
    ...claim.lines.flatMap(({ times }, index) => checkCount(times, [...path, 'lines', index, 'times'])),
    ...checkSince(claim.since, [...path, 'since'], names),
  ];
}

/** A window begins with a step. */
function checkSince(since: string | undefined, path: Path, names: Scope): readonly Mistake[] {
  if (since === undefined || names.excused.has(since)) return [];
  const known = names.known.get(since);
  if (known?.kind === 'step') return [];
  const steps = [...names.known].flatMap(([name, one]) => (one.kind === 'step' ? [name] : []));
  const message = names.later.has(since)
    ? `${since} is named only after this`
    : known
      ? `${since} is no step, so nothing happened since`
      : `no step or mark before this is named ${since}`;
  return [{ message, path, hint: notInVariant(names, since) ?? (steps.length > 0 ? didYouMean(since, steps) : 'name a step with `as`') }];
}

function checkClusterClaim(claim: Claims['cluster'], path: Path, blueprint: Blueprint | undefined): readonly Mistake[] {
  const mistakes: Mistake[] = [];
  if (claim.of !== undefined) mistakes.push(...checkCluster(claim.of, [...path, 'of'], blueprint));
  const timelines: [ValueTest | undefined, Path][] = [
    [claim.timeline, [...path, 'timeline']],
    ...claim.members.map((member): [ValueTest | undefined, Path] => [member.timeline, [...path, 'members', member.of, 'timeline']]),
  ];
  for (const [test, at] of timelines) {
    mistakes.push(...checkNumber(test, at));
    if (hasLiteralNumber(test))
      mistakes.push({
        message: "a timeline written out holds by luck: how many there were before is the lab's affair",
        path: at,
        hint: 'compare with a mark or a named step: { above: "${NAME.timeline}" }',
      });
  }
  for (const member of claim.members) {
    const at = [...path, 'members', member.of];
    mistakes.push(...checkNumber(member.lag, [...at, 'lag'], 'bytes, without a unit'));
    mistakes.push(...checkWord(member.role, [...at, 'role'], roles, "member's role"));
  }
  const of = claim.of ?? 'main';
  const members = blueprint?.clusters.find((cluster) => cluster.name === of)?.members;
  if (blueprint && members) {
    for (const member of claim.members) {
      const stranger = fixedHosts(member.of, blueprint, of)?.find((host) => !members.includes(host));
      if (stranger !== undefined)
        mistakes.push({
          message: `${stranger} is no member of ${of}`,
          path: [...path, 'members', member.of],
          key: true,
          hint: `its members are ${members.join(', ')}`,
        });
    }
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
  const { matches: _, ...compared } = test as { readonly [key: string]: Value | readonly Value[] };
  return Object.values(compared)
    .flat()
    .filter((item): item is string => typeof item === 'string');
}

/** What is a number is neither equal to a word, nor more or less than one. */
function checkNumber(test: ValueTest | undefined, path: Path, hint?: string): readonly Mistake[] {
  return textsIn(test)
    .filter((text) => !/^-?(\d|\$\{[^}]*\})+(\.\d+)?$/.test(text))
    .map((text) => {
      const advice =
        comparisonFor(text) ?? (isTemplate(text) ? 'nothing is worked out here: compare, such as { above: "${NAME.FIELD}" }' : hint);
      return { message: `a number is expected here, not "${text}"`, path, ...(advice === undefined ? {} : { hint: advice }) };
    });
}

function checkCount(test: ValueTest | undefined, path: Path): readonly Mistake[] {
  return [...checkNumber(test, path), ...checkFloor(test, path)];
}

/** There are never less than none. */
function checkFloor(test: ValueTest | undefined, path: Path): readonly Mistake[] {
  if (typeof test !== 'object' || test === null) return [];
  const bounds = Object.entries(test);
  const always =
    bounds.length > 0 && bounds.every(([name, than]) => (name === 'min' && than === 0) || (name === 'above' && Number(than) < 0));
  return always ? [{ message: 'this holds whatever is counted', path, hint: 'min: 1 or above: 0 is at least one' }] : [];
}

const backupTypes: readonly string[] = ['full', 'diff', 'incr'];

/** A test for a word that never comes, or against it, tells nothing. */
function checkWord(test: ValueTest | undefined, path: Path, known: readonly string[], what: string): readonly Mistake[] {
  return textsIn(test)
    .filter((word) => !isTemplate(word) && !known.includes(word))
    .map((word) => ({ message: `"${word}" is no ${what}`, path, hint: didYouMean(word, known) }));
}

export function adviseOnExpect({ step, blueprint }: Pick<ExpectCheck, 'step' | 'blueprint'>): readonly Mistake[] {
  const lines = linesOf(step).flatMap(({ line, path }) => adviseOnLine(line, path));
  return [
    ...lines,
    ...adviseOnStates({ step }),
    ...claimsOf(step, 'dcs').flatMap(({ claim, path }) => adviseOnKeys(claim, path, blueprint)),
    ...adviseOnFiles(step),
    ...adviseOnComparisons(step),
  ];
}

/** A path that hardly a file has is not found, so that none that must not be there is missed. */
function adviseOnFiles(step: ParsedStep): readonly Mistake[] {
  return claimsOf(step, 'file').flatMap(({ claim, path }): readonly Mistake[] => {
    const parts = templateParts(claim.path);
    const literals = parts.flatMap((part) => (part.kind === 'literal' ? [part.text] : []));
    const [first] = parts;
    const wrong: readonly (readonly [boolean, string])[] = [
      [claim.path.endsWith('/'), 'a path that ends with / names no file'],
      [literals.some((text) => text.includes('**')), '** does not cross folders: it is no more than *'],
      [
        literals.some((text) => /[[\]{}~$]/.test(text)),
        'only * and ? stand for something else; brackets, braces, ~ and $ are taken as they are',
      ],
      [first?.kind === 'literal' && !first.text.startsWith('/'), 'a path on a host begins with /'],
    ];
    const message = wrong.find(([is]) => is)?.[1];
    return message === undefined ? [] : [{ message, path: [...path, 'path'] }];
  });
}

/** Numbers are checked as such; elsewhere a text that looks like a comparison may be one that somebody wants to find. */
function adviseOnComparisons(step: ParsedStep): readonly Mistake[] {
  const tests: readonly { readonly test: ValueTest; readonly path: Path }[] = [
    ...claimsOf(step, 'sql').map(({ claim, path }) => ({ test: claim.is, path: [...path, 'is'] })),
    ...claimsOf(step, 'value').flatMap(({ claim, path }) => claim.entries.map(({ value, test }) => ({ test, path: [...path, value] }))),
    ...claimsOf(step, 'dcs').flatMap(({ claim, path }) =>
      claim.entries.map((entry) => ({ test: entry.test, path: [...path, nameOf(entry)] })),
    ),
  ];
  return tests.flatMap(({ test, path }): readonly Mistake[] => {
    const hint = textsIn(test)
      .map(
        (text) =>
          comparisonFor(text) ??
          (text.endsWith('\n') ? lineFeedHint : undefined) ??
          (/^\/.+\/[ims]*$/.test(text) ? `write { matches: '${text}' }` : undefined),
      )
      .find((found) => found !== undefined);
    return hint === undefined ? [] : [{ message: 'this is compared letter by letter, and hardly a value is like that', path, hint }];
  });
}

/** How a comparison that a text spells with a sign is written. */
function comparisonFor(text: string): string | undefined {
  const [, sign = '', value] = /^\s*(>=|<=|!=|<>|>|<)\s*(\S.*)$/.exec(text) ?? [];
  return comparisons[sign] === undefined ? undefined : `write { ${comparisons[sign]}: ${value} }`;
}

const comparisons: Readonly<Record<string, string>> = {
  '>=': 'min',
  '<=': 'max',
  '>': 'above',
  '<': 'below',
  '!=': 'not',
  '<>': 'not',
};

/** A step's clauses of one kind. */
function claimsOf<K extends ExpectationKind>(step: ParsedStep, kind: K): readonly Extract<ParsedClause, { readonly kind: K }>[] {
  const isOfKind = (clause: ParsedClause): clause is Extract<ParsedClause, { readonly kind: K }> => clause.kind === kind;
  return step.verb === 'expect' ? step.args.filter(isOfKind) : [];
}

/** A state that Patroni has no word for is waited for in vain; advice, since another Patroni may have more words. */
function adviseOnStates({ step }: Pick<ExpectCheck, 'step'>): readonly Mistake[] {
  const claims = claimsOf(step, 'cluster').flatMap(({ claim, path }) =>
    claim.members.map((member) => ({ member, path: [...path, 'members', member.of] })),
  );
  return claims.flatMap(({ member, path }) =>
    textsIn(member.state)
      .filter((state) => !isTemplate(state) && !states.includes(state) && !state.startsWith('restart failed'))
      .map((state) => ({
        message: `no member is ever "${state}"`,
        path,
        hint: roles.includes(state) ? `that is a role: { role: ${state} }` : didYouMean(state, states),
      })),
  );
}

const roles: readonly string[] = ['leader', 'primary', 'replica', 'unreachable'] satisfies MemberLook['role'][];

/** `postgresql/misc.py` and `postgresql/__init__.py` of Patroni 3.0 to 4.1, `replication_state` of its REST API, and the lab's own word. */
const states: readonly string[] = [
  'streaming',
  'running',
  'in archive recovery',
  'starting',
  'stopping',
  'stopped',
  'crashed',
  'restarting',
  'creating replica',
  'initializing new cluster',
  'running custom bootstrap script',
  'starting after custom bootstrap',
  'start failed',
  'stop failed',
  'restart failed',
  'initdb failed',
  'custom bootstrap failed',
  'unreachable',
];

function checkPoint(point: Point | undefined, path: Path, names: Scope): readonly Mistake[] {
  if (!point || point.at === 'now' || names.excused.has(point.at)) return [];
  const field = /^\$\{([\w-]+)\.[^}]*\}$/.exec(point.at)?.[1];
  if (field !== undefined && names.known.get(field)?.kind === 'step')
    return [{ message: `a point is a mark or a backup by its name, not one of its fields`, path, hint: `write ${field}` }];
  if (isTemplate(point.at)) return [];
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
  return [{ message, path, hint: notInVariant(names, point.at) ?? didYouMean(point.at, ['now', ...points]) }];
}
