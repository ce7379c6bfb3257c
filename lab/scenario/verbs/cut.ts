import { z } from 'zod';
import { templated } from '../schema-parts.ts';
import { selectorSchema } from '../selector.ts';
import { verb } from '../verb.ts';

const port = templated(z.number().int().min(1).max(65_535));

export const cut = verb({
  schema: z
    .strictObject({
      from: selectorSchema.describe('hosts on one side; the rules stand on these'),
      to: selectorSchema.describe('hosts on the other side; a host on both sides is not cut off from itself'),
      ways: z.enum(['both', 'out', 'in']).default('both').describe('out: what `from` sends to them; in: what they send to `from`'),
      ports: z
        .union([port, z.array(port).min(1)])
        .transform((ports) => (Array.isArray(ports) ? ports : [ports]))
        .exactOptional()
        .describe(
          'only these TCP ports of whoever is connected to: 5432 PostgreSQL, 8008 Patroni, 8432 pgBackRest, 2379 etcd; default everything',
        ),
    })
    .describe('{from, to, ways, ports}'),
  summary: 'Cuts the network between hosts. Packets are dropped, not refused.',
  example: 'cut: { from: leader, to: [etcd, members, repo] }\nas: split',
  title: (args) =>
    `cut ${args.from} from ${args.to}${args.ways === 'both' ? '' : `, ${args.ways} only`}${args.ports ? `, ports ${args.ports.join(', ')}` : ''}`,
  effect: {
    does: "A short-lived helper puts rules into a chain of its own in the network namespace of each host of `from`; nothing changes on the hosts of `to`. They match the addresses of the other side alone, so the observer and the ledger's clients stay connected. Connections that stand are cut as well, and hang. TCP needs both ways: ways out and in stop new connections in either direction, and differ in which packets still arrive. A host that is started again gets its rules back about half a second after its services start.",
    proof:
      'TCP connections between the sides, in both directions, that could be made before fail, while every host still takes those that it makes to itself, and with ports those to other ports. Between sides of which nothing was let in before, a cut is unproven.',
    healed: true,
  },
});
