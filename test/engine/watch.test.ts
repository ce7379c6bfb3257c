import { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { expect, test } from 'vitest';
import { hostChanges } from '../../lab/engine/watch.ts';

test("a host that Podman calls removed is gone, as one that Docker calls destroyed; Podman's own words are asked for; a helper is no host", async () => {
  let asked: readonly string[] = [];
  const event = (Action: string, more = {}) =>
    `${JSON.stringify({ Action, Actor: { Attributes: { 'pglab.host': 'pg1', ...more } }, timeNano: 5e6 })}\n`;
  const docker = {
    getEvents: async ({ filters }: { filters: { event: string[] } }) => {
      asked = filters.event;
      const helper = event('start', { 'pglab.host': '' });
      return Readable.from([helper, event('die', { exitCode: '137', containerExitCode: '0' }), event('remove'), event('destroy')]);
    },
  } as unknown as Docker;
  const changes = [];
  for await (const change of hostChanges(docker, 'x', new AbortController().signal)) changes.push(change);
  expect(changes).toEqual([
    { host: 'pg1', change: 'die', at: 5, exit: 137 },
    { host: 'pg1', change: 'destroy', at: 5 },
    { host: 'pg1', change: 'destroy', at: 5 },
  ]);
  expect(asked).toEqual(expect.arrayContaining(['die', 'died', 'destroy', 'remove']));
});
