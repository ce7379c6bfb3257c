/** Who was leader, replica, down or frozen, and for how long: from looks at the clusters and from what hosts were seen to do. */
import { type ClusterLook, type EtcdLook, hostWords, type MemberLook } from '../core/event.ts';
import { type Lane, type LogLine, laneOf, type Model, type Standing } from './model.ts';

const hostStanding: Readonly<Record<string, Standing>> = {
  [hostWords.start]: 'up',
  [hostWords.die]: 'down',
  [hostWords.pause]: 'frozen',
  [hostWords.unpause]: 'up',
  [hostWords.destroy]: 'down',
};

const etcdStanding = { healthy: 'up', unhealthy: 'catching-up', unreachable: 'unreachable' } as const;

export function followMembers(model: Model) {
  /** Hosts that are down or frozen: what a look says of them is no more than that. */
  const silent = new Map<string, Standing>();
  const leaders = new Map<string, string | undefined>();
  const paused = new Map<string, boolean>();

  function extend(lane: Lane, at: number, standing: Standing, state: string, timeline?: number): boolean {
    const last = lane.spans.at(-1);
    if (last) last.to = Math.max(last.to, at);
    if (last?.standing === standing && last.state === state && last.timeline === timeline) return false;
    lane.spans.push({ from: at, to: at, standing, state, timeline });
    return true;
  }

  function leader(at: number, look: ClusterLook): void {
    const before = leaders.get(look.cluster);
    if (before === look.leader) return;
    leaders.set(look.cluster, look.leader);
    const of = look.cluster === 'main' ? '' : `${look.cluster}: `;
    if (look.leader === undefined) model.changes.push({ at, kind: 'leader', text: `${of}no leader; ${before} was` });
    else
      model.changes.push({ at, kind: 'leader', host: look.leader, text: `${of}${look.leader} leads on timeline ${look.timeline ?? '?'}` });
  }

  function pause(at: number, look: ClusterLook): void {
    if (look.paused === undefined || look.paused === (paused.get(look.cluster) ?? false)) return;
    paused.set(look.cluster, look.paused);
    const text = look.paused ? 'Patroni is paused: maintenance mode' : 'Patroni manages the cluster again';
    model.changes.push({ at, kind: 'leader', text });
  }

  return {
    look: (at: number, look: ClusterLook): void => {
      leader(at, look);
      pause(at, look);
      for (const [host, member] of Object.entries(look.members)) {
        const lane = laneOf(model, host, 'member');
        const before = lane.spans.at(-1);
        const quiet = silent.get(host);
        const standing = quiet ?? standingOf(member.role, member.state);
        const state =
          quiet ?? `${member.role === 'primary' ? 'primary without the leader key, ' : ''}${member.state}${member.sync ? ', sync' : ''}`;
        const changed = extend(lane, at, standing, state, quiet ? undefined : member.timeline);
        if (!quiet && member.lag !== undefined) lane.lag.push([at, member.lag]);
        if (!changed || quiet || standing === 'leader') continue;
        if (before && (before.state !== state || before.standing !== standing))
          model.changes.push({ at, kind: 'member', host, text: `${host} ${wording(standing, state, member.timeline)}` });
      }
    },
    etcd: (at: number, { hosts }: EtcdLook): void => {
      for (const [host, health] of Object.entries(hosts)) {
        const changed = extend(laneOf(model, host), at, silent.get(host) ?? etcdStanding[health], silent.get(host) ?? health);
        if (changed && health !== 'healthy') model.changes.push({ at, kind: 'host', host, text: `${host} is ${health}` });
      }
    },
    log: (line: LogLine): void => {
      const standing = line.program === 'lab' ? hostStanding[line.text] : undefined;
      if (!standing) return;
      const lane = laneOf(model, line.host);
      if (standing === 'up') silent.delete(line.host);
      else silent.set(line.host, standing);
      extend(
        lane,
        line.at,
        standing === 'up' && lane.kind === 'member' ? 'unreachable' : standing,
        standing === 'up' ? 'starting' : standing,
      );
      model.changes.push({ at: line.at, kind: 'host', host: line.host, text: `${line.host}: ${line.text}`, line: line.seq });
    },
  };
}

function standingOf(role: MemberLook['role'], state: string): Standing {
  if (role === 'unreachable') return 'unreachable';
  if (role === 'primary') return 'catching-up';
  if (role === 'leader') return state === 'running' ? 'leader' : 'catching-up';
  return state === 'streaming' || state === 'running' ? 'replica' : 'catching-up';
}

function wording(standing: Standing, state: string, timeline: number | undefined): string {
  if (standing === 'unreachable') return 'does not answer';
  return `is ${state}${timeline === undefined ? '' : `, timeline ${timeline}`}`;
}
