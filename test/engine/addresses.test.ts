import { describe, expect, test } from 'vitest';
import { addressAt, formatSubnet, freeSubnets, hasBridge, overlaps, parseSubnet, routedSubnets } from '../../lab/engine/addresses.ts';

const subnet = (text: string) => parseSubnet(text) ?? { base: 0, bits: 0 };

test('a subnet is read by its prefix, whatever host bits are set', () => {
  expect(formatSubnet(subnet('10.207.1.77/26'))).toBe('10.207.1.64/26');
  expect(addressAt(subnet('10.207.1.64/26'), 2)).toBe('10.207.1.66');
  expect(parseSubnet('10.207.1.0')).toBeUndefined();
  expect(parseSubnet('10.300.1.0/24')).toBeUndefined();
});

test('ranges overlap where one holds the other', () => {
  expect(overlaps(subnet('10.0.0.0/8'), subnet('10.207.0.0/26'))).toBe(true);
  expect(overlaps(subnet('10.207.0.0/26'), subnet('10.207.0.64/26'))).toBe(false);
});

describe('free subnets', () => {
  test('there is room for a thousand labs, and each is offered once', () => {
    const free = freeSubnets([], 0.5, '10.207.0.0/16').map(formatSubnet);
    expect(free).toHaveLength(1024);
    expect(new Set(free).size).toBe(1024);
    expect(free[0]).toBe('10.207.128.0/26');
  });

  test('what is taken or routed elsewhere is not offered', () => {
    const free = freeSubnets([subnet('10.207.0.0/17')], 0, '10.207.0.0/16').map(formatSubnet);
    expect(free).toHaveLength(512);
    expect(free[0]).toBe('10.207.128.0/26');
  });

  test('a range that is none is a mistake of the user', () => {
    expect(() => freeSubnets([], 0, '10.207.0.0/28')).toThrow(/PGLAB_SUBNETS/);
  });
});

test("the kernel's route table is in little-endian hex, and its default route says nothing", () => {
  const table =
    'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\neth0\t00000000\t010200C0\t3\t0\t0\t0\t00000000\neth0\t000200C0\t00000000\t1\t0\t0\t0\t00FFFFFF';
  expect(routedSubnets(table).map(formatSubnet)).toEqual(['192.0.2.0/24']);
});

test("a network's bridge is looked for among this machine's interfaces, under the name that the engine gives it", () => {
  const devices = [
    'Inter-|   Receive                                                |  Transmit',
    ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed',
    '    lo: 1296460   12640    0    0    0     0          0         0  1296460   12640    0    0    0     0       0          0',
    'br-97145440fa92:  210    3    0    0    0     0          0         0      210       3    0    0    0     0       0          0',
  ].join('\n');
  expect(hasBridge('97145440fa92c3e1d7f0', devices)).toBe(true);
  expect(hasBridge('97145440fa93c3e1d7f0', devices)).toBe(false);
  expect(hasBridge('97145440fa92c3e1d7f0', '')).toBe(false);
});
