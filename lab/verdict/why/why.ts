/**
 * Names the known causes of what decided a verdict. Watches the history for the lines that rules go by and keeps the newest of
 * each, so that memory does not grow with the run; asks the rules once, at the end.
 */
import type { Event, LedgerLook, MarkEvent, RunStarted } from '../../core/event.ts';
import type { RecordedRow } from '../ledger-record.ts';
import { byTime, type LogEntry } from '../log-store.ts';
import { quote } from '../nearest-lines.ts';
import type { Cause, Finding, StepOutcome } from '../verdict.ts';
import type { Failure } from './failure.ts';
import { rules } from './rules.ts';
import type { Sighting } from './sighting.ts';

/** Entries kept of each line of each rule on each host. */
const most = 20;

export interface Why {
  readonly feed: (event: Event) => void;
  /** The causes of a finding, in the order of the rules; empty where nothing is known. `step`: the one that it is about. */
  readonly causes: (finding: Finding, step: StepOutcome | undefined, rows: () => Iterable<RecordedRow>) => readonly Cause[];
}

export function createWhy(): Why {
  const sightings = new Map<string, Sighting[]>();
  const marks = new Map<string, MarkEvent>();
  const looks = new Map<string, LedgerLook>();
  let facts: RunStarted | undefined;
  let started = 0;

  function see(entry: LogEntry): void {
    for (const { name, lines } of rules) {
      for (const [line, { program, pattern }] of Object.entries(lines)) {
        const match = program === entry.program ? pattern.exec(entry.text) : null;
        if (!match) continue;
        const key = `${name}/${line}`;
        const kept = sightings.get(key) ?? [];
        kept.push({ entry, groups: match.map((group) => group ?? '') });
        const own = kept.filter((one) => one.entry.host === entry.host);
        sightings.set(key, own.length > most ? kept.filter((one) => one !== own[0]) : kept);
      }
    }
  }

  return {
    feed: (event) => {
      if (event.type === 'run-started') {
        facts = event;
        started = event.at;
      }
      // What was logged while the lab came up is not the scenario's doing.
      if (event.type === 'log' && event.at >= started) see(event);
      if (event.type === 'mark') marks.set(event.name, event);
      if (event.type === 'look' && 'kind' in event.answer && event.answer.kind === 'ledger') looks.set(event.answer.host, event.answer);
    },
    causes: (finding, step, rows) => {
      if (!facts || !step) return [];
      const failure: Failure = { finding, step, facts, mark: (name) => marks.get(name), rowsOn: (host) => looks.get(host), rows };
      return rules.flatMap((rule): readonly Cause[] => {
        const of = (line: string, host?: string) =>
          (sightings.get(`${rule.name}/${line}`) ?? [])
            // Streams are read on after a step has ended; what was logged later is not what it failed for.
            .filter(({ entry }) => entry.at <= finding.at && (host === undefined || entry.host === host))
            .toSorted((a, b) => byTime(a.entry, b.entry));
        const found = rule.explain(failure, { of });
        if (!found) return [];
        const lines = found.lines.map(({ entry }) => quote(entry)).toSorted(byTime);
        return [{ rule: rule.name, message: found.message, source: rule.source, lines }];
      });
    },
  };
}
