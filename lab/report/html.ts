/** A recorded run, or a running lab, as one HTML page that needs nothing else: no server, no network. */
import type { Event, LedgerRow } from '../core/event.ts';
import { allSteps, type Plan } from '../scenario/plan.ts';
import { createFaultRecord } from '../verdict/faults.ts';
import type { Verdict } from '../verdict/verdict.ts';
import { escapeHtml } from './escape-html.ts';
import type { ConfigFile, PageData } from './page-data.ts';

/** The page's own program and looks, as text (`lab/page`, built into `dist`). */
export interface PageAssets {
  readonly script: string;
  readonly style: string;
}

/** A run folder, read. */
export interface RunRecord {
  readonly verdict: Verdict;
  readonly plan: Plan;
  readonly history: readonly Event[];
  readonly ledger: readonly LedgerRow[];
  /** The scenario's text. */
  readonly source: string;
  readonly configs: readonly ConfigFile[];
}

export function renderHtml(run: RunRecord, assets: PageAssets): string {
  const { verdict, plan, history, source, configs } = run;
  const faults = createFaultRecord(new Map(allSteps(plan.steps).map((step) => [step.id, step])));
  for (const event of history) faults.feed(event);
  const rows = run.ledger
    .flatMap((row) => (row.settled === undefined ? [] : [[row.settled, row.outcome] as const]))
    .sort((a, b) => a[0] - b[0]);
  return renderPage(
    {
      title: `${verdict.scenario} (${verdict.variant}): ${verdict.verdict}`,
      run: { verdict, faults: faults.spans(), rows, source, configs: configs.filter(({ text }) => !isKey(text)) },
      events: history.filter(isShown),
    },
    assets,
  );
}

/** The page of a running lab: empty, its events come from the address `live`. */
export function renderLivePage(lab: string, live: string, assets: PageAssets): string {
  return renderPage({ title: `${lab}, live`, live, events: [] }, assets);
}

/** Certificates, and keys of which nothing is left, tell nothing to a reader. */
function isKey(text: string): boolean {
  return /^(-----BEGIN |<private key>)/.test(text);
}

/** A heartbeat four times a second tells nothing to a reader. */
export function isShown(event: Event): boolean {
  return event.type !== 'heartbeat';
}

function renderPage(data: PageData, { script, style }: PageAssets): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:">
<title>${escapeHtml(data.title)}</title>
<style>
${style}
</style>
</head>
<body>
<noscript>This page draws a recorded run with JavaScript. Without it, read report.md, which is in the same folder.</noscript>
<script type="application/json" id="data">${embeddedJson(data)}</script>
<script>
${script.replaceAll('</script', '<\\/script')}
</script>
</body>
</html>
`;
}

/** In a script element nothing is escaped, but `<` may end it or begin a comment: as `\u003c` it is the same to JSON. */
function embeddedJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}
