/** What the signs in the chart's lanes are; its bars and curves say so themselves. */
import { element } from './dom.ts';
import { lineMarks } from './line-marks.ts';

/** `judged`: of a run with a verdict. */
export function legend(judged: boolean): HTMLElement {
  return element(
    'p',
    { class: 'legend quiet', 'aria-label': 'Legend' },
    element('span', {}, 'a tick is a log line: warnings and errors are taller, and in colour'),
    ...(judged
      ? Object.values(lineMarks).map(({ sign, colour, words }) =>
          element('span', {}, element('span', { class: `sign ${colour}`, 'aria-hidden': 'true' }, '▼'), `${sign} a line that ${words}`),
        )
      : []),
  );
}
