/** The ledger: which rows the workload wrote, and what each look at a server said of them. */
import { formatDuration } from '../core/duration.ts';
import { uncountedRows } from '../report/failure-lines.ts';
import type { RunData } from '../report/page-data.ts';
import { writtenWords } from '../report/written-words.ts';
import { showRanges } from '../verdict/ledger-count.ts';
import type { RowRanges } from '../verdict/verdict.ts';
import { element } from './dom.ts';
import type { StepList } from './step-list.ts';

export function ledgerPanel(run: RunData | undefined, list: StepList): HTMLElement {
  const { rows, steps = [] } = run?.verdict ?? {};
  const outage = rows?.outage;
  if (!rows) return element('p', { class: 'quiet' }, 'The workload wrote nothing in this run.');
  const counted = steps.flatMap((step) =>
    (step.clauses ?? []).flatMap((clause) => (clause.ledger ?? []).map((counts) => ({ step, clause, counts }))),
  );
  const head = ['', 'required', 'missing', 'forbidden', 'beyond', 'lost'];
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
          element(
            'td',
            { class: 'words' },
            step.started === undefined ? '' : list.moment(step.started),
            ` ${step.name === undefined ? '' : `${step.name}: `}${counts.host}, through ${counts.through}`,
            ...uncountedRows(counts).map(([what, ranges]) =>
              element('div', { class: 'quiet' }, `not counted, ${what}: ${showRanges(ranges)}`),
            ),
          ),
          element('td', { class: 'number' }, String(counts.required)),
          rowsCell(counts.missing, counts.missingRows),
          element('td', { class: 'number' }, String(counts.forbidden)),
          rowsCell(counts.beyond, counts.beyondRows),
          rowsCell(counts.lost, counts.lostRows),
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
      writtenWords(rows),
      outage ? ` The longest time without an acknowledged row was ${formatDuration(outage.until - outage.from)}, from ` : '',
      outage && list.moment(outage.from),
      outage ? ' to ' : '',
      outage && list.moment(outage.until),
      outage ? '.' : '',
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
