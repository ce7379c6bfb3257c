/** A lab's hosts: where they are reached, what they print, and how they start and stop. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Event } from '../../lab/core/event.ts';
import { controlService, releasePatroni } from '../../lab/engine/commands.ts';
import { endpointOf } from '../../lab/engine/lab.ts';
import { readLog } from '../../lab/engine/log-stream.ts';
import { lookAtRepository } from '../../lab/observe/repository.ts';
import { History } from '../../lab/run/history.ts';
import { followHosts } from '../../lab/run/host-streams.ts';
import { type FaultLab, faultLab } from './fault-lab.ts';
import { docker, until } from './pglab.ts';

let on: FaultLab;
beforeAll(async () => {
  on = await faultLab(`hosts-${process.pid}`, { preset: 'three-nodes-repo-host' });
});
afterAll(() => on?.remove());

test("hosts of a replay's lab are reached at their own addresses: nothing is published", async () => {
  const { HostConfig } = await docker.getContainer(on.host('pg1').container).inspect();
  expect(HostConfig.PortBindings).toEqual({});
  expect(endpointOf(on.host('pg1'), 8008)).toMatchObject({ address: on.host('pg1').address, port: 8008 });
  expect(await on.patroni('pg1')).toMatchObject({ state: 'running' });
});

test("what was read counts as read, however far off the estimate of the engine's clock is", async () => {
  const events: Event[] = [];
  class Kept extends History {
    protected override keep(event: Event): void {
      events.push(event);
    }
  }
  const history = new Kept(-60_000);
  const streams = followHosts(docker, on.lab, history, (error) => {
    throw error;
  });
  await streams.readThrough(['pg1']);
  const last = Math.max(...events.flatMap((event) => (event.type === 'log' && event.host === 'pg1' ? [event.at] : [])));
  await streams.readThrough(['pg1']);
  await streams.stop();
  expect(last).toBeGreaterThan(history.now());
  const through = events.flatMap((event) => (event.type === 'read-through' ? [event.through] : []));
  expect(through).toHaveLength(2);
  expect(through[1]).toBeGreaterThanOrEqual(last);
});

test('of a service that does not stop it is told what goes on in its host', async () => {
  const [name] = await on.replicas();
  const { address } = on.host(name);
  // Patroni waits for every request that was begun, for ever (patroni#3705).
  const silent = connect(8008, address);
  await once(silent, 'connect');
  await until(async () => (await on.sh(name, "ss -Htn state established '( sport = :8008 )'")).stdout.includes('8008'));
  const stopping = controlService(docker, on.host(name).container, 'stop', 'patroni', 3);
  await expect(stopping).rejects.toMatchObject({
    message: expect.stringMatching(/^service patroni did not stop: timeout: run: .*got TERM/),
    detail: expect.arrayContaining([
      expect.stringMatching(/^postgres \d+ \d+ \/usr\/bin\/python3 \/usr\/bin\/patroni /),
      expect.stringContaining(`${address}:8008 `),
    ]),
  });
  await until(async () => {
    const lines: string[] = [];
    for await (const { text } of readLog(docker, on.host(name).container, { follow: false })) lines.push(text);
    return /hread 0x.* \[patroni\] \(most recent call first\):\n(.*\n)*.*api\.py", line \d+ in shutdown\n/.test(lines.join('\n'));
  });
  silent.destroy();
  await controlService(docker, on.host(name).container, 'stop', 'patroni');
  await controlService(docker, on.host(name).container, 'start', 'patroni');
  await on.healthy();
});

test('of a service that ends as soon as it is started it is told what its host said', async () => {
  const [name] = await on.replicas();
  const { container } = on.host(name);
  await controlService(docker, container, 'stop', 'patroni');
  await on.sh(name, 'mv "$PGDATA"/global/pg_control /tmp/');
  await expect(controlService(docker, container, 'start', 'postgres')).rejects.toMatchObject({
    message: expect.stringMatching(/^service postgres did not start: timeout: /),
    detail: expect.arrayContaining([expect.stringContaining('could not find the database system')]),
  });
  await controlService(docker, container, 'stop', 'postgres');
  await on.sh(name, 'mv /tmp/pg_control "$PGDATA"/global/');
  await controlService(docker, container, 'start', 'patroni');
  await on.healthy();
});

test('a host counts as started when its init heeds signals, so that one that is stopped at once stops in order', async () => {
  // On a busy machine that takes a while.
  await on.sh('repo', "sed -i '2i sleep 1' /etc/lab/init", 'root');
  for (const reason of ['repo runs', 'repo runs']) expect(await on.does('restart', 'repo')).toMatchObject({ outcome: 'done', reason });
  await on.sh('repo', "sed -i '2d' /etc/lab/init", 'root');
});

test('the signal that lets Patroni go waits for an init that heeds it, and does not end the host', async () => {
  const [name] = await on.replicas();
  const container = docker.getContainer(on.host(name).container);
  await on.sh(name, "sed -i '2i sleep 1' /etc/lab/init", 'root');
  await container.stop({ t: 90 });
  await container.start();
  await releasePatroni(docker, on.host(name).container);
  expect((await container.inspect()).State.Running).toBe(true);
  await on.sh(name, "sed -i '2d' /etc/lab/init", 'root');
  await on.healthy();
});

test('a segment counts as archived once it is whole', async () => {
  const segment = '0000000100000000000000FF';
  const stored = `/var/lib/pgbackrest/archive/demo/18-1/0000000100000000/${segment}-${'5'.repeat(40)}.lz4`;
  const archived = async () => (await lookAtRepository(docker, on.host('repo').container, 'demo', [segment])).segments[segment];
  await on.sh('repo', `mkdir -p "$(dirname ${stored})" && touch ${stored}.pgbackrest.tmp`);
  expect(await archived()).toBe(false);
  await on.sh('repo', `mv ${stored}.pgbackrest.tmp ${stored}`);
  expect(await archived()).toBe(true);
  await on.sh('repo', `rm ${stored}`);
});
