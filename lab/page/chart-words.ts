/** What is under a point of the chart, in words. */
import { formatDuration } from '../core/duration.ts';
import type { RunData } from '../report/page-data.ts';
import type { Row } from './chart-layout.ts';
import { inOrderOfDepth, stepState } from './chart-scene.ts';
import type { Model, Standing } from './model.ts';

/** Of those that do not answer nobody knows how far they are behind. */
const lags: readonly Standing[] = ['replica', 'catching-up'];

export function wordsAt(row: Row | undefined, at: number, model: Model, run: RunData | undefined): readonly string[] {
  if (!row) return [];
  if (row.kind === 'steps') {
    const step = inOrderOfDepth(model.steps).findLast((one) => one.from <= at && at <= (one.to ?? model.end));
    return step ? [step.title, `${stepState(run, step.id)}, ${formatDuration((step.to ?? model.end) - step.from)}`] : [];
  }
  if (row.kind === 'wal') {
    const leader = model.leaderWal.findLast((point) => point.at <= at);
    const archived = model.archivedWal.findLast((point) => point.at <= at);
    return [
      ...(leader ? [`leader ${leader.label}, timeline ${leader.timeline}`] : []),
      ...(archived ? [`archived ${archived.label}`] : []),
    ];
  }
  if (row.kind === 'rows') return ['rows of the workload by outcome: acknowledged green, refused or open red'];
  const span = row.lane.spans.findLast((one) => one.from <= at);
  const lag = row.lane.lag.findLast(([seen]) => seen <= at)?.[1];
  const job = row.lane.jobs.find((one) => one.from <= at && at <= (one.to ?? model.end));
  const faults = (run?.faults ?? []).filter(
    (fault) => fault.hosts.includes(row.lane.host) && fault.from <= at && at <= (fault.to ?? model.end),
  );
  return [
    `${row.lane.host}${span ? `: ${span.standing === 'leader' ? 'leader, ' : ''}${span.state}${span.timeline === undefined ? '' : `, timeline ${span.timeline}`}` : ''}`,
    ...(lag !== undefined && span && lags.includes(span.standing) ? [`${lag} bytes behind`] : []),
    ...(job ? [job.title] : []),
    ...faults.map((fault) => `fault: ${fault.title}`),
  ];
}
