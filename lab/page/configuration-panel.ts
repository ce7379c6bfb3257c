/** The configuration: what is in effect, by PostgreSQL's and pgBackRest's own words, and the files as they were rendered. */
import type { RunData } from '../report/page-data.ts';
import { element } from './dom.ts';
import { optionPlace } from './options.ts';
import type { PageState } from './page-state.ts';
import type { StepList } from './step-list.ts';

export function configurationPanel(run: RunData | undefined, state: PageState, list: StepList): HTMLElement {
  const { lanes, settings } = state.model;
  const servers = [...settings].map(([host, { at, look }]) =>
    fold(
      `${host}: ${look.settings.length} settings that are not the default`,
      list.moment(at),
      ['setting', 'in effect', 'set in'],
      look.settings.map(({ name, value, source, file, pendingRestart }) => [
        name,
        pendingRestart ? `${value} (another waits for a restart)` : value,
        file ?? source,
      ]),
    ),
  );
  const commands = [...lanes.values()].flatMap(({ host, commands }) =>
    [...commands].map(([command, { line, options }]) =>
      fold(
        `${host}: ${command}`,
        list.moment(line.at, line.seq),
        ['option', 'in effect', 'set in'],
        options.map(([name, value]) => [
          name,
          value === '' ? 'on' : value,
          optionPlace(run?.configs ?? [], host, command, name) ?? (run ? 'command line' : ''),
        ]),
      ),
    ),
  );
  const files = (run?.configs ?? []).map(({ host, path, text }) =>
    element('details', {}, element('summary', {}, `${host}: `, element('code', {}, path)), element('pre', {}, text)),
  );
  const part = (title: string, entries: readonly HTMLElement[], without: string) => [
    element('h3', {}, title),
    ...(entries.length > 0 ? entries : [element('p', { class: 'quiet' }, without)]),
  ];
  return element(
    'div',
    {},
    ...part('PostgreSQL, as pg_settings last had it', servers, 'It was not recorded in this run.'),
    ...part('pgBackRest, as each command last said it', commands, 'No command said it.'),
    ...(run ? part('Files as they were rendered', files, 'There are none in this folder.') : []),
  );
}

function fold(title: string, when: HTMLElement, head: readonly string[], rows: readonly (readonly string[])[]): HTMLElement {
  return element(
    'details',
    {},
    element('summary', {}, `${title} `, when),
    element(
      'table',
      {},
      element('thead', {}, element('tr', {}, ...head.map((text) => element('th', {}, text)))),
      element(
        'tbody',
        {},
        ...rows.map(([name = '', value = '', place = '']) =>
          element(
            'tr',
            {},
            element('td', {}, name),
            element('td', {}, element('code', {}, value)),
            element('td', { class: 'quiet place', title: place }, place.replace(/^\/.*\//, '')),
          ),
        ),
      ),
    ),
  );
}
