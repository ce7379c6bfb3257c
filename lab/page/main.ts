/** The page: reads the data inside it, or follows a running lab, and puts the parts together. */
import type { Event } from '../core/event.ts';
import type { PageData } from '../report/page-data.ts';
import { readAnchor, writeAnchor } from './anchor.ts';
import { makeChart } from './chart.ts';
import { configurationPanel } from './configuration-panel.ts';
import { element } from './dom.ts';
import { foldModel } from './fold-model.ts';
import { ledgerPanel } from './ledger-panel.ts';
import { legend } from './legend.ts';
import { makeLog } from './log-list.ts';
import { PageState, type Tab, tabs } from './page-state.ts';
import { scenarioPanel } from './scenario-panel.ts';
import { decisiveLines, StepList } from './step-list.ts';
import { summary } from './summary.ts';
import { moved, zoomed } from './viewport.ts';

const data = JSON.parse(document.getElementById('data')?.textContent ?? '{}') as PageData;
const { model, feed } = foldModel();
for (const event of data.events) feed(event);
const state = new PageState(model, data.live !== undefined);
const { run } = data;
const list = new StepList(state, run);
const decisive = decisiveLines(run);

const panel = element('div', { class: 'panel' });
const tabNames: Readonly<Record<Tab, string>> = {
  steps: run ? 'What happened' : 'Changes',
  ledger: 'Ledger',
  configuration: 'Configuration',
  scenario: 'Scenario',
};
const shownTabs = run ? tabs : (['steps', 'configuration'] as const);
const tabButtons = shownTabs.map((tab) =>
  element('button', { type: 'button', role: 'tab', 'data-tab': tab, click: () => state.set({ tab }) }, tabNames[tab]),
);
const tool = (words: string, title: string, act: () => void) =>
  element('button', { type: 'button', class: 'chip', title, click: act }, words);
const stop = (act: () => void) => () => {
  state.following = false;
  act();
};
const tools = element(
  'div',
  { class: 'tools' },
  tool(
    '−',
    'zoom out (-)',
    stop(() => state.set({ view: zoomed(state.choice.view, 1.6) })),
  ),
  tool(
    '+',
    'zoom in (+)',
    stop(() => state.set({ view: zoomed(state.choice.view, 0.6) })),
  ),
  tool(
    '‹',
    'earlier (←)',
    stop(() => state.set({ view: moved(state.choice.view, -(state.choice.view.to - state.choice.view.from) / 4) })),
  ),
  tool(
    '›',
    'later (→)',
    stop(() => state.set({ view: moved(state.choice.view, (state.choice.view.to - state.choice.view.from) / 4) })),
  ),
  tool(
    'all',
    'the whole run (0)',
    stop(() => state.set({ view: state.whole() })),
  ),
  data.live === undefined ? undefined : tool('follow', 'go on with the lab', () => follow()),
  element(
    'span',
    { class: 'quiet' },
    'a click selects, dragging moves, Ctrl + wheel zooms (the wheel alone after a click) · keys ← → + − 0, n p: next, previous warning · / filters the log',
  ),
);
const live = element('span', { class: 'quiet' }, 'waiting for the lab');

document.body.append(
  run ? summary(run, list) : element('header', {}, element('h1', {}, data.title, ' ', live)),
  tools,
  makeChart(state, run, decisive),
  legend(run !== undefined),
  element(
    'main',
    {},
    element('section', { class: 'side' }, element('div', { class: 'tabs', role: 'tablist' }, ...tabButtons), panel),
    makeLog(state, decisive),
  ),
);

let shownChanges = 0;
state.listen((changed) => {
  const { tab, place } = state.choice;
  for (const button of tabButtons) button.setAttribute('aria-selected', String(button.dataset.tab === tab));
  // What a reader has opened stays open; news are in the list of changes.
  const news = changed.has('events') && tab === 'steps' && shownChanges !== model.changes.length;
  if (!changed.has('tab') && !changed.has('place') && !news) return;
  shownChanges = model.changes.length;
  const panels = {
    steps: () => list.all(),
    ledger: () => ledgerPanel(run, list),
    configuration: () => configurationPanel(run, state, list),
    scenario: () => scenarioPanel(run, state),
  };
  panel.replaceChildren(panels[tab]());
  if (tab === 'scenario' && place !== undefined) document.getElementById(`scenario-${place}`)?.scrollIntoView({ block: 'center' });
  if (data.live !== undefined && state.following) panel.scrollTop = panel.scrollHeight;
});

document.addEventListener('keydown', (event) => {
  const typing = event.target instanceof HTMLInputElement;
  if (event.key === '/' && !typing) {
    event.preventDefault();
    document.querySelector<HTMLInputElement>('.filters input')?.focus();
  }
  if (event.key === 'Escape' && typing) (event.target as HTMLInputElement).blur();
});

/** The address always is that of what is shown; a link is followed when the page is opened and when it changes. */
let written = '';
state.listen((changed) => {
  if (!['view', 'filter', 'selected', 'tab'].some((aspect) => changed.has(aspect as 'view'))) return;
  const { view, filter, selected, tab } = state.choice;
  const whole = state.whole();
  const zoomedIn = !state.following && view.to - view.from < (whole.to - whole.from) * 0.999;
  written = writeAnchor({
    filter,
    ...(selected === undefined ? {} : { event: selected }),
    ...(zoomedIn ? { from: view.from - state.origin, to: view.to - state.origin } : {}),
    ...(tab === 'steps' ? {} : { tab }),
  });
  clearTimeout(writing);
  writing = setTimeout(() => history.replaceState(null, '', written === '' ? location.pathname : written), 150);
});
let writing: ReturnType<typeof setTimeout> | undefined;

function goTo(hash: string): void {
  const anchor = readAnchor(hash);
  const line = model.lines.find((one) => one.seq === anchor.event);
  const at = line?.at ?? (anchor.event === undefined ? undefined : model.looks.get(anchor.event));
  state.set({
    view:
      anchor.from === undefined || anchor.to === undefined
        ? state.whole()
        : { from: state.origin + anchor.from, to: state.origin + anchor.to },
    filter: anchor.filter,
    tab: tabs.find((tab) => tab === anchor.tab) ?? 'steps',
    selected: anchor.event,
    moment: at ?? beginning(),
  });
}
/** Where reading begins: at the step that decided, else where the run's own steps begin. */
function beginning(): number | undefined {
  const because = run?.verdict.because;
  return run?.verdict.steps.find((step) => step.id === because?.step)?.started ?? model.ready;
}

addEventListener('hashchange', () => {
  if (location.hash !== written) goTo(location.hash);
});
goTo(location.hash);
if (data.live !== undefined) listen(data.live);

/** How much of a running lab is shown while its end is followed, ms. */
const followed = 120_000;

function follow(): void {
  state.following = true;
  const { from, to } = state.whole();
  state.set({ view: { from: Math.max(from, to - followed), to } });
}

function listen(address: string): void {
  state.following = true;
  const source = new EventSource(address);
  source.onmessage = ({ data: text }) => {
    feed(JSON.parse(text as string) as Event);
    state.touch('events');
    if (state.following) follow();
  };
  source.onopen = () => {
    live.textContent = '';
  };
  source.onerror = () => {
    live.textContent = 'the lab is no longer watched; what was seen stays here';
    source.close();
  };
}
