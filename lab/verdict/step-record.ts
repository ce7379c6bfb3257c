/** Which steps ran, when, and what came of them. Also answers where a log window begins. */
import type { StepResult } from '../core/event.ts';
import { allSteps, type Plan, type PlannedStep, type StepOf } from '../scenario/plan.ts';
import { scopeOf } from '../scenario/step-id.ts';
import { runsProgram } from '../scenario/verbs/verbs.ts';
import { placeOf } from './place.ts';
import { lastLines } from './step-result.ts';
import type { ClauseOutcome, Printed, StepOutcome } from './verdict.ts';

interface StepNote {
  readonly step: PlannedStep;
  title: string;
  started?: number;
  ended?: number;
  skipped?: string;
  result?: StepResult;
  shortfall?: { readonly verdict: 'fail' | 'unknown'; readonly message: string };
  clauses?: readonly ClauseOutcome[];
  printed?: readonly Printed[];
  waited?: number;
  /** The first attempt, of a step that was tried again. */
  first?: StepNote;
  triedAgain?: number;
}

export interface Window {
  readonly start: number;
  readonly since: string;
  /** The step it should begin with did not run. */
  readonly missing?: true;
}

export interface StepRecord {
  readonly note: (id: string) => StepNote | undefined;
  readonly started: (id: string, at: number, title: string) => void;
  readonly skipped: (id: string, why: string) => void;
  readonly ended: (id: string, at: number, result: StepResult) => void;
  /** It, and all that is in it, is to be carried out once more. */
  readonly again: (id: string) => void;
  /** Where a log window of step `id` begins: with step or mark `since`, or the last step before it that is not a mark or expect. */
  readonly window: (id: string, since: string | undefined) => Window;
  /** What programs printed since the expectation before this one, or since a step that it names; else what the last one printed. */
  readonly printedBefore: (step: StepOf<'expect'>) => readonly Printed[];
  /** The earliest moment that an expectation which has not ended may ask about. */
  readonly needed: () => number;
  /** Whether a background step of that name, as seen from step `id`, still runs. */
  readonly running: (id: string, name: string) => boolean;
  /** Steps that started and did not end. */
  readonly open: () => readonly PlannedStep[];
  /** Steps that were neither carried out nor passed over. */
  readonly notRun: () => readonly PlannedStep[];
  /** When the last step ended; undefined before any did. */
  readonly lastEnd: () => number | undefined;
  readonly anyStarted: () => boolean;
  readonly outcomes: () => readonly StepOutcome[];
}

export function createStepRecord(plan: Plan, runStarted: () => number): StepRecord {
  const notes = new Map<string, StepNote>(allSteps(plan.steps).map((step) => [step.id, { step, title: step.title }]));
  /** By scope: the last step that did something. */
  const lastAction = new Map<string, StepNote>();
  let lastEnd: number | undefined;

  /** Names of a recipe's steps hide the scenario's. */
  function named(id: string, name: string): StepNote | undefined {
    const all = [...notes.values()].filter((note) => note.step.name === name);
    return all.find((note) => scopeOf(note.step.id) === scopeOf(id)) ?? all.find((note) => scopeOf(note.step.id) === '');
  }

  function window(id: string, since: string | undefined): Window {
    if (since !== undefined) {
      const from = named(id, since);
      return from?.started === undefined || from.skipped !== undefined
        ? { start: Number.POSITIVE_INFINITY, since, missing: true }
        : { start: from.started, since };
    }
    const scope = scopeOf(id);
    const from = lastAction.get(scope) ?? notes.get(scope);
    return from?.started === undefined
      ? { start: runStarted(), since: 'the start' }
      : { start: from.started, since: from.step.name ?? `"${from.title}"` };
  }

  return {
    note: (id) => notes.get(id),
    started: (id, at, title) => {
      const note = notes.get(id);
      if (!note) return;
      note.started = at;
      note.title = title;
      if (note.step.verb !== 'expect' && note.step.verb !== 'mark') lastAction.set(scopeOf(id), note);
    },
    skipped: (id, why) => {
      const note = notes.get(id);
      if (note) note.skipped = why;
    },
    ended: (id, at, result) => {
      const note = notes.get(id);
      if (!note) return;
      note.ended = at;
      note.result = result;
      lastEnd = Math.max(lastEnd ?? at, at);
    },
    again: (id) => {
      for (const [key, note] of notes) {
        if (key !== id && !key.startsWith(`${id}.`)) continue;
        const { step, title, first, triedAgain = 0 } = note;
        notes.set(key, { step, title, first: first ?? note, triedAgain: triedAgain + 1 });
      }
    },
    window,
    printedBefore: ({ id, args }) => {
      const all = [...notes.values()];
      const values = args.clauses.flatMap((clause) => (clause.kind === 'value' ? clause.claim.entries : []));
      const asked = new Set([...JSON.stringify(values).matchAll(/\$\{([\w-]+)/g)].map(([, name = '']) => named(id, name)));
      // One that failed as it should has nothing more to say, unless what came of it is asked for.
      const printed = all.filter(
        (note) =>
          runsProgram(note.step.verb) &&
          (note.step.fails === undefined || asked.has(note)) &&
          note.result &&
          printedBy(note.result).length > 0,
      );
      const from = Math.min(
        Math.max(...all.map(({ step, ended }) => (step.verb === 'expect' && step.id !== id && ended) || 0)),
        ...args.clauses.flatMap(
          ({ kind, claim }) => (kind === 'log' && claim.since !== undefined && named(id, claim.since)?.started) || [],
        ),
      );
      return printed
        .filter((note, index) => asked.has(note) || Number(note.started) >= from || index === printed.length - 1)
        .slice(-mostPrinted)
        .map(({ step, title, result }) => ({
          step: step.id,
          ...(step.name === undefined ? {} : { name: step.name }),
          title,
          ...(result?.exit === undefined ? {} : { exit: result.exit }),
          lines: printedBy(result as StepResult),
        }));
    },
    needed: () => {
      const starts = [lastAction.get('')?.started ?? runStarted()];
      for (const note of notes.values()) {
        if (note.step.verb !== 'expect' || note.ended !== undefined || note.skipped !== undefined) continue;
        for (const clause of note.step.args.clauses) {
          if (clause.kind !== 'log' || clause.claim.since === undefined) continue;
          const from = named(note.step.id, clause.claim.since)?.started;
          if (from !== undefined) starts.push(from);
        }
      }
      return Math.min(...starts);
    },
    running: (id, name) => {
      const note = named(id, name);
      return note?.step.background === true && note.started !== undefined && note.ended === undefined;
    },
    open: () => [...notes.values()].filter((note) => note.started !== undefined && note.ended === undefined).map((note) => note.step),
    notRun: () => {
      const skipped = [...notes.values()].filter((note) => note.skipped !== undefined).map((note) => `${note.step.id}.`);
      return [...notes.values()]
        .filter((note) => note.started === undefined && note.skipped === undefined && !skipped.some((id) => note.step.id.startsWith(id)))
        .map((note) => note.step);
    },
    lastEnd: () => lastEnd,
    anyStarted: () => [...notes.values()].some((note) => note.started !== undefined),
    outcomes: () => [...notes.values()].map((note) => outcomeOf(note, plan.file)),
  };
}

/** Of how many programs a failure tells what they printed. */
const mostPrinted = 3;

function printedBy({ stdout, stderr }: StepResult): readonly string[] {
  return [stdout, stderr].flatMap(lastLines);
}

function outcomeOf(last: StepNote, file: string): StepOutcome {
  const note = last.first ?? last;
  const { step, shortfall, skipped, started, ended, result } = note;
  const reason = shortfall?.message ?? skipped ?? (started !== undefined && ended === undefined ? 'it did not end' : undefined);
  return {
    id: step.id,
    ...(step.name === undefined ? {} : { name: step.name }),
    verb: step.verb,
    title: note.title,
    place: placeOf(step.span, step.file ?? file),
    state: stateOf(note),
    ...(reason === undefined ? {} : { reason }),
    ...(started === undefined ? {} : { started }),
    ...(ended === undefined ? {} : { ended }),
    ...(note.waited === undefined ? {} : { waited: note.waited }),
    ...(result?.exit === undefined ? {} : { exit: result.exit }),
    ...(result?.sqlstate === undefined ? {} : { sqlstate: result.sqlstate }),
    ...(last.triedAgain === undefined ? {} : { triedAgain: last.triedAgain }),
    ...(note.printed === undefined ? {} : { printed: note.printed }),
    ...(note.clauses === undefined ? {} : { clauses: note.clauses }),
  };
}

function stateOf({ shortfall, skipped, started, ended }: StepNote): StepOutcome['state'] {
  if (shortfall) return shortfall.verdict === 'fail' ? 'failed' : 'unknown';
  if (skipped !== undefined) return 'skipped';
  if (started === undefined) return 'not-run';
  return ended === undefined ? 'unknown' : 'passed';
}
