/** Before the first Docker test: the compiled program, and the images that labs run. */
import { execa } from 'execa';
import { projectFolder } from '../../lab/core/project.ts';
import { findEngine } from '../../lab/engine/connect.ts';
import { ensureImages, hostImages } from '../../lab/engine/images.ts';

export default async function setup(): Promise<void> {
  // Incremental: a second without changes. A mistake in types is for `npm run check` to say; the code is written all the same.
  await execa('node', ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], { cwd: projectFolder, reject: false });
  await ensureImages(await findEngine(), hostImages(), ({ type, image }) => {
    if (type === 'build') process.stderr.write(`building the image ${image}\n`);
  });
}
