/** What the signs in the chart's lanes are; its bars and curves say so themselves. */
import { element } from './dom.ts';

/** `judged`: of a run with a verdict. */
export function legend(judged: boolean): HTMLElement {
  const sign = (kind: 'good' | 'unsure' | 'bad', words: string) =>
    element('span', {}, element('span', { class: `sign ${kind}`, 'aria-hidden': 'true' }, '▼'), words);
  return element(
    'p',
    { class: 'legend quiet', 'aria-label': 'Legend' },
    element('span', {}, 'a tick is a log line: warnings and errors are taller, and in colour'),
    ...(judged
      ? [
          sign('good', '✓ a line that met an expectation'),
          sign('unsure', '≈ one that came close to a line that was missed'),
          sign('bad', '✗ one that was forbidden'),
        ]
      : []),
  );
}
