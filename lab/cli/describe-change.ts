/** A change of a lab in a few words: `pg2 replica -> leader, timeline 2`. */
import type { Change, Facts } from '../observe/status-changes.ts';

/** undefined where there is nothing to say: a thing that is seen for the first time, and as it should be. */
export function describeChange({ what, name, before, after }: Change): string | undefined {
  switch (what) {
    case 'member':
      return after ? `${name} ${describeMember(before, after)}` : undefined;
    case 'host':
      return after && (before || after.host !== 'running') ? `${name} host ${after.host}` : undefined;
    case 'etcd':
      if (!after || (!before && after.health === 'healthy')) return undefined;
      return `${name} etcd ${before ? `${before.health} -> ` : ''}${after.health}`;
    case 'cluster':
      return describeCluster(name, before, after);
    case 'archiver':
      if (after?.failing) return before?.failing ? undefined : `${name} archiver fails: ${after.failing}`;
      return after && before?.failing ? `${name} archiver works again` : undefined;
    case 'repository':
      return after && (before || after.status !== 'ok') ? `${name} repository: ${after.status}` : undefined;
    case 'backup':
      return after ? `backup ${name} ${after.type}${after.error ? ', with errors' : ''}` : `backup ${name} is no more`;
  }
}

function describeMember(before: Facts | null, after: Facts): string {
  // A member that does not answer has no role.
  const role = ({ role: told, state }: Facts) => (state === 'unreachable' ? 'unreachable' : told);
  const is = role(after);
  const was = before ? role(before) : undefined;
  const words: string[] = [];
  if (was !== is) words.push(was === undefined ? `${is}` : `${was} -> ${is}`);
  const isPlain = is === 'unreachable' || (is === 'leader' && after.state === 'running' && before !== null);
  if (was !== is && !isPlain) words.push(`${after.state}`);
  if (was === is && before?.state !== after.state) words.push(`${before?.state} -> ${after.state}`);
  if (after.timeline !== null && before?.timeline !== after.timeline) words.push(`timeline ${after.timeline}`);
  if (is !== 'unreachable' && (before?.sync ?? false) !== after.sync) words.push(after.sync ? 'synchronous' : 'no longer synchronous');
  return words.join(', ');
}

function describeCluster(name: string, before: Facts | null, after: Facts | null): string | undefined {
  const words: string[] = [];
  if (after?.leader === null && before?.leader !== null) words.push('nobody leads');
  if (after && (before?.paused ?? false) !== after.paused) words.push(after.paused ? 'patroni paused' : 'patroni resumed');
  return words.length > 0 ? `${name} ${words.join(', ')}` : undefined;
}
