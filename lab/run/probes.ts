/** Knocks on hosts' ports from other hosts: a TCP connection is made and closed again, of which no program of the lab logs a word. */

import { runCommand } from '../engine/commands.ts';
import type { Docker } from '../engine/connect.ts';
import type { Host } from '../engine/lab.ts';
import { ports } from '../topology/places.ts';

/** One knock: `from` at a port of `to`, which may be `from` itself. */
export interface Probe {
  readonly from: Host;
  readonly to: Host;
  readonly port: number;
}

/** Ports that a host's programs may listen on. Whether they do, only a knock tells. */
export const portsOf: Readonly<Record<Host['kind'], readonly number[]>> = {
  etcd: [ports.etcdClient],
  patroni: [ports.patroni, ports.postgres, ports.pgbackrest],
  repo: [ports.pgbackrest],
};

/**
 * A dropped packet is sent again after a second: by then it is known. The second begins when all are on their way, and none of them
 * needs a program of its own, whose start can take that long on a busy machine.
 */
const script = `
for at; do
  (: < "/dev/tcp/$at" && echo "$at") 2>/dev/null &
done
knocks=$(jobs -p)
{ sleep 1; kill $knocks; } >/dev/null 2>&1 &
wait $knocks
kill $!`;

/** Those of the probes that were let in, all tried at once. */
export async function knock(docker: Docker, probes: readonly Probe[]): Promise<readonly Probe[]> {
  const sources = [...new Map(probes.map(({ from }) => [from.name, from])).values()];
  const opened = await Promise.all(
    sources.map(async (source) => {
      const mine = probes.filter(({ from }) => from.name === source.name);
      const { stdout } = await runCommand(docker, source.container, { argv: ['bash', '-c', script, 'knock', ...mine.map(placeOf)] });
      const open = new Set(stdout.trim().split('\n'));
      return mine.filter((probe) => open.has(placeOf(probe)));
    }),
  );
  return opened.flat();
}

const placeOf = ({ to, port }: Probe) => `${to.address}/${port}`;
