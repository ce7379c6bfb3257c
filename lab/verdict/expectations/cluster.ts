/** Judges `cluster`: what Patroni said of a cluster and its members in one look. */
import type { ClusterLook, MemberLook, Value } from '../../core/event.ts';
import type { ClusterClaim, MemberClaim } from '../../scenario/expectations/cluster.ts';
import { holds, type ValueTest } from '../../scenario/value-test.ts';
import { type ClauseContext, filled, hostsMeant } from '../clause-context.ts';
import { clusterKey, type LookRequest } from '../look-request.ts';
import { type Answers, answerOf, type Claim, readingOf, type StateFold, tested, unknownReading } from '../reading.ts';

export function startCluster(claim: ClusterClaim, context: ClauseContext): StateFold {
  const clause = () => filled(context, claim);
  const name = (of: string | undefined) => of ?? 'main';
  return {
    looks: () => {
      const now = clause();
      if (!now.ok) return [];
      const own: LookRequest = { key: clusterKey(name(now.value.of)), kind: 'cluster', cluster: name(now.value.of) };
      // A selector may be about another cluster than the claim.
      return [own, ...now.value.members.flatMap((member) => hostsMeant(context, member.of, undefined, name(now.value.of)).looks)];
    },
    read: (answers) => {
      const now = clause();
      if (!now.ok) return unknownReading('the cluster as described', now.message, now.reason);
      const found = answerOf(answers, clusterKey(name(now.value.of)), 'cluster', `cluster ${name(now.value.of)}`);
      if ('claim' in found) return readingOf([found.claim]);
      return readingOf([
        ...clusterClaims(now.value, found.seen),
        ...now.value.members.flatMap((member) => memberClaims(member, found.seen, context, answers)),
      ]);
    },
  };
}

function clusterClaims(claim: ClusterClaim, look: ClusterLook): readonly Claim[] {
  const fields: readonly (readonly [string, ValueTest | undefined, Value | undefined])[] = [
    ['leader', claim.leader, look.leader],
    ['timeline', claim.timeline, look.timeline],
    ['system-id', claim.systemId, look.systemId],
    ['paused', claim.paused, look.paused],
  ];
  return fields.flatMap(([name, test, value]) => (test === undefined ? [] : [tested(name, test, value)]));
}

function memberClaims(claim: MemberClaim, look: ClusterLook, context: ClauseContext, answers: Answers): readonly Claim[] {
  const { of, ...tests } = claim;
  const { resolved } = hostsMeant(context, of, answers, look.cluster);
  if (!resolved.ok)
    return [{ truth: 'no', expected: `${of}: ${describeTests(tests)}`, observed: `${resolved.reason} (${describeMembers(look)})` }];
  return resolved.hosts.flatMap((host) => {
    const shown = host === of ? host : `${of} ${host}`;
    const member: MemberLook | undefined = look.members[host];
    if (!member)
      return [{ truth: 'no' as const, expected: `${shown}: ${describeTests(tests)}`, observed: `${host} is no member of ${look.cluster}` }];
    // What says its timeline is a Patroni, which says nothing of a restart where none pends.
    const pends = member.pendingRestart ?? (member.timeline === undefined ? undefined : false);
    const fields: readonly (readonly [string, ValueTest | undefined, Value | undefined])[] = [
      ['role', tests.role, member.role],
      ['state', tests.state, member.state],
      ['timeline', tests.timeline, member.timeline],
      ['lag', tests.lag, member.lag],
      ['pending-restart', tests.pendingRestart, pends],
    ];
    return fields.flatMap(([field, test, value]) => (test === undefined ? [] : [tested(`${shown} ${field}`, test, value)]));
  });
}

function describeTests(tests: Omit<MemberClaim, 'of'>): string {
  return Object.entries(tests)
    .map(([field, test]) => `${field === 'pendingRestart' ? 'pending-restart' : field} ${holds(test as ValueTest, undefined).expected}`)
    .join(', ');
}

/** `pg1 leader running, pg2 replica streaming`. */
export function describeMembers(look: ClusterLook): string {
  const members = Object.entries(look.members).map(([name, { role, state }]) =>
    role === state ? `${name} ${state}` : `${name} ${role} ${state}`,
  );
  return members.length === 0 ? 'no member seen' : members.join(', ');
}
