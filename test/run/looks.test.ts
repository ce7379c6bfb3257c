import { expect, it, vi } from 'vitest';
import type { ClusterLook } from '../../lab/core/event.ts';
import type { Docker } from '../../lab/engine/connect.ts';
import type { Lab } from '../../lab/engine/lab.ts';
import { Observer } from '../../lab/run/looks.ts';
import type { Recorder } from '../../lab/run/recorder.ts';
import { healthy, leaderless } from '../verdict/a-run.ts';

const asked = vi.hoisted(() => [] as ((look: unknown) => void)[]);
vi.mock('../../lab/observe/cluster.ts', () => ({
  lookAtCluster: () => new Promise((resolve) => void asked.push(resolve)),
}));

it('the last look is the one that began last: who kept silent for a second is not found silent after it was heard', async () => {
  let now = 0;
  const recorded: unknown[] = [];
  const recorder = { now: () => now, recordLook: (_: string, look: ClusterLook) => void recorded.push(look) } as unknown as Recorder;
  const lab = { spec: { clusters: [{ name: 'main' }] }, hosts: [] } as unknown as Lab;
  const observer = new Observer({} as Docker, lab, recorder, () => false);
  const slow = observer.lookAtClusters();
  now = 900;
  const prompt = observer.lookAtClusters();
  asked[1]?.(healthy);
  await prompt;
  asked[0]?.(leaderless);
  await slow;
  expect(recorded).toEqual([healthy, leaderless]);
  expect(observer.latest).toEqual({ main: healthy });
});
