import { z } from 'zod';
import { expectation } from '../expectation.ts';
import { mistake, saysSomething, text } from '../schema-parts.ts';
import { testSchema, type ValueTest } from '../value-test.ts';

/** What is claimed of the members that a selector means: each of them. */
export interface MemberClaim {
  readonly of: string;
  readonly role?: ValueTest;
  readonly state?: ValueTest;
  readonly timeline?: ValueTest;
  readonly lag?: ValueTest;
  readonly pendingRestart?: ValueTest;
}

/** `of`: a cluster's name; absent: main. Tests are of `ClusterLook`'s fields. */
export interface ClusterClaim {
  readonly of?: string;
  readonly leader?: ValueTest;
  readonly timeline?: ValueTest;
  readonly systemId?: ValueTest;
  readonly paused?: ValueTest;
  readonly members: readonly MemberClaim[];
}

const memberSchema = z
  .strictObject({
    role: testSchema.exactOptional().describe('leader, primary (out of recovery while another leads), replica or unreachable'),
    state: testSchema
      .exactOptional()
      .describe(
        "Patroni's word: running, streaming, in archive recovery, stopped, starting, start failed, ...; unreachable where it does not answer",
      ),
    timeline: testSchema.exactOptional().describe('compare with ${name.timeline}; a number written out is a mistake'),
    lag: testSchema.exactOptional().describe("bytes behind the leader's WAL position"),
    'pending-restart': testSchema.exactOptional().describe('whether Patroni says that PostgreSQL has to be restarted for a setting'),
  })
  .refine(...saysSomething);

function memberClaim({ 'pending-restart': pendingRestart, ...others }: z.output<typeof memberSchema>): Omit<MemberClaim, 'of'> {
  return { ...others, ...(pendingRestart === undefined ? {} : { pendingRestart }) };
}

export const cluster = expectation({
  schema: z
    .strictObject({
      of: text.exactOptional().describe('which cluster; default main'),
      leader: testSchema.exactOptional().describe("the leader's name"),
      timeline: testSchema
        .exactOptional()
        .describe("the leader's timeline; compare with ${name.timeline}, a number written out is a mistake"),
      'system-id': testSchema.exactOptional().describe("PostgreSQL's system identifier"),
      paused: testSchema.exactOptional().describe("whether Patroni's automatic failover is paused"),
      members: z
        .record(text, z.union([text, memberSchema]))
        .refine(...saysSomething)
        .exactOptional()
        .describe(
          'by selector: the state of each of these members, or {role, state, timeline, lag, pending-restart}; a selector that means nobody is false',
        ),
    })
    .refine(
      (claim) => Object.keys(claim).some((key) => key !== 'of'),
      mistake('an expectation that claims nothing', 'say what the leader, the timeline or the members should be'),
    )
    .transform(
      ({ of, leader, timeline, 'system-id': systemId, paused, members }): ClusterClaim => ({
        ...(of === undefined ? {} : { of }),
        ...(leader === undefined ? {} : { leader }),
        ...(timeline === undefined ? {} : { timeline }),
        ...(systemId === undefined ? {} : { systemId }),
        ...(paused === undefined ? {} : { paused }),
        members: Object.entries(members ?? {}).map(
          ([selector, member]): MemberClaim => ({
            of: selector,
            ...(typeof member === 'string' ? { state: member } : memberClaim(member)),
          }),
        ),
      }),
    )
    .describe('{of, leader, timeline, system-id, paused, members}'),
  summary: 'What Patroni says of a cluster and its members.',
  example: 'cluster: { leader: { not: "${before.leader}" }, members: { replicas: streaming } }',
  title: (claim) =>
    [
      ...(claim.of === undefined ? [] : [`cluster ${claim.of}`]),
      ...(['leader', 'timeline', 'systemId', 'paused'] as const).filter((key) => claim[key] !== undefined),
      ...claim.members.map((member) => `${member.of}${typeof member.state === 'string' ? ` ${member.state}` : ''}`),
    ].join(', '),
});
