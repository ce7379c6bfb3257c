/** Shows images being made as one phase of whatever needs them. Several are made at once. */
import type { Docker } from '../engine/connect.ts';
import { type EnsureOptions, ensureImages, type ImageProgress } from '../engine/images.ts';
import type { ImageSpec } from '../topology/blueprint.ts';
import { type Progress, showProgress } from './progress.ts';

/** `ensureImages`, shown on `output`, where that is all there is to show. */
export async function makeImages(
  docker: Docker,
  specs: readonly ImageSpec[],
  output: NodeJS.WriteStream,
  options: EnsureOptions,
): Promise<ReadonlyMap<string, string>> {
  const progress = showProgress(output);
  try {
    const tags = await ensureImages(docker, specs, showImages(progress), options);
    progress.end('done');
    return tags;
  } catch (error) {
    progress.end('failed');
    throw error;
  }
}

export function showImages(progress: Progress): (event: ImageProgress) => void {
  let begun = false;
  return (event) => {
    if (!begun) progress.phase('making images that are missing');
    begun = true;
    switch (event.type) {
      case 'build':
        progress.note(`building ${event.image}`);
        return;
      case 'wait':
        progress.note(`process ${event.pid} is building ${event.image}; waiting for it`);
        return;
      case 'line':
        progress.at(`${event.image}: ${event.line}`);
        return;
      case 'warning':
        progress.warn(event.message);
        return;
      case 'done':
        progress.note(`${event.image} built in ${event.took}`);
    }
  };
}
