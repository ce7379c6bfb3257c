/** Which log lines are shown: by host, program, severity and text. */
import { type LogLine, type Severity, severities } from './model.ts';

export interface LineFilter {
  /** Empty: all. */
  readonly hosts: readonly string[];
  readonly programs: readonly string[];
  /** The least severe that is shown. */
  readonly least: Severity;
  /** Words in any case, or a pattern between slashes. */
  readonly text: string;
}

export const everything: LineFilter = { hosts: [], programs: [], least: 'debug', text: '' };

export function lineTest(filter: LineFilter): (line: LogLine) => boolean {
  const least = severities.indexOf(filter.least);
  const matches = textTest(filter.text);
  return (line) =>
    (filter.hosts.length === 0 || filter.hosts.includes(line.host)) &&
    (filter.programs.length === 0 || filter.programs.includes(line.program)) &&
    severities.indexOf(line.severity) >= least &&
    matches(line.text);
}

/** A pattern that is not finished yet matches as plain text. */
function textTest(text: string): (line: string) => boolean {
  const pattern = /^\/(.+)\/$/.exec(text)?.[1];
  if (pattern !== undefined) {
    try {
      const compiled = new RegExp(pattern, 'i');
      return (line) => compiled.test(line);
    } catch {
      return (line) => line.includes(text);
    }
  }
  const wanted = text.toLowerCase();
  return wanted === '' ? () => true : (line) => line.toLowerCase().includes(wanted);
}
