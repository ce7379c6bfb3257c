/** What the engine tells of a host, as Docker 20.10 tells it, and what somebody did then. */
import { expect, test } from 'vitest';
import type { HostChange } from '../../lab/engine/watch.ts';
import { DeedReader } from '../../lab/run/deed-reader.ts';

/** One event after another: `kill 9`, `die 137`, ... */
function told(...events: readonly string[]) {
  const reader = new DeedReader();
  return events.flatMap((event, at): unknown[] => {
    const [change = '', number] = event.split(' ');
    const key = change === 'kill' ? 'signal' : 'exit';
    const said = reader.read({
      host: 'pg1',
      change: change as HostChange['change'],
      at,
      ...(number === undefined ? {} : { [key]: Number(number) }),
    });
    if (!said) return [];
    return 'ended' in said ? [`ended ${said.exit}`] : [[said.deed.kind, said.deed.at, said.deed.exit, said.deed.signal]];
  });
}

test.each<[string, readonly string[], readonly unknown[]]>([
  ['docker kill: when the signal was sent', ['kill 9', 'die 137'], [['kill', 0, 137, undefined]]],
  ['docker stop', ['kill 15', 'die 0'], [['stop', 0, undefined, undefined], 'ended 0']],
  ['docker kill -s INT', ['kill 2', 'die 0'], [['stop', 0, undefined, undefined], 'ended 0']],
  ['docker stop that took too long is one deed', ['kill 15', 'kill 9', 'die 137'], [['stop', 0, undefined, undefined], 'ended 137']],
  [
    'docker restart: both halves',
    ['kill 15', 'die 0', 'start'],
    [['stop', 0, undefined, undefined], 'ended 0', ['start', 2, undefined, undefined]],
  ],
  [
    'docker pause, docker unpause',
    ['pause', 'unpause'],
    [
      ['pause', 0, undefined, undefined],
      ['unpause', 1, undefined, undefined],
    ],
  ],
  ['docker stop of a paused host thaws it on the way', ['kill 15', 'unpause', 'die 0'], [['stop', 0, undefined, undefined], 'ended 0']],
  ['a host whose init exits, or that runs out of memory', ['die 137'], [['end', 0, 137, undefined]]],
  ['the lab’s own signals are not', ['kill 10', 'kill 12', 'die 1'], [['end', 2, 1, undefined]]],
  [
    'a signal that Podman does not name',
    ['kill', 'pause', 'unpause'],
    [
      ['pause', 1, undefined, undefined],
      ['unpause', 2, undefined, undefined],
    ],
  ],
  ['another signal that ends it', ['kill 1', 'die 129'], [['end', 1, 129, 1]]],
  ['another signal that does not, and docker kill', ['kill 1', 'kill 9', 'die 137'], [['kill', 1, 137, undefined]]],
  [
    'a signal of an earlier life',
    ['kill 9', 'die 137', 'start', 'die 1'],
    [
      ['kill', 0, 137, undefined],
      ['start', 2, undefined, undefined],
      ['end', 3, 1, undefined],
    ],
  ],
])('%s', (_, events, deeds) => {
  expect(told(...events)).toEqual(deeds);
});
