/** `down --all` spares nobody, so this runs after everything else, and only where no other lab is up. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { hostImages, imageTag } from '../../../lab/engine/images.ts';
import { listLabs } from '../../../lab/engine/lab.ts';
import { thisOwner } from '../../../lab/engine/labels.ts';
import { docker, labIds, pglab, remainsOf, says, sweep } from '../pglab.ts';

const bystanders = ['cli-bystander', 'cli-copy'] as const;

afterAll(async () => {
  await sweep('cli-one', 'cli-two');
  for (const name of bystanders) {
    const container = docker.getContainer(name);
    await container.remove({ force: true }).catch(() => undefined);
  }
});

test('down --all removes every lab and what killed commands left, and nothing else', async ({ skip }) => {
  const others = (await listLabs(docker)).map(({ name }) => name);
  skip(others.length > 0, `other labs are up: ${others.join(', ')}`);

  // What a test before this one left, and what the engine lost count of in one of them (`removeLab`).
  const { stuck } = JSON.parse((await pglab('down', '--all', '--json')).stdout) as { stuck?: string[] };
  const lost = stuck === undefined ? {} : { stuck };
  const lostIds = [...(await labIds())];

  const [image] = hostImages().map(imageTag);
  expect((await pglab('up', '--name', 'cli-one', '--preset', 'one-node', '--ready', 'hosts')).exitCode).toBe(0);
  const { Config } = await docker.getContainer('pglab-cli-one-pg1').inspect();
  // One label of ours makes no lab's host, and neither do all of them, which what is run from a snapshot's image has.
  for (const [name, Labels] of [[bystanders[0], { 'pglab.lab': 'mine' }] as const, [bystanders[1], Config.Labels] as const])
    await (await docker.createContainer({ name, Image: image ?? '', Labels })).start();
  const pool = await pglab('pool', '--keep', '1', '--preset', 'one-node');
  expect(pool.exitCode, pool.stderr).toBe(0);
  const [frozen = ''] = /pool-[0-9a-f]{8}/.exec(pool.stdout) ?? [];
  const killed = pglab('up', '--fresh', '--name', 'cli-two', '--preset', 'one-node');
  await says(killed, /waiting for/);
  killed.kill('SIGKILL');
  await killed;
  const stray = { 'pglab.lab': 'cli0stray', 'pglab.owner': JSON.stringify({ ...thisOwner(), pid: 1, started: 1 }) };
  await docker.createNetwork({ Name: 'pglab-cli0stray', Labels: stray });
  await delay(100);

  const { stdout, exitCode } = await pglab('down', '--all', '--json');
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toEqual({
    removed: ['cli-one', 'cli-two', frozen].map((name) => expect.objectContaining({ name })),
    leftovers: 1,
    ...lost,
  });
  expect([...(await remainsOf('cli-one')), ...(await remainsOf('cli-two')), ...(await labIds())]).toEqual(lostIds);
  for (const name of bystanders) expect((await docker.getContainer(name).inspect()).State.Running).toBe(true);
  const again = (await pglab('down', '--all')).stdout;
  if (stuck === undefined) expect(again).toBe('there is no lab to remove');
  else
    expect(again.split('\n')[0]).toMatch(
      /^the engine does not let go of the network pglab-\w+, which nobody is in; restarting the engine frees it/,
    );
});
