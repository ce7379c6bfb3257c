import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import type { Docker } from '../../lab/engine/connect.ts';
import { justAfter, readLog, readStamp } from '../../lab/engine/log-stream.ts';

/** An entry as the engine sends it: stream, three zeros, length, text. */
function frame(text: string): Buffer {
  const body = Buffer.from(text);
  const head = Buffer.alloc(8);
  head.writeUInt8(1, 0);
  head.writeUInt32BE(body.length, 4);
  return Buffer.concat([head, body]);
}

async function lines(chunks: Buffer[]): Promise<string[]> {
  const docker = { getContainer: () => ({ logs: async () => Readable.from(chunks) }) } as unknown as Docker;
  const texts: string[] = [];
  for await (const line of readLog(docker, 'c', { follow: true })) texts.push(line.text);
  return texts;
}

const stamp = '2026-11-22T18:31:16.277123456Z';

test('a stamp keeps microseconds, and the next one is a nanosecond later', () => {
  expect(readStamp(stamp)).toBeCloseTo(Date.parse('2026-11-22T18:31:16.277Z') + 0.123, 2);
  expect(justAfter('2026-11-22T18:31:16.999999999Z')).toBe(`${Date.parse('2026-11-22T18:31:17Z') / 1000}.000000000`);
});

test('stamps of Podman: in the zone of its machine, and of Podman 4 without a fraction', async () => {
  expect(readStamp('2026-11-22T20:31:16.277000000+02:00')).toBe(Date.parse('2026-11-22T18:31:16.277Z'));
  expect(justAfter('2026-11-22T20:31:16+02:00')).toBe(`${Date.parse('2026-11-22T18:31:16Z') / 1000}.000000001`);
  const second = new Date().toISOString().slice(0, 19);
  const docker = { getContainer: () => ({ logs: async () => Readable.from([frame(`${second}Z now\n`)]) }) } as unknown as Docker;
  for await (const { at } of readLog(docker, 'c', { follow: true })) {
    expect(at).toBeGreaterThan(Date.now() - 1000);
    expect(at - Date.parse(`${second}Z`)).toBeLessThan(1000);
  }
});

test('entries are read however the network cuts them', async () => {
  const whole = Buffer.concat([frame(`${stamp} one\n`), frame(`${stamp} zwei ü\n`), frame(`${stamp} \n`)]);
  for (let size = 1; size < whole.length; size += 7) {
    const chunks: Buffer[] = [];
    for (let at = 0; at < whole.length; at += size) chunks.push(whole.subarray(at, at + size));
    expect(await lines(chunks)).toEqual(['one', 'zwei ü', '']);
  }
});

test('a line over 16 KiB, which the engine keeps in pieces, comes whole', async () => {
  expect(await lines([frame(`${stamp} aaa`), frame(`${stamp} bbb`), frame(`${stamp} c\n`), frame(`${stamp} d\n`)])).toEqual([
    'aaabbbc',
    'd',
  ]);
});
