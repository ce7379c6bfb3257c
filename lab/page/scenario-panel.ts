/** The scenario's text, with the lines that failed and the one that is pointed at. */
import type { RunData } from '../report/page-data.ts';
import { element } from './dom.ts';
import type { PageState } from './page-state.ts';

export function scenarioPanel(run: RunData | undefined, state: PageState): HTMLElement {
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
