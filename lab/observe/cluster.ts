/** One look at a cluster: what each member's Patroni answers, and PostgreSQL where there is no Patroni. Not the DCS: after a failure that still holds the last words of the dead. */
import { setTimeout as delay } from 'node:timers/promises';
import type { ClusterLook, MemberLook } from '../core/event.ts';
import { lsnValue } from '../core/lsn.ts';
import { endpointOf, type Host, type Lab } from '../engine/lab.ts';
import type { ClusterSpec } from '../topology/blueprint.ts';
import { ports } from '../topology/places.ts';
import { askPatroni, holdsLeaderKey, type PatroniAnswer } from './patroni.ts';
import { isInRecovery, serverOf } from './postgres.ts';

/** `isDown`: who is known to be, and is not waited for. */
export async function lookAtCluster(lab: Lab, cluster: ClusterSpec, isDown = (_host: string) => false): Promise<ClusterLook> {
  const hosts = cluster.members.flatMap((name) => lab.hosts.find((host) => host.name === name) ?? []);
  const ask = async (host: Host) => [host.name, isDown(host.name) ? undefined : await askMember(lab, host)] as const;
  return clusterOf(lab, cluster, new Map(await Promise.all(hosts.map(ask))));
}

/** Where several claim to lead, or one whose rival may be silent, those that hold the leader key are asked for. */
export async function clusterOf(lab: Lab, cluster: ClusterSpec, answers: ReadonlyMap<string, MemberAnswer>): Promise<ClusterLook> {
  const claimants = claimantsOf(answers).map(({ name }) => name);
  const ask = async (name: string) => {
    const host = lab.hosts.find((each) => each.name === name);
    return (await holdsLeaderKey(host && endpointOf(host, ports.patroni))) ? [name] : [];
  };
  const alone = claimants.length < 2 && !isSilent(answers);
  const holders = alone ? claimants : (await Promise.all(claimants.map(ask))).flat();
  return describeCluster(cluster.name, answers, holders);
}

/** Where Patroni takes longer, ms, PostgreSQL is asked meanwhile: a frozen host must not hold a look up twice. */
const patience = 300;

/** Patroni's answer, or without Patroni PostgreSQL's; undefined where neither answers: after 1.3 s where both stand still. */
export async function askMember(lab: Lab, host: Host): Promise<PatroniAnswer | 'no-patroni-primary' | 'no-patroni-standby' | undefined> {
  const asked = askPatroni(endpointOf(host, ports.patroni));
  const prompt = await Promise.race([asked, delay(patience, undefined, { ref: false })]);
  if (prompt) return prompt;
  const [answer, inRecovery] = await Promise.all([asked, isInRecovery(serverOf(lab, host))]);
  if (answer) return answer;
  return inRecovery === undefined ? undefined : inRecovery ? 'no-patroni-standby' : 'no-patroni-primary';
}

export type MemberAnswer = Awaited<ReturnType<typeof askMember>>;

function spokenOf(answers: ReadonlyMap<string, MemberAnswer>) {
  return [...answers].flatMap(([name, answer]) => (typeof answer === 'object' ? [{ name, answer }] : []));
}

function isSilent(answers: ReadonlyMap<string, MemberAnswer>): boolean {
  return [...answers.values()].includes(undefined);
}

function claimantsOf(answers: ReadonlyMap<string, MemberAnswer>) {
  return spokenOf(answers).filter(({ answer }) => answer.role === 'leader' && answer.state === 'running');
}

/** Pure part of the look: members' own words put together. `holders`: who holds the leader key, of those that claim to lead. */
export function describeCluster(cluster: string, answers: ReadonlyMap<string, MemberAnswer>, holders: readonly string[] = []): ClusterLook {
  const spoken = spokenOf(answers);
  const claimants = claimantsOf(answers);
  const holding = claimants.filter(({ name }) => holders.includes(name));
  // Whoever does not answer may hold the key that none of the others has.
  const unsure = holding.length === 0 && isSilent(answers);
  const candidates = holding.length > 0 ? holding : unsure ? [] : claimants;
  // Where two leases overlap, or nobody has one (the DCS is out), the newer timeline is the one that the others follow.
  const [leader] = candidates.toSorted((a, b) => (b.answer.timeline ?? 0) - (a.answer.timeline ?? 0));
  const withoutPatroni = [...answers].find(([, answer]) => answer === 'no-patroni-primary')?.[0];
  const leaderName = leader?.name ?? withoutPatroni;
  const rogues = unsure ? claimants.map(({ name }) => name) : [];
  const outOfRecovery = (name: string) => ((leaderName ?? name) === name && !rogues.includes(name) ? 'leader' : 'primary');
  const members = Object.fromEntries(
    [...answers].map(([name, answer]) => [name, describeMember(name, answer, leader?.answer, outOfRecovery(name))]),
  );
  const systemId = leader?.answer.systemId;
  return {
    kind: 'cluster',
    cluster,
    members,
    ...(leaderName === undefined ? {} : { leader: leaderName }),
    ...(leader?.answer.timeline === undefined ? {} : { timeline: leader.answer.timeline }),
    ...(systemId === undefined ? {} : { systemId }),
    ...(spoken[0] === undefined ? {} : { paused: spoken.some(({ answer }) => answer.paused) }),
  };
}

/** `outOfRecovery`: what it is where it is out of recovery. */
function describeMember(
  name: string,
  answer: MemberAnswer,
  leader: PatroniAnswer | undefined,
  outOfRecovery: 'leader' | 'primary',
): MemberLook {
  if (answer === undefined) return { role: 'unreachable', state: 'unreachable' };
  if (answer === 'no-patroni-primary') return { role: outOfRecovery, state: 'running' };
  if (answer === 'no-patroni-standby') return { role: 'replica', state: 'running' };
  // Patroni before 4 calls a streaming standby `running`; its leader's pg_stat_replication knows.
  const streams = answer.role === 'replica' && answer.state === 'running' && leader?.streamingStandbys.includes(name);
  const lag = answer.role === 'replica' && answer.lsn && leader?.lsn ? Number(lsnValue(leader.lsn) - lsnValue(answer.lsn)) : undefined;
  return {
    role: answer.role === 'leader' ? outOfRecovery : answer.role,
    state: streams ? 'streaming' : answer.state,
    ...(answer.timeline === undefined ? {} : { timeline: answer.timeline }),
    ...(lag === undefined ? {} : { lag: Math.max(0, lag) }),
    ...(answer.sync ? { sync: true } : {}),
    ...(answer.pendingRestart ? { pendingRestart: true } : {}),
    ...(answer.lsn === undefined ? {} : { lsn: answer.lsn }),
  };
}
