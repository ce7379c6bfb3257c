/** What a link to this page says in its fragment: the event, the stretch of time, the filter and the tab. Times are ms since the start. */
import { everything, type LineFilter } from './line-filter.ts';
import { severities } from './model.ts';

export interface Anchor {
  /** Number of the selected event in the history. */
  readonly event?: number;
  readonly from?: number;
  readonly to?: number;
  readonly tab?: string;
  readonly filter: LineFilter;
}

export function writeAnchor({ event, from, to, tab, filter }: Anchor): string {
  const entries = {
    event,
    from: from === undefined ? undefined : Math.round(from),
    to: to === undefined ? undefined : Math.round(to),
    tab,
    host: filter.hosts.join(',') || undefined,
    program: filter.programs.join(',') || undefined,
    level: filter.least === everything.least ? undefined : filter.least,
    text: filter.text || undefined,
  };
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(entries)) if (value !== undefined) parameters.set(name, String(value));
  // Commas are safe in a fragment and easier to read as they are.
  const text = parameters.toString().replaceAll('%2C', ',');
  return text === '' ? '' : `#${text}`;
}

/** Whatever does not make sense is left out: links are typed, too. */
export function readAnchor(hash: string): Anchor {
  const parameters = new URLSearchParams(hash.replace(/^#/, ''));
  const number = (name: string) => {
    const text = parameters.get(name);
    const value = Number(text);
    return text === null || text === '' || !Number.isFinite(value) ? {} : { [name]: value };
  };
  const list = (name: string) => (parameters.get(name) ?? '').split(',').filter((part) => part !== '');
  const tab = parameters.get('tab');
  return {
    ...number('event'),
    ...number('from'),
    ...number('to'),
    ...(tab === null ? {} : { tab }),
    filter: {
      hosts: list('host'),
      programs: list('program'),
      least: severities.find((severity) => severity === parameters.get('level')) ?? everything.least,
      text: parameters.get('text') ?? '',
    },
  };
}
