/** Looks at a cluster: its members, its leader's archiver, and its repository. */
import type { ClusterLook } from '../../core/event.ts';
import { lookAtArchiver } from '../../observe/archiver.ts';
import { askMember, clusterOf } from '../../observe/cluster.ts';
import type { ClusterSpec } from '../../topology/blueprint.ts';
import { clusterKey } from '../../verdict/look-request.ts';
import { firstRunning, isRunning, type Live, pauseUntilLogged, repeat } from './live.ts';
import { Panel } from './panel.ts';
import { Pause } from './pause.ts';
import { watchRepository } from './watch-repository.ts';

/** How often, ms, when nothing is logged. Members are looked at more often while they change. */
const rounds = { members: 1000, changingMembers: 300, archiver: 5000 } as const;
/** After so long (ms) without a change, trouble is there to stay. */
const settlingTime = 60_000;

export async function watchCluster(live: Live, cluster: ClusterSpec): Promise<void> {
  const { lab, history } = live;
  const archiverPause = new Pause();
  const repository = watchRepository(live, cluster, () => last?.leader);
  const hosts = lab.hosts.filter(({ name }) => cluster.members.includes(name));
  const panel = new Panel(live, hosts, (host) => askMember(lab, host), undefined);
  let last: ClusterLook | undefined;
  let changed = performance.now();

  const members = repeat(live, pauseUntilLogged(live), async () => {
    const began = history.now();
    const look = await clusterOf(lab, cluster, await panel.ask());
    history.recordLook(clusterKey(cluster.name), look, began);
    if (look.leader !== last?.leader) archiverPause.cutShort();
    if (statesOf(look) !== statesOf(last)) changed = performance.now();
    last = look;
    const isChanging = !isSettled(live, look) && performance.now() - changed < settlingTime;
    return isChanging ? rounds.changingMembers : rounds.members;
  });

  const archiver = repeat(live, archiverPause, async () => {
    const began = history.now();
    const host = firstRunning(live, [last?.leader]);
    const look = host && (await lookAtArchiver(lab, host));
    if (look) history.recordLook(`archiver:${cluster.name}`, look, began);
    return rounds.archiver;
  });

  await Promise.all([members, archiver, repository]);
}

function statesOf(look: ClusterLook | undefined): string {
  return JSON.stringify(Object.entries(look?.members ?? {}).map(([name, { role, state }]) => [name, role, state]));
}

/** Somebody leads, and whoever has a host that runs is running or streaming. */
function isSettled(live: Live, { leader, members }: ClusterLook): boolean {
  const awake = Object.entries(members).filter(([name]) => isRunning(live, name));
  return leader !== undefined && awake.every(([, { state }]) => state === 'running' || state === 'streaming');
}
