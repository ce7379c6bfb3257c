/** Finds each lab a small subnet of its own and free ports on this machine. Knows nothing of containers. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { UsageError } from '../core/problem.ts';

/** An IPv4 range: `base` as a 32-bit number and the prefix length. */
export interface Subnet {
  readonly base: number;
  readonly bits: number;
}

/** One lab takes a /26: the gateway and up to 60 hosts, and 1024 labs fit the default range. */
const labBits = 26;

const rangeVariable = 'PGLAB_SUBNETS';

export function parseSubnet(text: string): Subnet | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(text);
  if (!match) return undefined;
  const [a, b, c, d, bits] = match.slice(1).map(Number) as [number, number, number, number, number];
  if ([a, b, c, d].some((octet) => octet > 255) || bits > 32) return undefined;
  const address = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
  const mask = bits === 0 ? 0 : (0xffffffff << (32 - bits)) >>> 0;
  return { base: (address & mask) >>> 0, bits };
}

function size(subnet: Subnet): number {
  return 2 ** (32 - subnet.bits);
}

export function overlaps(a: Subnet, b: Subnet): boolean {
  return a.base < b.base + size(b) && b.base < a.base + size(a);
}

/** The n-th address of a subnet; 0 is the network itself, 1 the engine's gateway. */
export function addressAt(subnet: Subnet, n: number): string {
  const value = subnet.base + n;
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}

export function formatSubnet(subnet: Subnet): string {
  return `${addressAt(subnet, 0)}/${subnet.bits}`;
}

/**
 * The /26 subnets of `range` (default 10.207.0.0/16, or PGLAB_SUBNETS) that touch none of `taken`, beginning at a place
 * chosen by `start` (0 to 1), so that labs that are brought up at once seldom want the same one.
 */
export function freeSubnets(taken: readonly Subnet[], start: number, range = process.env[rangeVariable] ?? '10.207.0.0/16'): Subnet[] {
  const whole = parseSubnet(range);
  if (!whole || whole.bits > labBits) {
    throw new UsageError(`${rangeVariable} is ${JSON.stringify(range)}, which is not an IPv4 range of /${labBits} or larger`, {
      hint: `for example ${rangeVariable}=10.207.0.0/16`,
    });
  }
  const count = 2 ** (labBits - whole.bits);
  const first = Math.floor(start * count) % count;
  return Array.from({ length: count }, (_, n) => ({
    base: whole.base + ((first + n) % count) * 2 ** (32 - labBits),
    bits: labBits,
  })).filter((subnet) => !taken.some((other) => overlaps(subnet, other)));
}

/** Subnets that this machine already routes elsewhere, from /proc/net/route; none where that cannot be read. */
export function routedSubnets(table = readNetTable('route')): Subnet[] {
  return table
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, destination, , , , , , mask] = line.split(/\s+/);
      if (!destination || !mask || mask === '00000000') return [];
      const hostOrder = (hex: string) => Buffer.from(hex, 'hex').readUInt32LE();
      const bits = hostOrder(mask).toString(2).replaceAll('0', '').length;
      return [{ base: hostOrder(destination), bits }];
    });
}

/**
 * Whether the engine's bridge for a network is this machine's, so that hosts can be reached without published ports. Not where the
 * engine is on another machine, in a virtual machine or rootless: it has network interfaces of its own then. Docker names a bridge
 * after its network's id (libnetwork, "com.docker.network.bridge.name").
 */
export function hasBridge(networkId: string, devices = readNetTable('dev')): boolean {
  return devices.split('\n').some((line) => line.trim().startsWith(`br-${networkId.slice(0, 12)}:`));
}

/** Of this process's network namespace; empty where there is no /proc. */
function readNetTable(name: 'route' | 'dev'): string {
  try {
    return readFileSync(`/proc/net/${name}`, 'utf8');
  } catch {
    return '';
  }
}

/** `count` different ports that nobody listens on at `address` at this moment; any, where that is no address of this machine. */
export async function freePorts(count: number, address: string): Promise<number[]> {
  try {
    return await unusedPorts(count, address);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRNOTAVAIL') throw error;
    // Only the engine there can tell, and does: a port in use makes the lab choose again.
    const first = 20_000 + Math.floor(Math.random() * 12_000);
    return Array.from({ length: count }, (_, n) => first + n);
  }
}

async function unusedPorts(count: number, address: string): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(0, address, resolve);
      });
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
