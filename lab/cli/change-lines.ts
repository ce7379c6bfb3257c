/** A line for each change of a lab, to be read, searched or sent on; begins with what there is. */
import type { LabStatus } from '../observe/status.ts';
import { changesBetween } from '../observe/status-changes.ts';
import { describeChange } from './describe-change.ts';
import type { Watcher } from './watcher.ts';

export function openChangeLines(first: LabStatus, json: boolean): Watcher {
  let last: LabStatus | undefined;
  const print = (status: LabStatus, at: number) => {
    const time = new Date(at).toISOString();
    for (const change of changesBetween(last, status)) {
      const text = json ? JSON.stringify({ time, ...change }) : describeChange(change);
      if (text !== undefined) process.stdout.write(`${json ? '' : `${time.slice(11, 19)} `}${text}\n`);
    }
    last = status;
  };
  print(first, Date.now());
  return {
    take: (event, status) => {
      if (status !== last) print(status, event.at);
    },
    close: () => {},
  };
}
