import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { build } from '../../lab/engine/build.ts';
import type { Docker } from '../../lab/engine/connect.ts';
import { loadClient } from '../../lab/engine/load-client.ts';

/** An engine whose builds print this. */
function engineThatSays(messages: readonly object[]): Docker {
  const { modem } = new (loadClient())({ socketPath: '/nowhere' });
  const buildImage = async () => Readable.from(messages.map((message) => `${JSON.stringify(message)}\n`));
  return { modem, buildImage } as unknown as Docker;
}

const stderr = (piece: string) => ({ stream: `\u001b[91m${piece}\u001b[0m` });

test('what a program prints is read in lines, however the engine cuts it, and the mirror that failed it is named', async () => {
  const lines: string[] = [];
  const docker = engineThatSays([
    { stream: 'Step 1/1 : RUN apt-get update' },
    { stream: '\n' },
    stderr('E: '),
    stderr("Failed to fetch http://m.example/debian/dists/forky/InRelease  Could not resolve 'm.ex"),
    stderr("ample'\n"),
    { error: 'The command returned a non-zero code: 100' },
  ]);
  const failed = build(docker, Readable.from([]), { image: 'etcd (forky)', args: {}, onLine: (line) => lines.push(line) });
  const said = "E: Failed to fetch http://m.example/debian/dists/forky/InRelease  Could not resolve 'm.example'";
  await expect(failed).rejects.toMatchObject({
    message: 'cannot get packages from the Debian mirror: http://m.example/debian/dists/forky/InRelease',
    detail: [said],
  });
  expect(lines).toEqual(['Step 1/1 : RUN apt-get update', said]);
});
