/** Files on their way into a container, as the tar stream that the engine takes. */
import { pack } from 'tar-stream';
import type { FileSpec } from '../topology/blueprint.ts';

/** User ids that every image shares; images/base makes them. */
export const userIds = { root: 0, postgres: 900 } as const satisfies Record<FileSpec['owner'], number>;

/** A tar of `files`, to be unpacked at `/`. Missing parent folders are made by the engine, owned by root. */
export async function packFiles(files: readonly FileSpec[]): Promise<Buffer> {
  const tar = pack();
  for (const file of files) {
    const id = userIds[file.owner];
    tar.entry({ name: file.path.slice(1), mode: file.mode, uid: id, gid: id }, file.text);
  }
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
