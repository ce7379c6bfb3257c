/** The top of the page: what was to be shown, whether it was, and if not, what was expected and what was seen instead. */
import { formatDuration } from '../core/duration.ts';
import type { RunData } from '../report/page-data.ts';
import { versionTexts } from '../report/version-texts.ts';
import { element } from './dom.ts';
import type { StepList } from './step-list.ts';

export function summary(run: RunData, list: StepList): HTMLElement {
  const { verdict } = run;
  const { because, mutant } = verdict;
  const wanted = verdict.verdict === 'pass' && mutant;
  const step = because && verdict.steps.find((one) => one.id === because.step);
  return element(
    'header',
    { class: verdict.verdict },
    element(
      'h1',
      {},
      element('span', { class: 'badge' }, verdict.verdict.toUpperCase()),
      ` ${verdict.scenario} `,
      element('span', { class: 'quiet' }, `(${verdict.variant})  ${formatDuration(verdict.seconds * 1000)}`),
    ),
    element('p', {}, verdict.proves, wanted ? ` Without the remedy it failed at "${mutant.mustFail.name}", as it must.` : ''),
    because &&
      element(
        'div',
        { class: 'because' },
        element(
          'p',
          { class: 'reason' },
          element('span', { class: `sign ${because.verdict === 'fail' ? 'bad' : 'unsure'}` }, because.verdict === 'fail' ? '✗' : '?'),
          because.stepName ? `${because.stepName}: ` : '',
          because.message,
          ' ',
          list.moment(because.at, because.event),
          ' ',
          because.place && list.place(because.place),
        ),
        ...(verdict.causes ?? []).map(({ message, source }) =>
          element('p', { class: 'cause' }, element('b', {}, 'why: '), message, ' ', element('span', { class: 'quiet' }, source)),
        ),
        step?.clauses && element('div', { class: 'clauses' }, list.wrong(step)),
      ),
    element('p', { class: 'quiet' }, versionTexts(verdict.versions).join(' · ')),
  );
}
