/**
 * Backups and restores as bars, from the lines with which pgBackRest begins and ends each command; and backups of which nobody saw
 * the lines, such as those made by hand, from what the repository says of them.
 */
import type { RepoLook } from '../core/event.ts';
import { type Change, type Job, type LogLine, laneOf, type Model } from './model.ts';

/** `backup command begin 2.60.0: ... --type=full`; of several processes of one command on one host, the last begun ends first. */
const begin = /^(backup|restore) command begin [\d.a-z]+:(.*)/s;
const end = /^(backup|restore) command end: (.*)/s;
const label = /^new backup label = (\S+)/;

/** A label ends with the time at which its backup began, and its type: `20261124-060010F_20261124-060500D`. */
const began = /(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)[FDI]$/;

export function followJobs(model: Model) {
  const change = (line: LogLine, text: string): Change => ({ at: line.at, kind: 'job', host: line.host, text, line: line.seq });
  return {
    look: ({ backups }: RepoLook): void => {
      if (model.repo === undefined) return;
      const { jobs } = laneOf(model, model.repo);
      for (const { label, ended, error } of backups) {
        const title = `backup ${label}`;
        const [, year, month, day, hour, minute, second] = began.exec(label)?.map(Number) ?? [];
        const from = Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second);
        if (!(from >= model.start) || jobs.some((job) => job.title === title)) continue;
        jobs.push({ what: 'backup', title, from, to: ended * 1000, failed: error });
        model.changes.push({ at: ended * 1000, kind: 'job', host: model.repo, text: `${model.repo}: ${title}` });
      }
    },
    log: (line: LogLine): void => {
      if (line.program !== 'pgbackrest') return;
      const jobs = laneOf(model, line.host).jobs;
      const begun = begin.exec(line.text);
      if (begun) {
        const type = /--type=(\S+)/.exec(begun[2] ?? '')?.[1];
        const what = begun[1] as Job['what'];
        jobs.push({ what, title: type ? `${what} --type=${type}` : what, from: line.at, to: undefined, failed: false });
        return;
      }
      const named = label.exec(line.text)?.[1];
      const running = jobs.findLast((job) => job.to === undefined);
      if (named && running) running.title = `backup ${named}`;
      const ended = end.exec(line.text);
      const job = ended && jobs.findLast((one) => one.what === ended[1] && one.to === undefined);
      if (!job) return;
      job.to = line.at;
      job.failed = !ended?.[2]?.startsWith('completed successfully');
      model.changes.push(
        change(line, `${line.host}: ${job.title} ${job.failed ? 'failed' : 'done'} after ${((job.to - job.from) / 1000).toFixed(1)} s`),
      );
    },
  };
}
