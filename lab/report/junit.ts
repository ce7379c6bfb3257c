/** Verdicts as JUnit XML for CI: a suite a scenario, a case a variant. */
import type { Verdict } from '../verdict/verdict.ts';
import { escapeHtml } from './escape-html.ts';
import { failureLines, headline } from './failure-lines.ts';

export interface JunitOptions {
  /** Texts of scenario files by name, as in `Verdict.file`. */
  readonly sources?: Readonly<Record<string, string>>;
  /** Where the run folder of a verdict is, and how long it took with its lab's coming up; else its own seconds are told. */
  readonly runOf?: (verdict: Verdict) => { readonly folder: string; readonly seconds: number } | undefined;
  /** An unsupported variant is an error, not skipped. */
  readonly strict?: boolean;
}

/** A failed variant is a failure, an unsupported one is skipped, any other unknown is an error. */
export function renderJunit(verdicts: readonly Verdict[], options: JunitOptions = {}): string {
  const scenarios = [...new Set(verdicts.map((verdict) => verdict.scenario))];
  const suites = scenarios.map((scenario) =>
    suite(
      scenario,
      verdicts.filter((verdict) => verdict.scenario === scenario),
      options,
    ),
  );
  const total = sum(verdicts, options);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="pglab" ${attributes(total)}>\n${suites.join('\n')}\n</testsuites>\n`;
}

type Result = 'passed' | 'failure' | 'error' | 'skipped';

function resultOf(verdict: Verdict, { strict }: JunitOptions): Result {
  if (verdict.verdict === 'pass') return 'passed';
  if (verdict.verdict === 'fail') return 'failure';
  return verdict.because?.reason === 'unsupported' && strict !== true ? 'skipped' : 'error';
}

function secondsOf(verdict: Verdict, { runOf }: JunitOptions): number {
  return runOf?.(verdict)?.seconds ?? verdict.seconds;
}

function sum(verdicts: readonly Verdict[], options: JunitOptions): Readonly<Record<string, string | number>> {
  const results = verdicts.map((verdict) => resultOf(verdict, options));
  const count = (result: Result) => results.filter((one) => one === result).length;
  return {
    tests: verdicts.length,
    failures: count('failure'),
    errors: count('error'),
    skipped: count('skipped'),
    time: verdicts.reduce((seconds, verdict) => seconds + secondsOf(verdict, options), 0).toFixed(3),
  };
}

function suite(scenario: string, verdicts: readonly Verdict[], options: JunitOptions): string {
  const [first] = verdicts;
  const started = first ? new Date(Math.min(...verdicts.map((verdict) => verdict.started))).toISOString() : '';
  const head = attributes({ name: scenario, ...sum(verdicts, options), timestamp: started });
  return `  <testsuite ${head}>\n${verdicts.map((verdict) => testCase(verdict, options)).join('\n')}\n  </testsuite>`;
}

function testCase(verdict: Verdict, options: JunitOptions): string {
  const result = resultOf(verdict, options);
  const place = verdict.because?.place;
  const head = attributes({
    classname: verdict.scenario,
    name: verdict.variant,
    file: verdict.file,
    ...(place?.file === verdict.file ? { line: place.line } : {}),
    time: secondsOf(verdict, options).toFixed(3),
  });
  if (result === 'passed') return `    <testcase ${head}/>`;
  const because = verdict.because;
  const why = (verdict.causes ?? []).map((cause) => `; why: ${cause.message}`).join('');
  const message = because ? `${because.stepName ?? because.step ?? verdict.scenario}: ${because.message}${why}` : headline(verdict);
  const body = because
    ? failureLines(verdict, because, options.sources?.[verdict.file])
        .map((line) => line.text)
        .join('\n')
    : message;
  const inner =
    result === 'skipped'
      ? `<skipped ${attributes({ message })}/>`
      : `<${result} ${attributes({ message, type: because?.reason ?? 'unknown' })}>${escapeXml(body)}</${result}>`;
  const folder = options.runOf?.(verdict)?.folder;
  const output = folder === undefined ? '' : `\n      <system-out>${escapeXml(`run folder: ${folder}`)}</system-out>`;
  return `    <testcase ${head}>\n      ${inner}${output}\n    </testcase>`;
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}="${escapeXml(String(value)).replaceAll('\n', '&#10;')}"`)
    .join(' ');
}

/** XML 1.0 has no place at all for most control characters, which logs are full of (colours, for one). */
function escapeXml(text: string): string {
  return escapeHtml(text.replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd'));
}
