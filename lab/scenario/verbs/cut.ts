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
    does: "A short-lived helper drops packets in a chain of its own in each host's network namespace. The observer and the ledger's clients stay connected.",
    proof: 'Probes between the two sides fail, and a control probe to the same host passes.',
    healed: true,
  },
});
