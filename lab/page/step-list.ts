/** Steps in the order of the run, what was seen to change between them, and each expectation with the lines that decided it. */
import { formatDuration } from '../core/duration.ts';
import { shorten } from '../core/shorten.ts';
import { lineNote, printedTitle } from '../report/failure-lines.ts';
import type { RunData } from '../report/page-data.ts';
import type { ClauseOutcome, LineOutcome, NearLine, Place, QuotedLine, StepOutcome } from '../verdict/verdict.ts';
import { element, jump } from './dom.ts';
import type { Change, StepSpan, Verdictive } from './model.ts';
import type { PageState } from './page-state.ts';

/** The colours of signs. */
const tones = { passed: 'good', failed: 'bad', unknown: 'unsure', skipped: '', 'not-run': '', held: 'good', false: 'bad' } as const;

const signs = { passed: '✓', failed: '✗', unknown: '?', skipped: '–', 'not-run': '·' } as const;
const claimSigns = { held: '✓', false: '✗', unknown: '?' } as const;
const lineSigns: Readonly<Record<LineOutcome['state'], string>> = {
  found: '✓',
  absent: '✓',
  missing: '✗',
  present: '✗',
  miscounted: '✗',
  unread: '?',
  skipped: '–',
};

/** Until streams are read far enough, a line that is missing may still come. */
function lineState({ state }: LineOutcome): keyof typeof claimSigns {
  if (state === 'found' || state === 'absent') return 'held';
  return state === 'unread' || state === 'skipped' ? 'unknown' : 'false';
}

/** Which log lines decided expectations. A line that met one is no near miss of another. */
export function decisiveLines(run: RunData | undefined): ReadonlyMap<number, Verdictive> {
  const marks = new Map<number, Verdictive>();
  const { steps = [], forbid = [] } = run?.verdict ?? {};
  const outcomes = [...steps.flatMap((step) => (step.clauses ?? []).flatMap((clause) => clause.lines ?? [])), ...forbid];
  for (const near of outcomes.flatMap((line) => line.nearest)) marks.set(near.seq, 'near');
  for (const line of outcomes) if (line.by) marks.set(line.by.seq, line.role === 'never' ? 'broke' : 'met');
  return marks;
}

export class StepList {
  readonly #state: PageState;
  readonly #run: RunData | undefined;

  constructor(state: PageState, run: RunData | undefined) {
    this.#state = state;
    this.#run = run;
  }

  /** Everything, as one list in time. */
  all(): HTMLElement {
    const steps = (this.#run?.verdict.steps ?? []).map((step) => ({ at: step.started, node: () => this.#step(step) }));
    const plain = this.#run ? [] : this.#state.model.steps.map((step) => ({ at: step.from, node: () => this.#plainStep(step) }));
    const changes = this.#state.model.changes.map((change) => ({ at: change.at, node: () => this.#change(change) }));
    const entries = [...steps, ...plain, ...changes].map((entry, index) => ({ ...entry, index }));
    // What was never started stands last, in the order of the plan.
    const ordered = entries.sort((a, b) => (a.at ?? Number.POSITIVE_INFINITY) - (b.at ?? Number.POSITIVE_INFINITY) || a.index - b.index);
    return element('ol', { class: 'steps' }, ...ordered.map(({ node }) => node()), this.#forbidden());
  }

  /** What the scenario forbids in the whole run. */
  #forbidden(): HTMLElement | undefined {
    const { forbid } = this.#run?.verdict ?? {};
    return (
      forbid &&
      element('li', { class: 'step' }, element('p', { class: 'about' }, 'in the whole run'), ...forbid.map((line) => this.#line(line)))
    );
  }

  /** What of a step's claims did not hold, what is false before what is not known. */
  wrong(step: StepOutcome): HTMLElement {
    const rank = (state: string) => (state === 'held' ? 2 : state === 'false' ? 0 : 1);
    const clauses = (step.clauses ?? [])
      .filter(({ state }) => state !== 'held' && state !== 'skipped')
      .sort((a, b) => rank(a.state) - rank(b.state))
      .map((clause): ClauseOutcome => {
        if (clause.lines) {
          const lines = clause.lines.filter((line) => lineState(line) !== 'held').sort((a, b) => rank(lineState(a)) - rank(lineState(b)));
          return { ...clause, lines };
        }
        const kept = clause.states.flatMap((state, index) => (state === 'held' ? [] : [index]));
        const keep = <T>(list: readonly T[]) => kept.map((index) => list[index] as T);
        return { ...clause, expected: keep(clause.expected), observed: keep(clause.observed), states: keep(clause.states) };
      });
    return this.#clauses(step, clauses);
  }

  /** What is known of one step, open. */
  detail(step: StepOutcome): HTMLElement {
    return element(
      'div',
      { class: 'clauses' },
      step.reason !== undefined && step.state !== 'passed' && element('p', { class: 'reason' }, step.reason),
      this.#clauses(step, step.clauses ?? []),
    );
  }

  #clauses(step: StepOutcome, clauses: readonly ClauseOutcome[]): HTMLElement {
    return element(
      'div',
      {},
      ...clauses.map((clause) => this.#clause(step, clause)),
      step.waited !== undefined && element('p', { class: 'quiet' }, `waited ${formatDuration(step.waited)}`),
      ...(step.printed ?? []).flatMap((printed) => [
        element('p', { class: 'quiet' }, printedTitle(printed)),
        element('pre', {}, printed.lines.join('\n')),
      ]),
    );
  }

  place({ file, line }: Place): HTMLElement {
    const own = file === this.#run?.verdict.file;
    if (!own) return element('span', { class: 'quiet' }, `${file}:${line}`);
    return jump(`line ${line}`, () => this.#state.set({ tab: 'scenario', place: line }), `line ${line} of ${file}`);
  }

  moment(at: number, event?: number): HTMLElement {
    return jump(this.#state.format(at), () => this.#state.pointAt(at, event), 'show in the timeline and in the log');
  }

  #step(step: StepOutcome): HTMLElement {
    const inner = step.id.includes('.');
    const head = [
      element('span', { class: `sign ${tones[step.state]}` }, signs[step.state]),
      step.started === undefined
        ? element('span', { class: 'quiet' }, step.state === 'not-run' ? 'not reached' : step.state)
        : this.moment(step.started),
      element('span', { class: 'title' }, step.name && !step.title.includes(step.name) ? `${step.name}: ${step.title}` : step.title),
      element(
        'span',
        { class: 'quiet took' },
        step.started !== undefined && step.ended !== undefined ? formatDuration(step.ended - step.started) : '',
      ),
      this.place(step.place),
    ];
    const attributes = { id: `step-${step.id}`, class: `step ${step.state}${inner ? ' inner' : ''}` };
    const more = step.clauses !== undefined || (step.reason !== undefined && step.state !== 'passed');
    if (!more) return element('li', attributes, element('div', { class: 'head' }, ...head));
    const open = step.state === 'failed' || step.state === 'unknown';
    return element('li', attributes, element('details', { open }, element('summary', { class: 'head' }, ...head), this.detail(step)));
  }

  #plainStep(step: StepSpan): HTMLElement {
    return element(
      'li',
      { class: 'step passed' },
      element('div', { class: 'head' }, this.moment(step.from), element('span', { class: 'title' }, step.title)),
    );
  }

  #change(change: Change): HTMLElement {
    return element('li', { class: `change ${change.kind}` }, this.moment(change.at, change.line), element('span', {}, change.text));
  }

  #clause(step: StepOutcome, clause: ClauseOutcome): HTMLElement {
    const claims = clause.lines ? clause.lines.map((line) => this.#line(line, step)) : this.#claims(clause);
    return element(
      'div',
      { class: 'clause' },
      element('p', { class: 'about' }, `${clause.kind}: ${clause.title} `, this.place(clause.place)),
      ...claims,
    );
  }

  #claims(clause: ClauseOutcome): HTMLElement[] {
    const seen = clause.looks.flatMap((look) => this.#state.model.looks.get(look) ?? []).at(-1);
    return clause.expected.map((expected, index) => {
      const state = clause.states[index] ?? 'unknown';
      return element(
        'p',
        { class: `claim ${state}` },
        element('span', { class: `sign ${tones[state]}` }, claimSigns[state]),
        state === 'held' ? expected : `expected ${expected}; observed ${clause.observed[index] ?? 'nothing'}`,
        ' ',
        seen === undefined ? undefined : this.moment(seen),
      );
    });
  }

  /** `step`: whose expectation it is. */
  #line(line: LineOutcome, step?: StepOutcome): HTMLElement {
    const state = lineState(line);
    const window =
      line.state === 'missing' && step?.started !== undefined && step.ended !== undefined
        ? jump('not logged: show where', () => this.#stretch(step.started as number, step.ended as number))
        : undefined;
    return element(
      'div',
      { class: `claim ${state}` },
      element('span', { class: `sign ${tones[state]}` }, lineSigns[line.state]),
      line.role === 'never' ? 'never ' : '',
      element('code', {}, line.shown),
      lineNote(line),
      ' ',
      line.by ? this.#quoted(line.by, line.role === 'never' ? 'logged' : '') : window,
      ...line.nearest.map((near) =>
        element('div', { class: 'near' }, this.#quoted(near, 'nearest'), near.but === undefined ? '' : ` (${near.but})`),
      ),
    );
  }

  #quoted(line: QuotedLine | NearLine, lead: string): HTMLElement {
    const [first = ''] = line.text.split('\n');
    return element(
      'span',
      { class: 'quoted' },
      lead === '' ? '' : `${lead}: `,
      this.moment(line.at, line.seq),
      ` ${line.host} ${line.program}: ${shorten(first, 200)}`,
    );
  }

  #stretch(from: number, to: number): void {
    const margin = (to - from) * 0.1;
    this.#state.set({ view: { from: from - margin, to: to + margin }, moment: from, selected: undefined });
  }
}
