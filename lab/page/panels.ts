/** What is no matter of time: the ledger's counts, the configuration, the scenario. */
import type { RecordedRun } from '../report/page-data.ts';
import type { LedgerCounts, RowRanges } from '../verdict/verdict.ts';
import { element } from './dom.ts';
import type { PageState } from './page-state.ts';
import type { StepList } from './step-list.ts';

export function ledgerPanel(run: RecordedRun | undefined, list: StepList): HTMLElement {
  const { rows, steps = [] } = run?.verdict ?? {};
  if (!rows) return element('p', { class: 'quiet' }, 'The workload wrote nothing in this run.');
  const counted = steps.flatMap((step) =>
    (step.clauses ?? []).flatMap((clause) => (clause.ledger ?? []).map((counts) => ({ step, clause, counts }))),
  );
  const head = ['expectation', 'server', 'through', 'required', 'missing', 'forbidden', 'beyond', 'lost', 'not counted'];
  const table = element(
    'table',
    {},
    element('thead', {}, element('tr', {}, ...head.map((title) => element('th', {}, title)))),
    element(
      'tbody',
      {},
      ...counted.map(({ step, clause, counts }) =>
        element(
          'tr',
          { class: clause.state },
          element('td', {}, step.started === undefined ? '' : list.moment(step.started), ` ${step.name ?? step.id}`),
          element('td', {}, counts.host),
          element('td', {}, counts.through),
          element('td', { class: 'number' }, String(counts.required)),
          rowsCell(counts.missing, counts.missingRows),
          element('td', { class: 'number' }, String(counts.forbidden)),
          rowsCell(counts.beyond, counts.beyondRows),
          rowsCell(counts.lost, counts.lostRows),
          element('td', {}, uncounted(counts)),
        ),
      ),
    ),
  );
  return element(
    'div',
    {},
    element(
      'p',
      {},
      `The workload wrote ${rows.acked + rows.open + rows.refused} rows: ${rows.acked} acknowledged, ${rows.open} without an answer, ${rows.refused} refused.`,
    ),
    counted.length === 0
      ? element('p', { class: 'quiet' }, 'No expectation looked at them.')
      : element('div', {}, table, element('p', { class: 'quiet' }, explanation)),
  );
}

const explanation =
  'Required: acknowledged and on the way to the point. Missing: required, but absent. Forbidden: acknowledged beyond the point, or refused. Beyond: forbidden, but present. Lost: any acknowledged row that is absent.';

function rowsCell(count: number, ranges: RowRanges): HTMLElement {
  return element('td', { class: `number${count > 0 ? ' some' : ''}`, title: showRanges(ranges) }, String(count));
}

function uncounted(counts: LedgerCounts): string {
  const kinds = [
    ['open', counts.openRows],
    ['on either side of the cut', counts.straddlingRows],
    ["of the server's own timeline", counts.ownTimelineRows],
    ['damaged', counts.damagedRows],
  ] as const;
  return kinds.flatMap(([what, ranges]) => (ranges.length === 0 ? [] : [`${what}: ${showRanges(ranges)}`])).join('; ');
}

const showRanges = (ranges: RowRanges) =>
  ranges.map(([first, last]) => (first === last ? String(first) : `${first} to ${last}`)).join(', ');

export function configurationPanel(run: RecordedRun | undefined, state: PageState): HTMLElement {
  const settings = [...state.model.settings.entries()].map(([host, { at, look }]) =>
    element(
      'details',
      { open: state.model.settings.size === 1 },
      element(
        'summary',
        {},
        `${host}: ${look.settings.length} settings of PostgreSQL that are not the default `,
        element('span', { class: 'quiet' }, `as of ${new Date(at).toISOString().slice(11, 19)} UTC`),
      ),
      element(
        'table',
        {},
        element('thead', {}, element('tr', {}, ...['setting', 'in effect', 'set in'].map((title) => element('th', {}, title)))),
        element(
          'tbody',
          {},
          ...look.settings.map(({ name, value, source, file, pendingRestart }) =>
            element(
              'tr',
              {},
              element('td', {}, name),
              element('td', {}, element('code', {}, value), pendingRestart ? element('b', {}, ' waits for a restart') : ''),
              element('td', { class: 'quiet' }, file ?? source),
            ),
          ),
        ),
      ),
    ),
  );
  const files = (run?.configs ?? []).map(({ host, path, text }) =>
    element('details', {}, element('summary', {}, `${host}: `, element('code', {}, path)), element('pre', {}, text)),
  );
  return element(
    'div',
    {},
    element('h3', {}, 'Settings in effect'),
    ...(settings.length > 0 ? settings : [element('p', { class: 'quiet' }, 'They were not recorded in this run.')]),
    ...(run
      ? [
          element('h3', {}, 'Files as they were rendered'),
          ...(files.length > 0 ? files : [element('p', { class: 'quiet' }, 'There are none in this folder.')]),
        ]
      : []),
  );
}

export function scenarioPanel(run: RecordedRun | undefined, state: PageState): HTMLElement {
  if (!run) return element('p', { class: 'quiet' }, 'A lab that runs by hand has no scenario.');
  const { verdict, source } = run;
  const failed = new Set(verdict.steps.filter((step) => step.state === 'failed').map((step) => step.place.line));
  const lines = source.split('\n').map((text, index) => {
    const number = index + 1;
    const classes = [number === state.choice.place ? 'pointed' : '', failed.has(number) ? 'failed' : ''].join(' ').trim();
    return element(
      'div',
      { class: `code ${classes}`, id: `scenario-${number}` },
      element('span', { class: 'number' }, String(number)),
      text === '' ? ' ' : text,
    );
  });
  return element('div', {}, element('p', { class: 'quiet' }, verdict.file), element('div', { class: 'source' }, ...lines));
}
