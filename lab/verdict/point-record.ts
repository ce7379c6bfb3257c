/** POINT: what `cut`, `full` or `now` mean in terms of timelines and LSNs. Folded from marks and ended steps. */
import type { Event, LedgerLook, MarkEvent, Value } from '../core/event.ts';
import { type Lsn, lsnValue, parseLsn } from '../core/lsn.ts';
import type { PlannedStep } from '../scenario/plan.ts';
import type { Point } from '../scenario/point.ts';
import { scopeOf } from '../scenario/step-id.ts';
import { type Ancestry, ancestorTimeline, type PathLimit, serverTimeline, type Timeline } from './timeline.ts';
import { segmentOnTimeline, walSegment } from './wal-segment.ts';

/** `kind` decides what is vacuous. `segment`: where the point's WAL record is; absent for `now`, whose server must be asked. */
export interface ResolvedPoint {
  readonly kind: 'now' | 'mark' | 'backup';
  readonly timeline: Timeline;
  readonly limit?: PathLimit;
  readonly segment?: string;
  /** In words: `cut, row included, timeline 1, LSN 0/60027B0`. */
  readonly shown: string;
}

export type PointOutcome = { readonly ok: true; readonly point: ResolvedPoint } | { readonly ok: false; readonly message: string };

export interface PointRecord {
  readonly feed: (event: Event) => void;
  /** `point` is expanded. `look`: of the judged server; without it `now` cannot be resolved, and history files are not at hand. */
  readonly resolve: (point: Point, step: string, look?: LedgerLook) => PointOutcome;
}

interface Backup {
  readonly stop: Lsn;
  readonly timeline: Timeline;
}

export function createPointRecord(steps: ReadonlyMap<string, PlannedStep>): PointRecord {
  const marks = new Map<string, MarkEvent>();
  const backups = new Map<string, Backup>();
  /** The last history seen under each number, for points that recorded only the number. */
  const seen = new Map<number, Timeline>([[1, { number: 1, ancestry: [] }]]);
  const see = (timeline: Timeline) => seen.set(timeline.number, timeline);

  function resolve(point: Point, step: string, look?: LedgerLook): PointOutcome {
    if (point.at === 'now') {
      if (!look) return { ok: false, message: 'now is where the judged server is, and it was not looked at' };
      const timeline = point.timeline === undefined ? serverTimeline(look) : onTimeline(Number(point.timeline), serverTimeline(look));
      return { ok: true, point: { kind: 'now', timeline, shown: `now, the end of timeline ${timeline.number}` } };
    }
    const mark = marks.get(point.at);
    const backup = backups.get(`${scopeOf(step)}/${point.at}`) ?? backups.get(`/${point.at}`);
    const own: Timeline | undefined = mark ? { number: mark.timeline, ancestry: mark.ancestry, systemId: mark.systemId } : backup?.timeline;
    if (!own) return { ok: false, message: `${point.at} is neither a mark nor a backup that was made in this run` };
    const timeline = point.timeline === undefined ? own : onTimeline(Number(point.timeline), own, look && serverTimeline(look));
    if (mark) {
      const limit: PathLimit = { lsn: lsnValue(mark.lsn), inclusive: !point.exclusive, row: mark.row };
      const shown = `${point.at}, its row ${point.exclusive ? 'excluded' : 'included'}, timeline ${timeline.number}, LSN ${mark.lsn}`;
      return { ok: true, point: { kind: 'mark', timeline, limit, segment: segmentOnTimeline(mark.wal, timeline.number), shown } };
    }
    const stop = (backup as Backup).stop;
    const shown = `${point.at}, the backup's end, timeline ${timeline.number}, LSN ${stop}`;
    return {
      ok: true,
      point: {
        kind: 'backup',
        timeline,
        limit: { lsn: lsnValue(stop), inclusive: false },
        segment: walSegment(timeline.number, stop, true),
        shown,
      },
    };
  }

  /** Timeline `number` as the given ones know it, else as it was last seen. */
  function onTimeline(number: number, ...known: readonly (Timeline | undefined)[]): Timeline {
    for (const timeline of known) {
      const found = timeline && ancestorTimeline(timeline, number);
      if (found) return found;
    }
    return seen.get(number) ?? { number };
  }

  function feed(event: Event): void {
    if (event.type === 'mark') {
      marks.set(event.name, event);
      see({ number: event.timeline, ancestry: event.ancestry, systemId: event.systemId });
    } else if (event.type === 'look' && 'kind' in event.answer && event.answer.kind === 'ledger') {
      see(serverTimeline(event.answer));
    } else if (event.type === 'step-ended') {
      const step = steps.get(event.step);
      const backup = backupOf(event.result.fields);
      if (step?.name === undefined || !backup) return;
      const ancestry = backup.ancestry ?? seen.get(backup.number)?.ancestry;
      const timeline: Timeline = {
        number: backup.number,
        ...(ancestry === undefined ? {} : { ancestry }),
        ...(backup.systemId === undefined ? {} : { systemId: backup.systemId }),
      };
      backups.set(`${scopeOf(step.id)}/${step.name}`, { stop: backup.stop, timeline });
    }
  }

  return { feed, resolve };
}

/**
 * What a backup step recorded. `ancestry` is read where the runner gives it. Without a timeline field the backup's label cannot
 * be placed, and it is no point.
 */
function backupOf(
  fields: Readonly<Record<string, Value>>,
): { readonly stop: Lsn; readonly number: number; readonly ancestry?: Ancestry; readonly systemId?: string } | undefined {
  const { stop, timeline, ancestry } = fields;
  if (typeof stop !== 'string' || typeof timeline !== 'number') return undefined;
  return {
    stop: parseLsn(stop),
    number: timeline,
    ...(Array.isArray(ancestry) ? { ancestry: ancestry as unknown as Ancestry } : {}),
    ...(typeof fields['system-id'] === 'string' ? { systemId: fields['system-id'] } : {}),
  };
}
