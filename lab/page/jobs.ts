/** Backups and restores as bars, from the lines with which pgBackRest begins and ends each command. */
import { type Change, type Job, type LogLine, laneOf, type Model } from './model.ts';

/** `backup command begin 2.60.0: ... --type=full`; of several processes of one command on one host, the last begun ends first. */
const begin = /^(backup|restore) command begin [\d.a-z]+:(.*)/s;
const end = /^(backup|restore) command end: (.*)/s;
const label = /^new backup label = (\S+)/;

export function followJobs(model: Model): { readonly log: (line: LogLine) => void } {
  const change = (line: LogLine, text: string): Change => ({ at: line.at, kind: 'job', host: line.host, text, line: line.seq });
  return {
    log: (line) => {
      if (line.program !== 'pgbackrest') return;
      const jobs = laneOf(model, line.host).jobs;
      const began = begin.exec(line.text);
      if (began) {
        const type = /--type=(\S+)/.exec(began[2] ?? '')?.[1];
        const what = began[1] as Job['what'];
        jobs.push({ what, title: type ? `${what} --type=${type}` : what, from: line.at, to: undefined, failed: false, line: line.seq });
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
