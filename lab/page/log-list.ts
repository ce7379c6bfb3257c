/** The log lines, filtered. Only those in sight are elements, so that a hundred thousand scroll like ten. */

import { firstAfter } from './chart-scene.ts';
import { element, jump } from './dom.ts';
import { everything, type LineFilter, lineTest } from './line-filter.ts';
import { lineMarks } from './line-marks.ts';
import { type LogLine, type Severity, severities, type Verdictive } from './model.ts';
import type { PageState } from './page-state.ts';

/** Pixels, as in page.css. */
const rowHeight = 20;
const spare = 10;

export function makeLog(state: PageState, marks: ReadonlyMap<number, Verdictive>): HTMLElement {
  const rows = element('div', { class: 'rows', role: 'listbox', tabindex: '0', 'aria-label': 'Log lines' });
  const space = element('div', { class: 'space' }, rows);
  const scroller = element('div', { class: 'scroller' }, space);
  const count = element('span', { class: 'count' });
  const detail = element('div', { class: 'detail', hidden: true });
  const filters = element('div', { class: 'filters' });
  let shown: readonly LogLine[] = [];
  let shownOf: LineFilter | undefined;
  let shownFrom = 0;

  const setFilter = (change: Partial<LineFilter>) => state.set({ filter: { ...state.choice.filter, ...change } });

  function filterLines(): void {
    const { lines } = state.model;
    if (shownOf === state.choice.filter && shownFrom === lines.length) return;
    shownOf = state.choice.filter;
    shownFrom = lines.length;
    shown = lines.filter(lineTest(shownOf));
    count.textContent = shown.length === lines.length ? `${lines.length} lines` : `${shown.length} of ${lines.length} lines`;
    space.style.height = `${shown.length * rowHeight}px`;
  }

  function draw(): void {
    const first = Math.max(0, Math.floor(scroller.scrollTop / rowHeight) - spare);
    const last = Math.min(shown.length, Math.ceil((scroller.scrollTop + scroller.clientHeight) / rowHeight) + spare);
    rows.style.transform = `translateY(${first * rowHeight}px)`;
    rows.replaceChildren(...shown.slice(first, last).map(row));
    const { selected } = state.choice;
    if (selected === undefined) rows.removeAttribute('aria-activedescendant');
    else rows.setAttribute('aria-activedescendant', `line-${selected}`);
  }

  function row(line: LogLine): HTMLElement {
    const [first = '', ...rest] = line.text.split('\n');
    const mark = marks.get(line.seq);
    return element(
      'div',
      {
        id: `line-${line.seq}`,
        class: `row ${line.severity}${mark ? ` ${mark}` : ''}`,
        role: 'option',
        'aria-selected': String(line.seq === state.choice.selected),
        click: () => state.select(line),
      },
      element('span', { class: 'mark', title: mark ? `this line ${lineMarks[mark].words}` : '' }, mark ? lineMarks[mark].sign : ''),
      element('span', { class: 'at' }, state.format(line.at, 3)),
      element('span', { class: 'host' }, line.host),
      element('span', { class: 'program' }, line.program),
      element('span', { class: 'level' }, line.level),
      element('span', { class: 'text' }, rest.length > 0 ? `${first}  ⏎ ${rest.length} more` : first),
    );
  }

  function showDetail(): void {
    const line = state.model.lines.find((one) => one.seq === state.choice.selected);
    detail.hidden = line === undefined;
    if (!line) return;
    const link = jump('copy link', () => void copyAddress(link), 'the address of this page at this line');
    const time = `${new Date(line.at).toISOString().replace('T', ' ').replace('Z', '')} UTC`;
    detail.replaceChildren(
      element(
        'div',
        { class: 'about' },
        `${line.host} · ${line.program}${line.level ? ` · ${line.level}` : ''} · ${time} · event ${line.seq} `,
        link,
      ),
      element('pre', {}, line.text),
    );
  }

  /** Scrolls so that the selected line, or the one at the moment pointed at, stands in sight. */
  function scrollToChoice(): void {
    const { selected, moment } = state.choice;
    const found = shown.findIndex((line) => line.seq === selected);
    const index = found >= 0 ? found : moment === undefined ? -1 : firstAfter(shown, moment);
    if (index < 0) return;
    const top = index * rowHeight;
    const { scrollTop, clientHeight } = scroller;
    if (top < scrollTop + rowHeight || top > scrollTop + clientHeight - 2 * rowHeight) scroller.scrollTop = top - clientHeight / 3;
  }

  function drawFilters(): void {
    const { filter } = state.choice;
    const hosts = [...state.model.lanes.keys()];
    const programs = [...new Set(state.model.lines.map((line) => line.program))].sort();
    const input = filters.querySelector('input');
    // Typing goes on in the same field.
    if (input && filters.dataset.of === `${hosts} ${programs}`) {
      if (input !== document.activeElement) input.value = filter.text;
      for (const box of filters.querySelectorAll<HTMLElement>('[data-value]')) {
        const list = box.dataset.list === 'hosts' ? filter.hosts : filter.programs;
        box.setAttribute('aria-pressed', String((list as readonly string[]).includes(box.dataset.value ?? '')));
      }
      const select = filters.querySelector('select');
      if (select) select.value = filter.least;
      return;
    }
    filters.dataset.of = `${hosts} ${programs}`;
    const chip = (list: 'hosts' | 'programs', value: string) =>
      element(
        'button',
        {
          type: 'button',
          class: 'chip',
          'data-list': list,
          'data-value': value,
          'aria-pressed': String(filter[list].includes(value)),
          click: () => {
            const now = state.choice.filter[list];
            setFilter({ [list]: now.includes(value) ? now.filter((one) => one !== value) : [...now, value] });
          },
        },
        value,
      );
    const level = element(
      'select',
      {
        'aria-label': 'Least level',
        change: (event: Event) => setFilter({ least: (event.target as HTMLSelectElement).value as Severity }),
      },
      ...severities.map((severity) =>
        element(
          'option',
          { value: severity },
          { debug: 'all levels', info: 'info and above', warning: 'warnings, errors', error: 'errors' }[severity],
        ),
      ),
    );
    level.value = filter.least;
    const text = element('input', {
      type: 'search',
      placeholder: 'text or /pattern/',
      'aria-label': 'Text in log lines',
      input: (event: Event) => setFilter({ text: (event.target as HTMLInputElement).value }),
    });
    text.value = filter.text;
    filters.replaceChildren(
      element('span', { class: 'chips' }, ...hosts.map((host) => chip('hosts', host))),
      element('span', { class: 'chips' }, ...programs.map((program) => chip('programs', program))),
      level,
      text,
      element('button', { type: 'button', class: 'chip', click: () => state.set({ filter: everything }) }, 'clear'),
      count,
    );
  }

  rows.addEventListener('keydown', (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 20, PageUp: -20, j: 1, k: -1 }[event.key];
    const to = { Home: 0, End: shown.length - 1 }[event.key];
    if (by === undefined && to === undefined) return;
    event.preventDefault();
    const index = shown.findIndex((line) => line.seq === state.choice.selected);
    const line = shown[Math.min(shown.length - 1, Math.max(0, to ?? index + (by ?? 0)))];
    if (line) state.select(line);
  });
  scroller.addEventListener('scroll', () => requestAnimationFrame(draw), { passive: true });
  new ResizeObserver(draw).observe(scroller);
  state.listen((changed) => {
    const wasAtEnd = scroller.scrollTop + scroller.clientHeight > space.clientHeight - 2 * rowHeight;
    filterLines();
    drawFilters();
    if (changed.has('selected') || changed.has('filter')) showDetail();
    if (state.following && wasAtEnd) scroller.scrollTop = scroller.scrollHeight;
    else if (changed.has('selected') || changed.has('moment') || changed.has('filter')) scrollToChoice();
    if (changed.has('selected') || changed.has('moment') || changed.has('filter') || changed.has('events')) draw();
  });
  return element('section', { class: 'log', 'aria-label': 'Log' }, filters, scroller, detail);
}

/** Pages from files may not write to the clipboard everywhere; the address bar has the same. */
async function copyAddress(link: HTMLElement): Promise<void> {
  try {
    await navigator.clipboard.writeText(location.href);
    link.textContent = 'copied';
  } catch {
    link.textContent = 'the address bar has it';
  }
}
